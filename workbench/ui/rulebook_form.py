"""The rules of the letters on screen: what is in force, what another setting or file would move."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import catalogues, scope, ui
from workbench.flow import rulebook, scoping
from workbench.flow.rulebook import Tried
from workbench.model import Person, Role
from workbench.scope import Path, Rules
from workbench.store import scoping as store
from workbench.ui import dossier, frame, notation, way
from workbench.words import language, say
from workbench.workspace import Workspace

_MOST_LINES = 200

_SETTINGS = {
    "valid_on_last_day": (
        "A paper that ends on the day of the turn was still valid on it",
        "“còn hiệu lực tính đến ngày 01/7/2022” leaves open whether the day itself counts.",
    ),
    "expired_stay_out": (
        "What was valid then and has expired since stays out",
        "The letter asks for it; without this, a person is only told.",
    ),
    "unmarked_scan_is_original": (
        "A scan without the mark of a copy is of an original",
        "Without this, somebody must state of each scan which copy is held.",
    ),
    "blank_term_needs_a_word": (
        "A paper without a term is indefinite only when a person says so",
        "Without this, a blank is taken for indefinite where the way hangs on it.",
    ),
    "secrets_stay_out": (
        "Secret papers stay out",
        "Thông tư 01/2023/TT-VPCP, Điều 4.",
    ),
}


def show(work: Workspace, person: Person) -> None:
    """The rules in force, and what may be changed about them."""
    rules = scoping.rules_in_force(work)
    st.markdown(
        say(
            "{n} rules, asked from top to bottom; the first that holds decides.", n=len(rules.rules)
        )
        + f" :gray[{say('Digest')}: {notation.short(rules.digest)}]"
    )
    _rules(rules)
    if Role.MANAGER.value in person.roles:
        with ui.guarded():
            left, right = st.columns(2, gap="large")
            with left, st.container(border=True):
                chosen = _settings(rules)
            with right, st.container(border=True):
                given = _file(rules)
            wanted = given or chosen
            if wanted is not None and wanted.digest != rules.digest:
                _try(work, wanted, person)
    _changes(work)


def _rules(rules: Rules) -> None:
    english = language() == "en"
    st.dataframe(
        pd.DataFrame(
            {
                "path": say(way.PATHS[rule.path]),
                "says": rule.says.en if english else rule.says.vi,
                "from": f"{rule.in_force:%d/%m/%Y}",
                "until": f"{rule.until:%d/%m/%Y}" if rule.until else "",
                "quote": rule.quote or rule.sense,
                "source": rule.source,
                "asked": rule.if_set is None or getattr(rules.settings, rule.if_set),
            }
            for rule in rules.rules
        ),
        hide_index=True,
        height=38 + 35 * min(len(rules.rules), 9),
        key="rulebook.rules",
        column_config={
            "path": st.column_config.TextColumn(say("Way"), width="medium"),
            "says": st.column_config.TextColumn(say("Why"), width="medium"),
            "from": st.column_config.TextColumn(say("In force from")),
            "until": st.column_config.TextColumn(say("In force until")),
            "quote": st.column_config.TextColumn(say("Words of the source"), width="large"),
            "source": st.column_config.TextColumn(say("Basis"), width="medium"),
            "asked": st.column_config.CheckboxColumn(say("Asked")),
        },
    )


def _settings(rules: Rules) -> Rules:
    """What the letters leave open, as it is set on the screen."""
    st.markdown(f"**{say('What the letters leave open')}**")
    turn = st.date_input(
        say("Day of the turn"),
        rules.settings.turn,
        format="DD/MM/YYYY",
        help=say("Issued on this day or later: the current rules; earlier: the backlog."),
        key="rulebook.turn",
    )
    chosen: dict[str, object] = {"turn": turn.isoformat()}
    for name, (label, why) in _SETTINGS.items():
        chosen[name] = st.toggle(
            say(label), getattr(rules.settings, name), help=say(why), key=f"rulebook.{name}"
        )
    return rules.with_settings(**chosen)


def _file(rules: Rules) -> Rules | None:
    st.markdown(f"**{say('Other rules, from a file')}**")
    st.markdown(
        say("Download the rules, change them in a text editor, and hand the file in again.")
    )
    st.download_button(
        say("The rules in force (YAML)"),
        catalogues.write_rules(rules.as_json()),
        file_name="quy-tac-pham-vi.yaml",
        mime="application/yaml",
        icon=":material/download:",
        on_click="ignore",
        key="rulebook.download",
    )
    given = st.file_uploader(say("Rules (YAML)"), ["yaml", "yml"], key="rulebook.file")
    return scope.read(catalogues.read_rules(given.getvalue())) if given is not None else None


def _try(work: Workspace, wanted: Rules, person: Person) -> None:
    tried = rulebook.try_out(work, wanted)
    with st.container(border=True, key="rulebook.tried"):
        st.markdown(
            f"**{say('These rules are not in force yet')}** · "
            + say(
                "{moved} of {records} papers would go another way or have another reason.",
                moved=notation.number(len(tried.moved)),
                records=notation.number(tried.records),
            )
        )
        if tried.waiting:
            st.caption(
                say(
                    "{n} papers were never counted and are not among them.",
                    n=notation.number(tried.waiting),
                )
            )
        _moved(work, tried)
        why = st.text_input(say("Why are the rules changed?"), key="rulebook.why")
        if st.button(
            say("Put these rules in force"),
            type="primary",
            icon=":material/gavel:",
            disabled=not why.strip(),
            key="rulebook.apply",
        ):
            done = rulebook.apply(work, wanted, by=person.name, reason=why)
            frame.done(
                say("In force. {n} papers go another way now.", n=notation.number(len(done.moved)))
            )
            for key in ("rulebook.turn", "rulebook.why", *(f"rulebook.{n}" for n in _SETTINGS)):
                st.session_state.pop(key, None)
            st.rerun()


def _moved(work: Workspace, tried: Tried) -> None:
    if not tried.moved:
        return
    english = language() == "en"
    st.dataframe(
        pd.DataFrame(
            {
                "name": dossier.name_of(work, document),
                "kind": dossier.kind_of(work, document.kind),
                "before": say(way.PATHS[Path(move.before.path)]),
                "after": say(way.PATHS[Path(move.after.path)]),
                "why": move.after.rule.says.en if english else move.after.rule.says.vi,
            }
            for document, move in tried.moved[:_MOST_LINES]
        ),
        hide_index=True,
        height=38 + 35 * min(len(tried.moved), 8),
        key="rulebook.moved",
        column_config={
            "name": st.column_config.TextColumn(say("File")),
            "kind": st.column_config.TextColumn(say("Kind")),
            "before": st.column_config.TextColumn(say("Way now")),
            "after": st.column_config.TextColumn(say("Way then")),
            "why": st.column_config.TextColumn(say("Why"), width="large"),
        },
    )


def _changes(work: Workspace) -> None:
    changes = store.rules_changes(work.store)
    st.markdown(f"**{say('Changes of the rules')}**")
    if not changes:
        st.caption(say("Nobody has changed the rules that the workbench comes with."))
    for change in reversed(changes):
        st.markdown(
            f":gray[{notation.moment(change.at)}] &nbsp; `{change.digest[:12]}` &nbsp; "
            f"{notation.literal(dossier.person_of(work, change.by))} — "
            f"{notation.literal(change.reason)}"
        )

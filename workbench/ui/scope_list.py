"""Papers by the way the letters give them: counted, listed, stated of many at once, set apart."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.errors import Sentence
from workbench.flow import scoping, stating
from workbench.model import Document, Person, Role, ScopeStanding, day_of, now
from workbench.scope import Path
from workbench.store import scoping as store
from workbench.ui import badges, dossier, frame, notation, way
from workbench.words import language, say
from workbench.workspace import Workspace

_PER_PAGE = 25
_COUNTED_AT_ONCE = 150
_MOST_APART = 200
_SAYERS = frozenset({Role.REVIEWER, Role.APPROVER, Role.MANAGER})


def papers(work: Workspace, person: Person) -> None:
    """How many papers go which way, and the list behind each figure."""
    _keep_up(work)
    counted = store.tally(work.store)
    if not counted:
        frame.nothing(
            say("No paper has been read yet."),
            say("Hand in scans; the way of each is counted once its kind is known."),
            to="intake.py",
            person=person,
        )
        return
    _table(counted)
    _list(work, person)


def _keep_up(work: Workspace) -> None:
    """Count what changed since; say honestly what is still to be counted."""
    stating.refresh_due(work, limit=_COUNTED_AT_ONCE)
    under = scoping.rules_in_force(work).under(day_of(now()))
    behind = store.count_not_yet_judged(work.store, under)
    if behind:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                say("The way of {n} papers is still to be counted.", n=notation.number(behind)),
                icon=":material/hourglass_top:",
            )
            st.button(say("Count more"), key="scope.more")


def _table(counted: Sequence[tuple[str, str, bool, int]]) -> None:
    rows = []
    for path in Path:
        mine = [line for line in counted if line[0] == path]
        rows.append(
            {
                "path": say(way.PATHS[path]),
                **{
                    regime or "unknown": sum(n for _, r, _, n in mine if r == regime)
                    for regime in way.REGIMES
                },
                "wanted": sum(n for _, _, unclear, n in mine if unclear),
                "all": sum(n for *_, n in mine),
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=38 + 35 * len(rows),
        key="scope.tally",
        column_config={
            "path": st.column_config.TextColumn(say("Way"), width=300),
            "before": number(say(way.REGIMES["before"])),
            "from": number(say(way.REGIMES["from"])),
            "unknown": number(say(way.REGIMES[""])),
            "wanted": number(say("A fact is wanted")),
            "all": number(say("All papers")),
        },
    )


def _list(work: Workspace, person: Person) -> None:
    units = {unit.code: unit.name for unit in work.store.units()}
    first, second, third, fourth = st.columns([3, 2, 2, 2], vertical_alignment="bottom")
    everything = say("All")
    path = first.selectbox(
        say("Way"), list(Path), format_func=lambda p: say(way.PATHS[p]),
        index=None, placeholder=everything, key="scope.path",
    )  # fmt: skip
    regime = second.selectbox(
        say("Period"), list(way.REGIMES), format_func=lambda r: say(way.REGIMES[r]),
        index=None, placeholder=everything, key="scope.regime",
    )  # fmt: skip
    unit = third.selectbox(
        say("Unit"), list(units), format_func=units.__getitem__,
        index=None, placeholder=everything, key="scope.unit",
    )  # fmt: skip
    only = fourth.pills(
        say("Only"),
        ["wanted", "overruled"],
        selection_mode="multi",
        format_func=lambda o: say("A fact is wanted") if o == "wanted" else say("Overruled"),
        key="scope.only",
    )
    unclear, overruled = "wanted" in only, "overruled" in only
    total = store.count_standings(
        work.store, path=path, regime=regime, unit=unit, unclear=unclear, overruled=overruled
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(say("{n} documents", n=notation.number(total)), width="stretch")
        pages = -(-total // _PER_PAGE)
        page = st.pagination(pages, key=f"scope.page.{pages}") if pages > 1 else 1
    if not total:
        st.markdown(":gray[" + say("No paper goes this way.") + "]")
        return
    shown = store.standings(
        work.store, path=path, regime=regime, unit=unit, unclear=unclear, overruled=overruled,
        limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE,
    )  # fmt: skip
    rows = _lines(work, shown, key=f"scope.list.{path}.{regime}.{unit}.{page}")
    _of_chosen(work, [shown[row][0] for row in rows], person)


def _lines(
    work: Workspace, shown: Sequence[tuple[Document, ScopeStanding]], *, key: str
) -> list[int]:
    says = {rule.id: rule.says for rule in scoping.rules_in_force(work).rules}
    lines = []
    for document, kept in shown:
        words = says.get(kept.rule)
        lines.append(
            {
                "name": dossier.name_of(work, document),
                "kind": dossier.kind_of(work, document.kind),
                "stage": [badges.stage_word(document.stage)],
                "path": say(way.PATHS[Path(kept.path)]),
                "why": (words.en if language() == "en" else words.vi) if words else kept.rule,
                "wanted": ", ".join(say(way.WANTED[name]) for name in kept.open),
                "overruled": kept.overruled,
            }
        )
    answer = st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height=38 + 35 * max(1, min(len(lines), 12)),
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
        column_config={
            "name": st.column_config.TextColumn(say("File"), width="small"),
            "kind": st.column_config.TextColumn(say("Kind"), width="medium"),
            "stage": badges.column(say("Stage"), list(badges.STAGES.values())),
            "path": st.column_config.TextColumn(say("Way"), width="medium"),
            "why": st.column_config.TextColumn(say("Why"), width="large"),
            "wanted": st.column_config.TextColumn(say("Must be known first"), width="medium"),
            "overruled": st.column_config.CheckboxColumn(say("Overruled"), width="small"),
        },
    )
    return list(answer["selection"]["rows"])


def _of_chosen(work: Workspace, chosen: Sequence[Document], person: Person) -> None:
    if not chosen:
        st.caption(say("Choose lines to state facts of several papers at once, or to open one."))
        return
    with ui.guarded(), st.container(horizontal=True, vertical_alignment="center"):
        if len(chosen) == 1:
            frame.way_to("documents.py", person=person, label=say("Open"), document=chosen[0].id)
        if not {Role(role) for role in person.roles} & _SAYERS:
            return
        with st.popover(
            say("State facts of {n} papers…", n=len(chosen)), icon=":material/record_voice_over:"
        ):
            facts = way.fact_form({}, key="many")
            if st.button(say("State it"), type="primary", disabled=not facts, key="scope.state"):
                n = stating.state(work, [d.id for d in chosen], facts, by=person.name)
                frame.done(say("Stated of {n} papers. Their way was counted anew.", n=n))
                st.rerun()


def set_apart(work: Workspace, person: Person) -> None:
    """What a rule has set apart, with the rule; each can be taken back."""
    found = store.closed_by_rule(work.store, limit=_MOST_APART)
    if not found:
        frame.nothing(
            say("No rule has set a paper apart."),
            say("What the letters leave out is set apart where it is reviewed or approved."),
            person=person,
        )
    for document, judged in found:
        with st.container(border=True, key=f"scope.apart.{document.id}"):
            said = say(Sentence.from_json(document.reason)) if document.reason else judged.rule
            st.markdown(
                f"**{notation.literal(dossier.name_of(work, document))}** · "
                f"{notation.literal(dossier.kind_of(work, document.kind))} · "
                f"{say(way.PATHS[Path(judged.path)])}"
            )
            st.markdown(notation.literal(said))
            st.caption(
                f"“{notation.literal(judged.words)}” — {notation.literal(judged.source)}  \n"
                + say(
                    "Set apart by {name}, {moment}, by rules {digest}",
                    name=notation.literal(dossier.person_of(work, judged.by)),
                    moment=notation.moment(judged.at),
                    digest=notation.short(judged.rules),
                )
            )
            with ui.guarded(), st.container(horizontal=True, vertical_alignment="center"):
                frame.way_to("documents.py", person=person, label=say("Open"), document=document.id)
                if {Role(role) for role in person.roles} & _SAYERS:
                    way.take_back(work, document, person)

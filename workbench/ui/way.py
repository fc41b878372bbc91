"""Which way the letters give a paper, with the words they say it in; and what people say to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from workbench import ui
from workbench.flow import scoping, stating, validity
from workbench.flow.scoping import CLOSING, Ruled, Stated
from workbench.model import Document, Origin, Person, Role, Stage, Validity, day_of, now
from workbench.review import ReviewSheet
from workbench.scope import Copy, Judged, Path
from workbench.ui import dossier, frame, notation
from workbench.words import language, say
from workbench.workspace import Workspace

PATHS: Mapping[Path, str] = {
    Path.SCAN: "Scan, data and the organisation's signature",
    Path.DATA_ONLY: "Enter the data only; no file",
    Path.CONVERT: "Convert from the specialised database",
    Path.LEAD_UNIT_CONVERTS: "Leave it to the lead unit to convert",
    Path.OUT_OF_SCOPE: "Out of scope: not digitised",
}
REGIMES: Mapping[str, str] = {
    "before": "Issued before 01/7/2022",
    "from": "Issued from 01/7/2022 on",
    "": "Day of issue not known",
}
COPIES: Mapping[Copy, str] = {
    Copy.ORIGINAL: "The original (bản gốc)",
    Copy.MAIN: "A main copy (bản chính)",
    Copy.CERTIFIED_COPY: "A certified copy",
    Copy.PHOTOCOPY: "A photocopy",
    Copy.NONE: "None: it was handed out",
}
WANTED: Mapping[str, str] = {
    "issued": "The day of issue",
    "validity": "Whether it is indefinite",
    "copy": "Which copy is held",
}
_FACTS: Mapping[str, str] = {
    "copy": "Copy held",
    "part": "Part of the dossier",
    "secret": "Secret",
    "from_database": "Printed from a specialised database",
    "lead_unit": "Our unit leads that database",
    "digitised": "Digitised already",
    "sides": "Sides to scan",
    "noted": "Sides with a note stuck on",
}
_PARTS = {"result": "Result", "input": "Input dossier"}
_SAYERS = frozenset({Role.REVIEWER, Role.APPROVER, Role.MANAGER})
_JUDGES = frozenset({Role.APPROVER, Role.MANAGER})
_OPEN = (Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED, Stage.HELD)


def note(work: Workspace, sheet: ReviewSheet, person: Person) -> Ruled | None:
    """The path, why, what must be looked at, and what this person may say to it.

    Nothing while the form is not known.
    """
    found = scoping.ruled(work, sheet, on=day_of(now()))
    if found is None:
        return None
    document = sheet.document
    with st.container(border=True, key=f"way.{document.id}"):
        st.markdown("  \n".join(_lines(work, found, document)))
        rule = found.judged.rule
        said = f"“{rule.quote}”" if rule.quote else rule.sense
        st.caption(f"{notation.literal(said)} — {notation.literal(rule.source)}")
        with ui.guarded():
            _acts(work, sheet, found, person)
    return found


def _lines(work: Workspace, found: Ruled, document: Document) -> list[str]:
    mark = "" if found.path is Path.SCAN and found.is_clear else ":orange[:material/alt_route:] "
    lines = [f"{mark}**{say(PATHS[found.path])}** · {_said(found.judged)}"]
    if found.overruled is not None:
        lines[0] = f"{mark}**{say(PATHS[found.path])}**"
        lines.append(
            ":material/gavel: "
            + say(
                "Overruled by {name} ({moment}): {reason}",
                name=notation.literal(dossier.person_of(work, found.overruled.by)),
                moment=notation.moment(found.overruled.at),
                reason=notation.literal(found.overruled.reason),
            )
        )
        lines.append(
            say("The rules say: {path}", path=f"{say(PATHS[found.judged.path])} · ")
            + _said(found.judged)
        )
    lines += [
        f":red[:material/help: {say('Must be known first: {fact}', fact=say(WANTED[name]))}]"
        for name in found.open
        if not found.is_clear
    ]
    asked = {"validity": "validity_not_stated", "issued": "issue_day_unknown"}
    told = {asked[name] for name in found.open if name in asked}
    lines += [
        f":material/visibility: {notation.literal(text)}"
        for caution, text in zip(found.judged.cautions, cautions(found.judged), strict=True)
        if caution.id not in told
    ]
    if document.origin is Origin.SCAN and found.marked and "copy" not in found.facts:
        lines.append(f":material/content_copy: {say('The scan bears the mark of a copy.')}")
    lines += [
        f":material/record_voice_over: {_stated(work, name, fact)}"
        for name, fact in found.facts.items()
    ]
    return lines


def _stated(work: Workspace, name: str, fact: Stated) -> str:
    return say(
        "{fact}: {value} — said {name}, {moment}",
        fact=say(_FACTS[name]),
        value=value_of(name, fact.value),
        name=notation.literal(dossier.person_of(work, fact.by)),
        moment=notation.moment(fact.at),
    )


def value_of(name: str, value: Any) -> str:
    """A stated fact's value in words."""
    if name == "copy":
        return say(COPIES[Copy(value)])
    if name == "part":
        return say(_PARTS[value])
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return str(value)


# --- what people say ------------------------------------------------------------------------------


def _acts(work: Workspace, sheet: ReviewSheet, found: Ruled, person: Person) -> None:
    roles, document = {Role(role) for role in person.roles}, sheet.document
    if not roles & _SAYERS:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if document.stage is Stage.REJECTED:
            take_back(work, document, person)
            return
        if document.stage not in _OPEN:
            return
        _quick(work, sheet, found, person)
        _state(work, document, found, person)
        if roles & _JUDGES:
            _overrule(work, document, found, person)


@dataclass(frozen=True, slots=True)
class _Act:
    """What one click does to a document: what stands on the button, and what is said after it."""

    label: str
    icon: str
    verb: Callable[..., object]
    done: str


_INDEFINITE = _Act("It is indefinite", "all_inclusive", lambda *_, **__: None, "")
_LEAVE_OUT = _Act(
    "Leave the file out",
    "attach_file_off",
    stating.leave_file_out,
    "The file was left out: only the data are kept.",
)
_TAKE_IN = _Act(
    "Make the scan a part of the record",
    "attach_file",
    stating.take_file_in,
    "The file was made a part of the record again.",
)
_SET_APART = _Act(
    "Set apart by this rule",
    "move_to_inbox",
    stating.set_apart,
    "Set apart; it stands on the page Scope and can be taken back.",
)


def _quick(work: Workspace, sheet: ReviewSheet, found: Ruled, person: Person) -> None:
    """The one act that the path asks for, at one click."""
    document = sheet.document
    act = _asked_for(sheet, found)
    if act is None or not st.button(
        say(act.label), icon=f":material/{act.icon}:", key=f"way.quick.{document.id}"
    ):
        return
    if act is _INDEFINITE:
        indefinite(work, document, person)
        return
    act.verb(work, document.id, by=person.name)
    _done(say(act.done))


def _asked_for(sheet: ReviewSheet, found: Ruled) -> _Act | None:
    document = sheet.document
    if found.paper.validity is Validity.UNSTATED and document.stage is not Stage.APPROVED:
        return _INDEFINITE
    if found.path is Path.DATA_ONLY and document.origin is Origin.SCAN:
        return _LEAVE_OUT
    if document.origin is Origin.TYPED and sheet.pages:
        return _TAKE_IN
    converted = found.path is Path.CONVERT and document.origin is Origin.DATABASE
    return _SET_APART if found.path in CLOSING and not converted else None


def indefinite(work: Workspace, document: Document, person: Person) -> None:
    """Say that a paper without a printed term has none."""
    validity.state_term(
        work,
        document.id,
        Validity.INDEFINITE,
        by=person.name,
        reason=say("No term is printed on the paper."),
    )
    stating.refresh(work, document.id)
    _done(say("Kept: the paper is indefinite."))


def _state(work: Workspace, document: Document, found: Ruled, person: Person) -> None:
    key = document.id
    with st.popover(say("State facts…"), icon=":material/record_voice_over:"):
        facts = fact_form(found.facts, key=key)
        if st.button(say("State it"), type="primary", disabled=not facts, key=f"way.state.{key}"):
            stating.state(work, [key], facts, by=person.name)
            _done(say("Kept. The way was counted anew."))


def fact_form(known: Mapping[str, Stated], *, key: str) -> dict[str, Any]:
    """Asks for each fact; what was answered otherwise than it is known."""
    given: dict[str, Any] = {}
    yes_no = {True: say("yes"), False: say("no")}
    options: Mapping[str, Mapping[Any, str]] = {
        "copy": {c.value: say(text) for c, text in COPIES.items()},
        "part": {part: say(text) for part, text in _PARTS.items()},
        "secret": yes_no,
        "from_database": yes_no,
        "lead_unit": yes_no,
        "digitised": yes_no,
    }
    for name, words in options.items():
        stood = known[name].value if name in known else None
        answer = st.selectbox(
            say(_FACTS[name]),
            list(words),
            index=list(words).index(stood) if stood in words else None,
            format_func=words.__getitem__,
            placeholder=say("not stated"),
            key=f"way.fact.{name}.{key}",
        )
        if answer is not None and answer != stood:
            given[name] = answer
    left, right = st.columns(2)
    for column, name in ((left, "sides"), (right, "noted")):
        stood = known[name].value if name in known else None
        count = column.number_input(
            say(_FACTS[name]),
            min_value=0,
            max_value=999,
            value=stood,
            step=1,
            placeholder="—",
            key=f"way.fact.{name}.{key}",
        )
        if count is not None and count != stood:
            given[name] = int(count)
    if given.get("secret"):
        st.warning(say("A secret paper is set apart at once, and its values are not found."))
    return given


def _overrule(work: Workspace, document: Document, found: Ruled, person: Person) -> None:
    key = document.id
    with st.popover(say("Overrule…"), icon=":material/gavel:"):
        st.markdown(say("Give this paper another way than the rules. It is shown wherever it is."))
        ways = [path for path in Path if path is not found.judged.path]
        chosen = st.selectbox(
            say("Way"), ways, format_func=lambda path: say(PATHS[path]), key=f"way.path.{key}"
        )
        why = st.text_area(say("Why?"), key=f"way.why.{key}")
        if st.button(
            say("Overrule"), type="primary", disabled=not why.strip(), key=f"way.overrule.{key}"
        ):
            stating.overrule(work, key, chosen, by=person.name, reason=why)
            _done(say("Kept with your reason."))
        if found.overruled is not None and st.button(
            say("Let the rules decide again"), key=f"way.follow.{key}"
        ):
            stating.follow(work, key, by=person.name)
            _done(say("The rules decide again."))


def take_back(work: Workspace, document: Document, person: Person) -> None:
    with st.popover(say("Take back…"), icon=":material/undo:"):
        why = st.text_area(say("Why?"), key=f"way.back.why.{document.id}")
        if st.button(
            say("Take back"),
            type="primary",
            disabled=not why.strip(),
            key=f"way.back.{document.id}",
        ):
            stating.take_back(work, document.id, by=person.name, reason=why)
            _done(say("Taken back to where it stood."))


def offer_back(work: Workspace, document: Document, person: Person) -> None:
    """The way back for a refused document whose form is not known; for others `note` offers it."""
    if document.stage is Stage.REJECTED and {Role(role) for role in person.roles} & _SAYERS:
        with ui.guarded():
            take_back(work, document, person)


def _done(text: str) -> None:
    frame.done(text)
    st.rerun()


def cautions(judged: Judged) -> list[str]:
    return [
        caution.says.en if language() == "en" else caution.says.vi for caution in judged.cautions
    ]


def _said(judged: Judged) -> str:
    says = judged.rule.says
    return notation.literal(says.en if language() == "en" else says.vi)

"""Holders on screen: one with the records, two side by side, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from workbench import ui, vietnamese
from workbench.flow import holding, likenesses
from workbench.flow.holding import Why
from workbench.model import (
    Document,
    Holder,
    HolderKind,
    Likely,
    Likeness,
    Person,
    Role,
    new_id,
)
from workbench.ui import charts, dossier, frame
from workbench.ui.notation import literal, local, number
from workbench.ui.places import PAGES
from workbench.words import say
from workbench.workspace import Workspace

_SHOWN = 50
_ROWS = 9  # of the list at once: beneath it stands the holder that was chosen
_ROW = 35  # px
_PAIRS = 10
DECIDING = (Role.APPROVER, Role.MANAGER, Role.ADMINISTRATOR)

NUMBER_KINDS: Mapping[str, str] = {
    "cccd": "Citizen identity number",
    "cmnd": "Identity card number (old)",
    "passport": "Passport",
    "tax": "Tax or enterprise number",
    "business": "Business registration",
    "organisation_code": "Identification code of an organisation",
    "decision": "Decision of establishment",
    "other": "Another number",
    "": "No number",
}
_WHY: Mapping[Why, str] = {
    Why.SAME_NUMBER: "The same number, another name",
    Why.SAME_NAME: "The same name, another number or none",
    Why.NEAR_NAME: "Names that a slip may part",
    Why.BY_HAND: "Put side by side by a person",
}


def compare(work: Workspace) -> int:
    """Look for the like of who is new; how many pairs wait for a decision."""
    holding.compare(work)
    return work.store.count_likenesses()


def search(work: Workspace, person: Person) -> None:
    """Find a holder by name, with marks or without, or by the start of the number."""
    text = st.text_input(
        say("Name or number"),
        placeholder=say("tran van hoa finds Hoà and Hòa"),
        key="holders.text",
    )
    found = work.store.find_holders(text, limit=_SHOWN)
    # Who typed the marks finds those first.
    found.sort(key=lambda h: (vietnamese.is_near(h.name, text) or 0, vietnamese.sort_key(h.name)))
    total = work.store.count_holders()
    if not found:
        frame.nothing(
            say("No holder is called so.") if total else say("There are no holders yet."),
            say("Holders come by themselves with the records that are reviewed or entered."),
            person=person,
        )
        return
    st.caption(say("{n} shown of {of} holders", n=number(len(found)), of=number(total)))
    records = work.store.records_held([holder.id for holder in found])
    picked = st.dataframe(
        pd.DataFrame(
            {
                "name": [h.name for h in found],
                "kind": [kind_word(h.kind) for h in found],
                "number_kind": [say(NUMBER_KINDS[h.number_kind]) for h in found],
                "number": [h.number for h in found],
                "records": [records.get(h.id, 0) for h in found],
            }
        ),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        height=min(len(found) + 1, _ROWS) * _ROW + 2,
        key=f"holders.table.{text}",
        column_config={
            "name": st.column_config.TextColumn(say("Holder of the paper"), width=330),
            "kind": st.column_config.TextColumn(say("Person or organisation"), width=130),
            "number_kind": st.column_config.TextColumn(say("Kind of number"), width=150),
            "number": st.column_config.TextColumn(say("Number"), width=210),
            "records": st.column_config.NumberColumn(say("Their records"), width=90),
        },
    )
    if rows := picked.selection.rows:
        one(work, found[rows[0]])
        by_hand(work, person, found[rows[0]])
    else:
        st.info(say("Choose a holder to see the records."), icon=":material/arrow_upward:")


def kind_word(kind: HolderKind) -> str:
    return say("Person") if kind is HolderKind.PERSON else say("Organisation")


def one(work: Workspace, holder: Holder) -> None:
    """A holder with the records."""
    st.subheader(literal(holder.name), anchor=False)
    st.markdown(f":gray[{_numbered(holder)}]")
    records = work.store.held_by(holder.id)
    for document in records:
        _record(work, document)
    if not records:
        st.markdown(say("No record belongs to this holder."))


def _numbered(holder: Holder) -> str:
    kind = say(NUMBER_KINDS[holder.number_kind])
    return f"{kind_word(holder.kind)} · {kind} {literal(holder.number)}".strip()


def _record(work: Workspace, document: Document) -> None:
    with st.container(border=True):
        st.markdown(
            f"**{literal(dossier.kind_of(work, document.kind))}** · "
            f"{charts.stage_word(document.stage)} · {local(document.changed_at):%d/%m/%Y}"
        )
        st.page_link(
            str(PAGES / "documents.py"),
            label=say("Open the record"),
            icon=":material/folder_open:",
            query_params={"document": document.id},
        )


def by_hand(work: Workspace, person: Person, holder: Holder) -> None:
    """Say that a record that names nobody is this holder's, or that two holders may be one."""
    if not {Role.REVIEWER, *DECIDING} & set(person.roles):
        return
    unheld = {document.id: document for document in work.store.unheld()}
    with st.expander(say("Give this holder a record that names nobody ({n})", n=len(unheld))):
        chosen = st.selectbox(
            say("Document"),
            list(unheld),
            format_func=lambda key: _named(work, unheld[key]),
            index=None,
            key=f"holders.unheld.{holder.id}",
        )
        reason = st.text_input(say("Reason"), key=f"holders.reason.{holder.id}")
        if st.button(say("It is this holder's"), key=f"holders.tie.{holder.id}") and chosen:
            with ui.guarded():
                likenesses.tie(work, chosen, holder.id, by=person.name, key=new_id(), reason=reason)
                frame.done(say("The record belongs to this holder now."))
                st.rerun()
    if not set(DECIDING) & set(person.roles):
        return
    with st.expander(say("This may be the same as another holder")):
        text = st.text_input(say("Name or number"), key=f"holders.other.{holder.id}")
        others = {
            h.id: h for h in work.store.find_holders(text, limit=20) if text and h.id != holder.id
        }
        other = st.selectbox(
            say("Holder of the paper"),
            list(others),
            format_func=lambda key: f"{others[key].name} · {others[key].number}",
            index=None,
            key=f"holders.beside.{holder.id}",
        )
        if st.button(say("Put side by side"), key=f"holders.ask.{holder.id}") and other:
            with ui.guarded():
                likenesses.put_together(work, holder.id, other, by=person.name)
                frame.done(say("They wait under “Perhaps the same”."))
                st.rerun()


def _named(work: Workspace, document: Document) -> str:
    batch = work.store.batch(document.batch)
    return f"{batch.name if batch else ''} · #{document.number}"


# --- who may be the same --------------------------------------------------------------------------


def pairs(work: Workspace, person: Person, *, may_decide: bool) -> None:
    """The pairs that wait, each with both holders side by side."""
    waiting = work.store.likenesses(limit=_PAIRS)
    if not waiting:
        frame.nothing(
            say("No two holders wait for a decision."),
            say("Who has the same number or nearly the same name as another appears here."),
            person=person,
        )
        return
    if not may_decide:
        st.info(say("An approver or a manager decides."), icon=":material/lock:")
    for pair, one_, other in waiting:
        _pair(work, person, pair, one_, other, may_decide=may_decide)


def _pair(
    work: Workspace,
    person: Person,
    pair: Likeness,
    one_: Holder,
    other: Holder,
    *,
    may_decide: bool,
) -> None:
    records = work.store.records_held([one_.id, other.id])
    with st.container(border=True):
        st.markdown(f"**{say(_WHY[Why(pair.why)])}**")
        for column, holder in zip(st.columns(2), (one_, other), strict=True):
            with column:
                st.markdown(f"{literal(holder.name)}  \n:gray[{_numbered(holder)}]")
                st.caption(say("{n} records", n=number(records.get(holder.id, 0))))
                if may_decide and st.button(
                    say("The same: keep this one"),
                    icon=":material/merge:",
                    key=f"holders.same.{pair.id}.{holder.id}",
                ):
                    _decide(work, person, pair, Likely.SAME, keep=holder.id)
        if may_decide and st.button(
            say("Two different holders"),
            icon=":material/call_split:",
            key=f"holders.different.{pair.id}",
        ):
            _decide(work, person, pair, Likely.DIFFERENT)


def _decide(
    work: Workspace, person: Person, pair: Likeness, decision: Likely, *, keep: str = ""
) -> None:
    with ui.guarded():
        likenesses.decide(work, pair.id, decision, by=person.name, key=new_id(), keep=keep)
        frame.done(say("Decided. It can be taken back under “Decided”."))
        st.rerun()


def decided(work: Workspace, person: Person, *, may_decide: bool) -> None:
    """What was decided last, each to be taken back."""
    shown = 0
    for standing in (Likely.SAME, Likely.DIFFERENT):
        for pair, one_, other in work.store.likenesses(standing, limit=_PAIRS):
            last = work.store.decisions(pair.id)[-1]
            shown += 1
            with st.container(border=True):
                sign = "=" if standing is Likely.SAME else "≠"
                st.markdown(f"{literal(one_.name)} **{sign}** {literal(other.name)}")
                st.caption(f"{dossier.person_of(work, last.by)} · {local(last.at):%d/%m/%Y %H:%M}")
                if may_decide and st.button(
                    say("Take the decision back"),
                    icon=":material/undo:",
                    key=f"holders.back.{pair.id}",
                ):
                    with ui.guarded():
                        likenesses.take_back(work, pair.id, by=person.name, key=new_id())
                        frame.done(say("Taken back; each has the own records again."))
                        st.rerun()
    if not shown:
        frame.nothing(
            say("Nothing was decided yet."),
            say("Decisions on holders appear here and can be taken back."),
            person=person,
        )

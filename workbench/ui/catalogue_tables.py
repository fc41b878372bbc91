"""One dated table on screen: its entries on a day, a form for one, files in and out, its past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import streamlit as st

from workbench.catalogues import dated
from workbench.catalogues.dated import Entry, Tables
from workbench.flow import dating
from workbench.flow.tables import tables
from workbench.model import Person
from workbench.ui import dossier, frame, notation
from workbench.vietnamese import is_near
from workbench.words import say
from workbench.workspace import Workspace

_LEVELS = {
    "": "—",
    "ministry": "Ministry",
    "province": "Province",
    "department": "Department",
    "district": "District",
    "commune": "Commune",
    "person": "Person",
    "organisation": "Organisation",
}
_CERTAIN = {"": "—", "high": "Certain", "medium": "Probable", "low": "Doubtful"}
_FIRST, _LAST = date(1900, 1, 1), date(2100, 12, 31)


def show(work: Workspace, table: str, person: Person) -> None:
    """The entries to choose from, and what can be done with them."""
    known = tables(work)
    every = known.entries(table)
    first, second, third = st.columns([3, 2, 4], vertical_alignment="bottom")
    text = first.text_input(
        say("Contains"), icon=":material/search:", key=f"catalogues.text.{table}"
    )
    on = second.date_input(
        say("Existed on"),
        value=None,
        min_value=_FIRST,
        max_value=_LAST,
        format="DD/MM/YYYY",
        key=f"catalogues.on.{table}",
    )
    found = [e for e in every if on is None or e.exists(on)]
    if text.strip():
        near = {e.key: is_near(f"{e.name} {e.code}", text) for e in found}
        kept = [e for e in found if near[e.key] is not None]
        found = sorted(kept, key=lambda e: near[e.key] or 0)
    third.markdown(
        say("{n} of {all} entries", n=notation.number(len(found)), all=notation.number(len(every)))
    )
    chosen = _list(table, found, known)
    if not found:
        st.markdown(f":gray[{say('No entry matches.')}]")
    edit, files, past = st.tabs([say("Change or add"), say("File in and out"), say("Its past")])
    with edit:
        _form(work, table, chosen, person)
    with files:
        _files(work, table, every, person)
    with past:
        _past(work, table, chosen)


def _list(table: str, found: list[Entry], known: Tables) -> Entry | None:
    names = {entry.key: entry.name for entry in known.entries(table)}
    rows = [
        {
            "name": entry.name,
            "code": entry.code,
            "level": say(_LEVELS[entry.level]) if entry.level in _LEVELS else entry.level,
            "valid_from": _written(entry.valid_from),
            "valid_to": _written(entry.valid_to),
            "successor": names.get(entry.successor, entry.successor),
            "certainty": say(_CERTAIN[entry.certainty]),
            "source": entry.source,
        }
        for entry in found
    ]
    columns = [
        "name",
        "code",
        "level",
        "valid_from",
        "valid_to",
        "successor",
        "certainty",
        "source",
    ]
    answer = st.dataframe(
        pd.DataFrame(rows, columns=columns),
        hide_index=True,
        height=318,
        on_select="rerun",
        selection_mode="single-row",
        key=f"catalogues.rows.{table}",
        column_config={
            "name": st.column_config.TextColumn(say("Name"), width=230),
            "code": st.column_config.TextColumn(say("Code"), width=75),
            "level": st.column_config.TextColumn(say("Level"), width=75),
            "valid_from": st.column_config.TextColumn(say("First day"), width=100),
            "valid_to": st.column_config.TextColumn(say("Last day"), width=100),
            "successor": st.column_config.TextColumn(say("In its place"), width=150),
            "certainty": st.column_config.TextColumn(say("How sure"), width=110),
            "source": st.column_config.TextColumn(say("Source"), width=320),
        },
    )
    chosen = list(answer["selection"]["rows"])
    return found[chosen[0]] if chosen and chosen[0] < len(found) else None


def _form(work: Workspace, table: str, entry: Entry | None, person: Person) -> None:
    """A form for the chosen entry, or for a new one."""
    st.caption(
        say("A change is a new version with your name; nothing is deleted.")
        if entry
        else say("Choose a line to change it, or fill the form to add an entry.")
    )
    given = entry or Entry(key="", name="")
    key = f"{table}.{given.key}"
    with st.form(f"catalogues.form.{key}", border=False):
        a, b, c, d = st.columns([2, 4, 2, 2])
        named = a.text_input(
            say("Key"), given.key, disabled=entry is not None, key=f"catalogues.key.{key}"
        )
        name = b.text_input(say("Name"), given.name, key=f"catalogues.name.{key}")
        code = c.text_input(say("Code"), given.code, key=f"catalogues.code.{key}")
        level = d.selectbox(
            say("Level"),
            list(dict.fromkeys([*_LEVELS, given.level])),
            index=list(dict.fromkeys([*_LEVELS, given.level])).index(given.level),
            format_func=lambda value: say(_LEVELS[value]) if value in _LEVELS else value,
            key=f"catalogues.level.{key}",
        )
        e, f, g, h = st.columns([2, 2, 2, 4])
        begins = _day(e, say("First day"), given.valid_from, f"catalogues.from.{key}")
        ends = _day(f, say("Last day"), given.valid_to, f"catalogues.to.{key}")
        certainty = g.selectbox(
            say("How sure"),
            list(_CERTAIN),
            index=list(_CERTAIN).index(given.certainty),
            format_func=lambda value: say(_CERTAIN[value]),
            key=f"catalogues.certainty.{key}",
        )
        source = h.text_input(say("Source"), given.source, key=f"catalogues.source.{key}")
        i, j, k = st.columns([2, 2, 6])
        parent = i.text_input(
            say("Belongs to (code)"), given.parent, key=f"catalogues.parent.{key}"
        )
        successor = j.text_input(
            say("In its place (key)"), given.successor, key=f"catalogues.successor.{key}"
        )
        why = k.text_input(say("Why is it changed?"), key=f"catalogues.why.{key}")
        with st.container(horizontal=True):
            kept = st.form_submit_button(say("Keep"), type="primary", key=f"catalogues.keep.{key}")
            withdrawn = entry is not None and st.form_submit_button(
                say("Withdraw"),
                help=say("It is left out of look-ups; its past stays."),
                key=f"catalogues.withdraw.{key}",
            )
    if not kept and not withdrawn:
        return
    wanted = Entry(
        key=(named if entry is None else entry.key).strip(), name=name.strip(), code=code.strip(),
        level=level, parent=parent.strip(), valid_from=begins, valid_to=ends,
        successor=successor.strip(), source=source.strip(), certainty=certainty,
    )  # fmt: skip
    if withdrawn and entry is not None:
        wanted = replace(entry, withdrawn=True)
    dating.keep(work, table, [wanted], by=person.name, why=why)
    frame.done(say("Kept with your reason."))
    st.rerun()


def _day(place: object, label: str, given: date | None, key: str) -> date | None:
    answer = place.date_input(  # type: ignore[attr-defined]  # a column of the form
        label, value=given, min_value=_FIRST, max_value=_LAST, format="DD/MM/YYYY", key=key
    )
    return answer if isinstance(answer, date) else None


def _written(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""


def _files(work: Workspace, table: str, every: tuple[Entry, ...], person: Person) -> None:
    st.download_button(
        say("Write as CSV (Excel opens it)"),
        dated.as_csv(every),
        file_name=f"{table}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"catalogues.export.{table}",
    )
    given = st.file_uploader(
        say("Take in a CSV file as it was written here"),
        type=["csv"],
        key=f"catalogues.file.{table}",
    )
    if given is None:
        return
    entries, faults = dating.read(given.getvalue())
    for fault in faults:
        told = say("Row {row} — {what}", row=fault.row, what=say(fault.says))
        st.markdown(f":red[:material/error:] {told}")
    if faults:
        st.warning(say("Nothing is taken in until every row is right."))
        return
    made = dating.changes(work, table, entries)
    if not made:
        st.info(say("The file says what the table says already."))
        return
    st.dataframe(
        pd.DataFrame(
            [
                {
                    "what": say("new") if change.before is None else say("changed"),
                    "key": change.after.key,
                    "before": change.before.name if change.before else "",
                    "after": change.after.name,
                    "valid_from": _written(change.after.valid_from),
                    "valid_to": _written(change.after.valid_to),
                }
                for change in made
            ]
        ),
        hide_index=True,
        column_config={
            "what": say("What"),
            "key": say("Key"),
            "before": say("As it stands"),
            "after": say("As it would be"),
            "valid_from": say("First day"),
            "valid_to": say("Last day"),
        },
        key=f"catalogues.changes.{table}",
    )
    why = st.text_input(say("Why is it changed?"), key=f"catalogues.import.why.{table}")
    if st.button(
        say("Take in {n} changes", n=len(made)),
        type="primary",
        disabled=not why.strip(),
        key=f"catalogues.import.{table}",
    ):
        dating.keep(work, table, entries, by=person.name, why=why)
        frame.done(say("Kept with your reason."))
        st.rerun()


def _past(work: Workspace, table: str, entry: Entry | None) -> None:
    """Who changed the chosen entry, when and why; newest last."""
    if entry is None:
        st.markdown(f":gray[{say('Choose a line to see who changed it and why.')}]")
        return
    versions = dating.history(work, table, entry.key)
    if not versions:
        st.markdown(f":gray[{say('As it came with the workbench; nobody has changed it.')}]")
    for version in versions:
        span = " – ".join(_written(day) or "…" for day in (version.valid_from, version.valid_to))
        what = say("withdrawn") if version.withdrawn else f"{version.name} ({span})"
        st.markdown(
            f":gray[{notation.moment(version.at)}] &nbsp; "
            f"**{notation.literal(what)}** &nbsp; "
            f"{notation.literal(dossier.person_of(work, version.by))} — "
            f"{notation.literal(version.why)}"
        )

"""Making a mapping profile: a file, its first rows, and which column is which field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from workbench.errors import NotReadyError
from workbench.exchange import entryfiles
from workbench.flow import importing
from workbench.ledger import Column, Profile, Sheet, headings, letters, propose
from workbench.ledger.profile import ROW_KEY, fields_for, header_of, label
from workbench.model import Person
from workbench.template import Template
from workbench.ui import frame
from workbench.ui.tables_in import book_of
from workbench.words import language, say
from workbench.workspace import Workspace

_FIRST_ROWS = 12


def show(work: Workspace, person: Person) -> None:
    """The whole view: the profiles that stand, then a new one from a file."""
    _standing(work, person)
    st.subheader(say("A new profile"), anchor=False)
    given = st.file_uploader(
        say("A file of the unit, to be mapped; nothing of it is kept"),
        list(entryfiles.ENDINGS),
        key="tables.sample",
    )
    if given is None:
        return
    book = book_of(given, work)
    left, middle, right, last = st.columns([4, 3, 2, 2], vertical_alignment="bottom")
    kind = left.selectbox(
        say("Kind of paper"),
        list(work.templates),
        format_func=lambda key: work.templates[key].title[language()],
        key="tables.kind",
    )
    template = work.templates[kind]
    names = [sheet.name for sheet in book.sheets]
    usual = book.sheet()
    name = middle.selectbox(
        say("Sheet"), names, index=names.index(usual.name) if usual else 0, key="tables.sheet"
    )
    sheet = book.sheet(name)
    if sheet is None or not sheet.rows:
        raise NotReadyError("This sheet is empty.", "Choose another sheet.")
    first, count = header_of(sheet, template)
    here = f"{book.digest[:12]}.{name}.{kind}"
    header = right.number_input(
        say("First row of headings"), 1, max(len(sheet.rows), 1), first, key=f"tables.head.{here}"
    )
    rows = last.number_input(
        say("Rows of headings"), 0, 3, count, key=f"tables.heads.{here}",
        help=say("Two, where one heading spans several columns with headings of their own."),
    )  # fmt: skip
    _first_rows(sheet, header, rows)
    _columns(work, sheet, template, header, rows, by=person, here=here)


def _standing(work: Workspace, person: Person) -> None:
    """Each profile with its file to take along, and the way out of use."""
    profiles = importing.profiles(work)
    for name, profile in profiles.items():
        template = work.templates.get(profile.kind)
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"**{name}**  \n:gray[{template.title[language()] if template else profile.kind} · "
                + say("{n} columns", n=len(profile.columns))
                + "]"
            )
            st.download_button(
                say("Take along"), profile.written(), file_name=f"{profile.kind}.json",
                icon=":material/download:", key=f"tables.json.{name}", on_click="ignore",
            )  # fmt: skip
            if st.button(
                say("Remove"), icon=":material/delete:", key=f"tables.remove.{name}"
            ):  # fmt: skip
                importing.drop_profile(work, name, by=person.name)
                frame.done(say("The profile is out of use."))
                st.rerun()
    with st.expander(say("Load a profile from a file"), expanded=not profiles):
        given = st.file_uploader(
            say("Profile (.json)"), ["json"], key="tables.profile.file",
            label_visibility="collapsed",
        )  # fmt: skip
        if given is not None and st.button(say("Load"), key="tables.profile.load"):
            loaded = importing.read_profile(given.getvalue(), given.name)
            importing.save_profile(work, loaded, by=person.name)
            frame.done(say("The profile is saved."))
            st.rerun()


def _first_rows(sheet: Sheet, header: int, rows: int) -> None:
    """The top of the sheet as Excel shows it: letters above, numbers of rows beside."""
    shown = sheet.rows[: header + rows + _FIRST_ROWS]
    width = sheet.width
    st.dataframe(
        pd.DataFrame(
            [[c.shown for c in row] + [""] * (width - len(row))
             for row in shown],
            columns=[letters(at) for at in range(width)],
            index=range(1, len(shown) + 1),
        ),
        height=300,
        key="rows-sheet",
    )  # fmt: skip


def _columns(
    work: Workspace,
    sheet: Sheet,
    template: Template,
    header: int,
    rows: int,
    *,
    by: Person,
    here: str,
) -> None:
    said = headings(sheet, header, rows)
    proposed = propose(said, template, header=(header, rows)) if rows else None
    names = {field: label(template, field, language()) for field in fields_for(template)}
    names[ROW_KEY] = say("Key of the row in its database")
    fields = {shown: field for field, shown in names.items()}
    likely = {c.letter: field for field, c in proposed.columns.items()} if proposed else {}
    edited = st.data_editor(
        pd.DataFrame(
            {
                "letter": [letters(at) for at in range(len(said))],
                "heading": [text if rows else "" for text in said],
                "sample": [_sample(sheet, at, header - 1 + rows) for at in range(len(said))],
                "field": [names.get(likely.get(letters(at), ""), "") for at in range(len(said))],
            }
        ),
        hide_index=True,
        height="content",
        disabled=["letter", "heading", "sample"],
        column_config={
            "letter": st.column_config.TextColumn(say("Column"), width=60),
            "heading": st.column_config.TextColumn(say("Heading"), width="medium"),
            "sample": st.column_config.TextColumn(say("First value"), width="medium"),
            "field": st.column_config.SelectboxColumn(
                say("Field (empty: not taken)"), options=list(fields), width="medium"
            ),
        },
        key=f"tables.columns.{here}.{header}.{rows}",
    )
    chosen = {
        fields[str(row["field"])]: Column(
            heading=str(row["heading"]), letter=str(row["letter"])
        )
        for _, row in edited.iterrows()
        if row["field"] in fields
    }  # fmt: skip
    twice = sum(row["field"] in fields for _, row in edited.iterrows()) > len(chosen)
    constants = _constants(template, chosen, names, here)
    held = [field for field in (*chosen, *constants) if field in template.fields]
    usual = [field for field in ("co_quan_cap", "so", "ngay_cap") if field in held]
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    key: Sequence[str] = left.multiselect(
        say("What names a paper within its unit"), held, usual, key=f"tables.key.{here}",
        format_func=lambda field: names[field],
        help=say("Rows with the same of these are the same paper: nothing is taken in twice."),
    )  # fmt: skip
    name = right.text_input(
        say("Name of the profile"), template.title["vi"][:60], key=f"tables.name.{here}"
    )
    if not st.button(say("Save the profile"), type="primary", key="tables.save"):
        return
    if twice:
        raise NotReadyError("Two columns are the same field.", "Leave one of them empty.")
    if not chosen or not key or not name.strip():
        raise NotReadyError(
            "The profile is not complete.",
            "Say at least one column, what names a paper, and the profile's name.",
        )
    made = Profile(
        name=name.strip(), kind=template.id, header=header, header_rows=rows,
        columns=chosen, constants=dict(constants), key=tuple(key),
        sheet="" if sheet.name == _first_name(sheet) else sheet.name,
    )  # fmt: skip
    importing.save_profile(work, made, by=by.name)
    frame.done(say("The profile is saved."))
    st.rerun()


def _first_name(sheet: Sheet) -> str:
    """The sheet that is taken where a profile names none: other files may call it otherwise."""
    book = st.session_state["tables.book"][1]
    usual = book.sheet()
    return usual.name if usual is not None else sheet.name


def _constants(
    template: Template, chosen: Mapping[str, Column], names: Mapping[str, str], here: str
) -> Mapping[str, str]:
    """Fields that no column holds and that are the same in all rows."""
    free = {names[field]: field for field in template.fields if field not in chosen}
    with st.expander(say("The same in all rows")):
        edited = st.data_editor(
            pd.DataFrame({"field": pd.Series(dtype=str), "value": pd.Series(dtype=str)}),
            hide_index=True,
            num_rows="dynamic",
            column_config={
                "field": st.column_config.SelectboxColumn(say("Field"), options=list(free)),
                "value": st.column_config.TextColumn(say("Value"), width="large"),
            },
            key=f"tables.constants.{here}",
        )
    return {
        free[str(row["field"])]: str(row["value"])
        for _, row in edited.iterrows()
        if row["field"] in free and isinstance(row["value"], str) and row["value"]
    }


def _sample(sheet: Sheet, column: int, first: int) -> str:
    for at in range(first, min(len(sheet.rows), first + 50)):
        cell = sheet.at(at, column)
        if not cell.is_empty:
            return cell.shown[:60]
    return ""

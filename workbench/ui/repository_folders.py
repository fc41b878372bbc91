"""Folders that people made, on screen: one in another, and what may be done with each."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.flow import custody
from workbench.model import Person, RecordFolder, Shelf, Sight
from workbench.ui import frame, notation, repository, repository_shares
from workbench.words import say
from workbench.workspace import Workspace

_INDENT = "\u2003"  # a wide space: a table keeps it


def own_folders(work: Workspace, person: Person, sight: Sight) -> None:
    """Folders that the unit or the person made, one in another, and what one may do with them."""
    whose = {"unit": say("Of the unit"), "mine": say("Mine alone")}
    if not (person.unit and sight.whole_unit):
        del whose["unit"]
    left, right = st.columns([3, 7], gap="medium")
    with left:
        owner = st.segmented_control(
            say("Whose folders"),
            list(whose),
            format_func=lambda name: whose[name],
            default=next(iter(whose)),
            required=True,
            label_visibility="collapsed",
            key="repository.whose",
        )
        own = owner == "mine"
        there = custody.folders(work, by=person.name, own=own)
        chosen = _choose_own(work, there, person, own=own) if there else None
    with right:
        _folder_acts(work, person, there, chosen, own=own)
        if chosen is not None:
            repository.records(
                work,
                person,
                sight,
                Shelf(folder=chosen.id),
                empty=say("Nothing lies in this folder yet."),
            )
        elif there:
            st.caption(say("Choose a folder to see what lies in it."))
        else:
            frame.nothing(
                say("There is no folder here yet."),
                say("Make one; a record is laid into it from where the record is open."),
                person=person,
            )


def _choose_own(
    work: Workspace, there: tuple[RecordFolder, ...], person: Person, *, own: bool
) -> RecordFolder | None:
    filed = work.store.filed(
        unit="" if own else person.unit or "", person=person.name if own else ""
    )
    depths = custody.depths(there)
    answer = st.dataframe(
        pd.DataFrame(
            [{"name": _INDENT * depths[f.id] + f.name, "count": filed.get(f.id, 0)} for f in there]
        ),
        hide_index=True,
        height=38 + 35 * min(len(there), repository.ROWS_SEEN),
        on_select="rerun",
        selection_mode="single-row",
        key=f"repository.own.{own}",
        column_config={
            "name": st.column_config.TextColumn(say("Folder"), width=170),
            "count": st.column_config.NumberColumn(say("Number of records"), width=62),
        },
    )
    rows = answer["selection"]["rows"]
    return there[rows[0]] if rows and rows[0] < len(there) else None


def choose_folder(
    there: tuple[RecordFolder, ...], *, label: str, top: str, key: str, index: int = 0
) -> str:
    """One of these folders, as they lie in one another, or none of them (`top`); its id."""
    depths = custody.depths(there)
    names = {f.id: _INDENT * depths[f.id] + f.name for f in there}
    return str(
        st.selectbox(
            label, ["", *names], index=index, format_func=lambda k: names.get(k, top), key=key
        )
    )


def _folder_acts(
    work: Workspace,
    person: Person,
    there: tuple[RecordFolder, ...],
    chosen: RecordFolder | None,
    *,
    own: bool,
) -> None:
    """Make a folder, and what may be done with the one that is chosen."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if chosen is not None:
            st.markdown(f"**{notation.literal(chosen.name)}**", width="stretch")
        with st.popover(say("New folder…"), icon=":material/create_new_folder:"):
            _make(work, person, chosen, own=own)
        if chosen is None:
            return
        with st.popover(say("Move…"), icon=":material/drive_file_move:"):
            _move(work, person, there, chosen)
        with st.popover(say("Rename…"), icon=":material/edit:"):
            _rename(work, person, chosen)
        if chosen.unit and custody.rights_over(person, chosen.unit).share:
            with st.popover(say("Share…"), icon=":material/folder_shared:"):
                repository_shares.share_form(work, person, folder=chosen.id)


def _make(work: Workspace, person: Person, chosen: RecordFolder | None, *, own: bool) -> None:
    with st.form("repository.make", border=False), ui.guarded():
        name = st.text_input(say("Name of the folder"), key="repository.make.name")
        below = chosen is not None and st.checkbox(
            say("Inside “{name}”", name=notation.literal(chosen.name)),
            value=True,
            key="repository.make.below",
        )
        if st.form_submit_button(say("Make the folder"), type="primary"):
            parent = chosen.id if below and chosen is not None else ""
            custody.make_folder(work, name, by=person.name, own=own, parent=parent)
            frame.done(say("The folder was made."))
            st.rerun()


def _move(
    work: Workspace, person: Person, there: tuple[RecordFolder, ...], chosen: RecordFolder
) -> None:
    with st.form("repository.move", border=False), ui.guarded():
        to = choose_folder(
            there, label=say("Into folder"), top=say("At the top"), key="repository.move.to"
        )
        if st.form_submit_button(say("Move the folder"), type="primary"):
            custody.move_folder(work, chosen.id, to, by=person.name)
            frame.done(say("The folder was moved."))
            st.rerun()


def _rename(work: Workspace, person: Person, chosen: RecordFolder) -> None:
    with st.form("repository.rename", border=False), ui.guarded():
        name = st.text_input(say("New name"), value=chosen.name, key=f"repository.name.{chosen.id}")
        if st.form_submit_button(say("Rename the folder"), type="primary"):
            custody.rename_folder(work, chosen.id, name, by=person.name)
            frame.done(say("The folder was renamed."))
            st.rerun()
    with ui.guarded():
        if st.button(say("Take the empty folder away"), key="repository.close"):
            custody.close_folder(work, chosen.id, by=person.name)
            frame.done(say("The folder was taken away."))
            st.rerun()

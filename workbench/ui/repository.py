"""The repository on screen: its folders, the records in them, and what is found by words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd
import streamlit as st

from workbench.flow import cards
from workbench.model import Card, DefaultFolder, Person, Shelf, Sight, day
from workbench.ui import badges, dossier, frame, notation
from workbench.words import say
from workbench.workspace import Workspace

PER_PAGE = 25
KEPT = badges.Look("Kept", "green", "inventory_2")
WITHDRAWN = badges.Look("Withdrawn", "red", "block")
SHARED = badges.Look("Shared with you", "blue", "folder_shared")
ROWS_SEEN = 14  # of a list of folders, which scrolls
_MARK = "background:rgba(250,204,21,.45); color:inherit; border-radius:2px; padding:0 .1em"


def search_box() -> str:
    """What is looked for, in all that one may see."""
    text: str = st.text_input(
        say("Search the repository"),
        placeholder=say("a number, a name, any words of the paper; with or without marks"),
        icon=":material/search:",
        label_visibility="collapsed",
        key="repository.text",
    )
    return text.strip()


def found(work: Workspace, person: Person, sight: Sight, text: str) -> None:
    """What says these words, each with the places where it does."""
    total = cards.find(work, sight, Shelf(), text=text, limit=0).total
    if not total:
        frame.nothing(
            say("No record that you may see says this."),
            say("Try fewer words, or leave their marks away."),
            person=person,
        )
        return
    offset = _turned(total, say("{n} records found", n=notation.number(total)), key="found")
    answer = cards.find(work, sight, Shelf(), text=text, limit=PER_PAGE, offset=offset)
    if answer.loosened:
        st.caption(say("Nothing says it with these marks; this is what does without."))
    for card in answer.cards:
        with st.container(border=True, gap="small"):
            st.button(
                notation.literal(title(work, card)),
                icon=":material/inventory_2:",
                type="tertiary",
                key=f"repository.open.{card.document}",
                on_click=open_record,
                args=(card.document,),
            )
            if card.withdrawn_at:
                st.markdown(badges.badge(WITHDRAWN))
            st.html("".join(_hit(place) for place in cards.hits(card.says, answer.words)))


def open_record(document: str) -> None:
    """Turn the page to a record; its address is the browser's from then on."""
    st.query_params["record"] = document


def title(work: Workspace, card: Card) -> str:
    """What people call a record: its number, whose it is, what it is."""
    parts = (card.number, card.holder_name, dossier.kind_of(work, card.kind))
    return " · ".join(part for part in parts if part)


def _hit(place: Sequence[tuple[str, bool]]) -> str:
    words = "".join(
        f'<mark style="{_MARK}">{escape(piece)}</mark>' if is_hit else escape(piece)
        for piece, is_hit in place
    )
    return f'<div style="font-size:.9rem; overflow-wrap:anywhere; opacity:.9">{words}</div>'


# --- records -----------------------------------------------------------------------------------


def records(work: Workspace, person: Person, sight: Sight, shelf: Shelf, *, empty: str) -> None:
    """The records on a shelf, a page at a time; the one that is chosen is opened."""
    total = work.store.count_cards(sight, shelf)
    if not total:
        frame.nothing(
            empty,
            say("What is signed comes here by itself; others may share theirs with you."),
            person=person,
        )
        return
    offset = _turned(total, say("{n} records", n=notation.number(total)), key="records")
    shown = work.store.cards(sight, shelf, limit=PER_PAGE, offset=offset)
    units = {unit.code: unit.name for unit in work.store.units()}
    looks = (KEPT, WITHDRAWN, SHARED)
    rows = [_row(work, card, sight, units) for card in shown]
    if all(card.unit == sight.unit for card in shown):
        rows = [{key: row[key] for key in row if key != "unit"} for row in rows]
    answer = st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=38 + 35 * len(shown),
        on_select="rerun",
        selection_mode="single-row",
        key=f"repository.records.{shelf}.{offset}",
        column_config={
            "number": st.column_config.TextColumn(say("Number"), width=120),
            "holder": st.column_config.TextColumn(say("Holder"), width=175),
            "kind": st.column_config.TextColumn(say("Kind"), width=135),
            "issued": st.column_config.TextColumn(say("Issued"), width=88),
            "state": badges.column(say("State"), looks),
            "unit": st.column_config.TextColumn(say("Unit"), width=170),
        },
    )
    if chosen := answer["selection"]["rows"]:
        st.query_params["record"] = shown[chosen[0]].document
        st.rerun()
    st.caption(say("Choose a line to open the record."))


def _turned(total: int, counted: str, *, key: str) -> int:
    """How many there are and the way to turn over; how many stand before this page."""
    pages = -(-total // PER_PAGE)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(counted, width="stretch")
        page = st.pagination(pages, key=f"repository.{key}.{pages}") if pages > 1 else 1
    return int(page - 1) * PER_PAGE


def _row(work: Workspace, card: Card, sight: Sight, units: Mapping[str, str]) -> dict[str, object]:
    own = sight.whole_unit and card.unit == sight.unit
    look = WITHDRAWN if card.withdrawn_at else KEPT if own else SHARED
    return {
        "number": card.number or "—",
        "holder": card.holder_name or "—",
        "kind": dossier.kind_of(work, card.kind or None),
        "issued": on_day(card.issued),
        "state": [say(look.word)],
        "unit": units.get(card.unit, card.unit),
    }


def on_day(iso: str) -> str:
    """A day as it is written here."""
    found_day = day(iso)
    return f"{found_day:%d/%m/%Y}" if found_day else "—"


# --- default folders ---------------------------------------------------------------------------


def default_folders(work: Workspace, person: Person, sight: Sight) -> None:
    """Folders that nobody made: by holder, by kind, by year of issue."""
    common_ways = {
        "holder": say("By holder"),
        "kind": say("By kind"),
        "year": say("By year of issue"),
    }
    common = st.segmented_control(
        say("Folders"),
        list(common_ways),
        format_func=lambda name: common_ways[name],
        default="holder",
        required=True,
        label_visibility="collapsed",
        key="repository.common",
    )
    left, right = st.columns([3, 7], gap="medium")
    with left:
        there = cards.default_folders(work, sight, common)
        chosen = _choose_default(work, there, common) if there else None
    with right:
        shelf = _shelf_of(common, chosen) if chosen else Shelf()
        if chosen:
            st.markdown(f"**{notation.literal(_called(work, chosen, common))}**")
        records(work, person, sight, shelf, empty=say("There is no record here that you may see."))


def _choose_default(
    work: Workspace, there: Sequence[DefaultFolder], common: str
) -> DefaultFolder | None:
    answer = st.dataframe(
        pd.DataFrame(
            [{"name": _called(work, folder, common), "count": folder.count} for folder in there]
        ),
        hide_index=True,
        height=38 + 35 * min(len(there), ROWS_SEEN),
        on_select="rerun",
        selection_mode="single-row",
        key=f"repository.default.{common}",
        column_config={
            "name": st.column_config.TextColumn(say("Folder"), width=170),
            "count": st.column_config.NumberColumn(say("Number of records"), width=62),
        },
    )
    rows = answer["selection"]["rows"]
    return there[rows[0]] if rows and rows[0] < len(there) else None


def _called(work: Workspace, folder: DefaultFolder, common: str) -> str:
    if common == "kind":
        return dossier.kind_of(work, folder.key or None)
    if common == "year":
        return folder.key if folder.key != "0" else say("Year not known")
    return folder.name or say("Holder not known")


def _shelf_of(common: str, folder: DefaultFolder) -> Shelf:
    if common == "kind":
        return Shelf(kind=folder.key)
    if common == "year":
        return Shelf(year=int(folder.key))
    return Shelf(holder=folder.key) if folder.key else Shelf(no_holder=True)

"""Records written out as tables, and what became of every table that was taken in."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from workbench.errors import Sentence
from workbench.exchange import entrysheets
from workbench.flow import importing, tabling
from workbench.ledger import Profile
from workbench.model import Origin, Person, TableImport
from workbench.store.imports import imports
from workbench.ui import frame
from workbench.ui.notation import moment, number
from workbench.words import say
from workbench.workspace import Workspace

_SHOWN = 500  # faults of a report on the screen; the file holds them all
_WAYS = {
    "pages": "Pages of 500 rows (.zip)",
    "xlsx": "One Excel file (.xlsx)",
    "csv": "One CSV file (.csv)",
}


def show(work: Workspace, person: Person) -> None:
    """Choose a profile and a unit, and take the records along."""
    profiles = importing.profiles(work)
    if not profiles:
        frame.nothing(
            say("There is no mapping profile yet."),
            say("Open “Mapping profiles” above, hand in a file, and say which column is which."),
            person=person,
        )
        return
    left, middle, right = st.columns([3, 3, 3], vertical_alignment="bottom")
    name = left.selectbox(say("Mapping profile"), list(profiles), key="tables.out.profile")
    units = {unit.code: unit.name for unit in work.store.units()}
    unit = middle.selectbox(
        say("Unit"), list(units), format_func=lambda code: units[code], index=None,
        placeholder=say("All units"), key="tables.out.unit",
    )  # fmt: skip
    ways = {way: say(words) for way, words in _WAYS.items()}
    way = right.selectbox(
        say("As"), list(ways), format_func=lambda key: ways[key], key="tables.out.way"
    )
    st.caption(
        say("The form is that of the profile: what is read in again by it is the same.")
    )  # fmt: skip
    mapping = profiles[name]
    ending = "zip" if way == "pages" else way
    st.download_button(
        say("Write out"),
        lambda: _written(work, mapping, unit or "", way),
        file_name=f"{mapping.kind}.{ending}",
        type="primary",
        icon=":material/download:",
        key="tables.out.go",
        on_click="ignore",
    )


def _written(work: Workspace, mapping: Profile, unit: str, way: str) -> bytes:
    template = importing.template_of(work, mapping)
    found = tabling.records(work, mapping, unit=unit)
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        if way != "pages":
            path = Path(folder) / f"records.{way}"
            entrysheets.write_whole(found, mapping, template, path)
            return path.read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in entrysheets.write_pages(
                found, mapping, template, Path(folder), name=mapping.kind
            ):
                archive.write(path, path.name)
        return packed.getvalue()


def done(work: Workspace) -> None:
    """Every table that was taken in or converted, newest first, and the report of one."""
    found = imports(work.store)
    if not found:
        st.markdown(f":gray[{say('No table has been taken in yet.')}]")
        return
    units = {unit.code: unit.name for unit in work.store.units()}
    picked = st.dataframe(
        pd.DataFrame(
            {
                say("When"): [moment(one.at) for one in found],
                say("Source"): [one.name for one in found],
                say("Sheet or table"): [one.place for one in found],
                say("How"): [_how(one) for one in found],
                say("Unit"): [units.get(one.unit, one.unit) for one in found],
                say("Rows"): [one.rows for one in found],
                say("New papers"): [one.papers for one in found],
                say("Already there"): [one.known for one in found],
                say("Different"): [one.different for one in found],
                say("Faulty"): [one.faulty for one in found],
                say("By"): [one.by for one in found],
            }
        ),
        hide_index=True,
        height="content" if len(found) <= 10 else 390,
        on_select="rerun",
        selection_mode="single-row",
        key="rows-imports",
    )
    rows = picked.selection.rows if picked else []
    at = rows[0] if rows else 0
    if at < len(found):
        _report(work, found[at])


def _how(one: TableImport) -> str:
    return say("converted") if one.origin is Origin.DATABASE else say("taken in")


def _report(work: Workspace, one: TableImport) -> None:
    report = importing.report_of(work, one)
    st.subheader(say("Report of {name}", name=one.name), anchor=False)
    if "reconciliation" in report:
        _reconciled(report["reconciliation"])
    faults = report["faults"]
    if faults:
        shown = faults[:_SHOWN]
        st.dataframe(
            pd.DataFrame(
                {
                    say("Row"): [fault["row"] for fault in shown],
                    say("Column"): [fault["column"] for fault in shown],
                    say("Fault"): [say(Sentence.from_json(fault["sentence"])) for fault in shown],
                }
            ),
            hide_index=True,
            height="content" if len(shown) <= 10 else 390,
            column_config={say("Fault"): st.column_config.TextColumn(width="large")},
            key="rows-report-faults",
        )
        if len(faults) > _SHOWN:
            st.caption(say("and {n} more in the file", n=number(len(faults) - _SHOWN)))
    st.download_button(
        say("Report (JSON)"),
        lambda: work.store.get(one.report),
        file_name=f"bao-cao-{one.id[:8]}.json",
        mime="application/json",
        icon=":material/download:",
        key="tables.report",
        on_click="ignore",
    )


def _reconciled(said: dict[str, Any]) -> None:
    """Both sides of a conversion, column by column."""
    if said["agrees"]:
        st.success(say("Source and records come to the same."), icon=":material/balance:")
    else:
        st.error(say("Source and records do NOT come to the same."), icon=":material/balance:")
    columns = said["columns"]
    st.dataframe(
        pd.DataFrame(
            {
                say("Column"): [c["heading"] for c in columns],
                say("Filled in the source"): [c["source"]["filled"] for c in columns],
                say("Distinct"): [c["source"]["distinct"] for c in columns],
                say("Sum of numbers"): [c["source"]["total"] for c in columns],
                say("To be kept"): [c["meant"]["filled"] for c in columns],
                say("Kept in records"): [c["kept"]["filled"] for c in columns],
                say("Control digest to be kept"): [c["meant"]["digest"][:12] for c in columns],
                say("Control digest kept"): [c["kept"]["digest"][:12] for c in columns],
                say("Agrees"): [c["agrees"] for c in columns],
            }
        ),
        hide_index=True,
        height="content",
        key="rows-reconciled",
    )

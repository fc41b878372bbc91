"""Taking an entry file in: what it holds, what was done to cells, what is wrong, what is new."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd
import streamlit as st

from workbench import exchange, ui
from workbench.exchange import entryfiles, entrysheets
from workbench.flow import converting, granting, importing
from workbench.flow.importing import Plan
from workbench.ledger import COERCIONS, Book, Choices, Profile, Sample, Sheet
from workbench.ledger.profile import label
from workbench.legacy import Encoding
from workbench.model import Origin, Person, Right
from workbench.template import Template
from workbench.ui import batches, frame
from workbench.ui.notation import number
from workbench.ui.uploads import Upload, as_files
from workbench.words import language, say
from workbench.workspace import Workspace

_SHOWN = 500  # rows of a list on the screen; the whole list can be taken along
_CALLED: Mapping[Encoding, str] = {Encoding.TCVN3: "TCVN3 (ABC)", Encoding.VNI: "VNI"}


def show(work: Workspace, person: Person) -> None:
    """The whole view."""
    profiles = importing.profiles(work)
    if not profiles:
        frame.nothing(
            say("There is no mapping profile yet."),
            say("Open “Mapping profiles” above, hand in a file, and say which column is which."),
            person=person,
        )
        return
    left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
    name = left.selectbox(say("Mapping profile"), list(profiles), key="tables.profile")
    with middle:
        unit = batches.unit_chosen(
            work, person, say("Unit whose papers they are"), key="tables.unit"
        )
    extract = right.checkbox(
        say("Extract of a specialised database"),
        key="tables.extract",
        help=say("Its records are marked as converted, and both sides are counted."),
    )
    given = st.file_uploader(
        say("Entry file: .xlsx, .xls or .csv"), list(entryfiles.ENDINGS), key="tables.file"
    )
    if given is None or unit is None:
        return
    book = book_of(given, work)
    mapping = profiles[name]
    sheet = book.sheet(mapping.sheet)
    asked = _look(work, book, mapping, unit.code, Choices(), extract=extract, of=given)
    choices = _choices(asked)
    plan = _look(work, book, mapping, unit.code, choices, extract=extract, of=given)
    template = importing.template_of(work, mapping)
    _counts(plan)
    _faults(plan, template)
    _coercions(plan, template)
    _differences(work, plan, template, by=person)
    _papers(plan, template)
    _take(work, plan, sheet, by=person)


def book_of(given: Upload, work: Workspace) -> Book:
    """The file as it was handed in, read once while it lies in the browser's hand."""
    held = st.session_state.get("tables.book")
    key = getattr(given, "file_id", given.name)
    if held is None or held[0] != key:
        with st.spinner(say("Reading the file…")), as_files([given], work.scratch) as (path,):
            held = (key, entryfiles.read(path))
        st.session_state["tables.book"] = held
    return cast("Book", held[1])


def _look(
    work: Workspace,
    book: Book,
    mapping: Profile,
    unit: str,
    choices: Choices,
    *,
    extract: bool,
    of: Upload,
) -> Plan:
    """What taking it in would do, worked out once for the same file, profile and choices."""
    key = (getattr(of, "file_id", of.name), mapping.digest, unit, choices, extract)
    plans: dict[Any, Plan] = st.session_state.setdefault("tables.plans", {})
    if key not in plans:
        with st.spinner(say("Checking the rows…")):
            plan = _planned(work, book, mapping, unit, choices, extract=extract)
        for old in list(plans)[:-1]:
            del plans[old]
        plans[key] = plan
    return plans[key]


def _planned(
    work: Workspace, book: Book, mapping: Profile, unit: str, choices: Choices, *, extract: bool
) -> Plan:
    found = converting.file_of(book, mapping) if extract else None
    if found is None:
        return importing.look(work, book, mapping, unit=unit, choices=choices)
    sheet, source = found
    return converting.look(work, sheet, mapping, source=source, unit=unit, choices=choices)


# --- what a person decides -----------------------------------------------------------------------


def _choices(asked: Plan) -> Choices:
    """Only what this file leaves open is asked; until then the rows in question are faults."""
    open_ = Counter(fault.settles for fault in asked.checked.faults if fault.settles)
    if not open_:
        return Choices()
    turn: set[Encoding] = set()
    zeros, hidden = False, ""
    with st.container(border=True):
        st.markdown(f"**{say('To be decided for this file')}**")
        for encoding in Encoding:
            samples = [s for s in asked.checked.samples if s.encoding == encoding]
            if not samples:
                continue
            cells = sum(sample.cells for sample in samples)
            if st.checkbox(
                say("Turn {n} cells from {encoding} into Unicode, as below",
                    n=number(cells), encoding=_CALLED[encoding]),
                key=f"tables.turn.{encoding}",
            ):  # fmt: skip
                turn.add(encoding)
            _before_and_after(samples, encoding)
        if open_["zero"]:
            zeros = st.checkbox(
                say("Put a lost 0 back before {n} identity numbers of 11 or 8 digits",
                    n=number(open_["zero"])),
                key="tables.zeros",
            )  # fmt: skip
        if open_["hidden"]:
            ways = {"take": say("Take them"), "leave": say("Leave them out")}
            hidden = st.segmented_control(
                say("{n} hidden rows", n=number(open_["hidden"])),
                list(ways),
                format_func=lambda way: ways[way],
                key="tables.hidden",
            ) or ""  # fmt: skip
    return Choices(zeros=zeros, turn=frozenset(turn), hidden=hidden)


def _before_and_after(samples: Sequence[Sample], encoding: Encoding) -> None:
    rows = [
        {
            say("Column"): sample.column,
            say("Told by"): say("font") if sample.by_font else say("letters"),
            say("In the file"): before,
            say("In Unicode"): after,
        }
        for sample in samples
        for before, after in sample.texts
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content" if len(rows) <= 8 else 320,
        key=f"rows-turn-{encoding}",
    )


# --- what was found ------------------------------------------------------------------------------


def _counts(plan: Plan) -> None:
    counts = plan.counts
    shown = {
        "rows": say("Rows in the file"),
        "taken": say("New"),
        "known": say("Already there"),
        "different": say("Different from what is there"),
        "faulty": say("Faulty"),
        "left": say("Left out"),
    }
    for column, (name, words) in zip(st.columns(len(shown)), shown.items(), strict=True):
        column.metric(words, number(counts[name]))
    if plan.checked.hidden_columns:
        st.caption(
            say(
                "Hidden columns of the file are taken too: {columns}.",
                columns=", ".join(plan.checked.hidden_columns),
            )
        )


def _faults(plan: Plan, template: Template) -> None:
    faults = plan.checked.faults
    if not faults:
        return
    st.subheader(say("Faults: {n}", n=number(len(faults))), anchor=False)
    st.dataframe(
        pd.DataFrame(
            {
                say("Row"): [fault.row for fault in faults[:_SHOWN]],
                say("Column"): [fault.column for fault in faults[:_SHOWN]],
                say("Field"): [_called(f.field, template) for f in faults[:_SHOWN]],
                say("Fault"): [say(fault.sentence) for fault in faults[:_SHOWN]],
                say("In the cell"): [fault.shown for fault in faults[:_SHOWN]],
            }
        ),
        hide_index=True,
        height="content" if len(faults) <= 10 else 390,
        column_config={
            say("Row"): st.column_config.NumberColumn(width=70, format="%d"),
            say("Column"): st.column_config.TextColumn(width=60),
            say("Fault"): st.column_config.TextColumn(width="large"),
        },
        key="rows-faults",
    )
    st.download_button(
        say("List of faults"),
        lambda: _list_of_faults(plan),
        file_name="danh-sach-loi.txt",
        icon=":material/download:",
        key="tables.faults",
        on_click="ignore",
    )


def _list_of_faults(plan: Plan) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faults.txt"
        entrysheets.write_faults(plan.checked.faults, path)
        return path.read_bytes()


def _coercions(plan: Plan, template: Template) -> None:
    done = plan.checked.coercions
    if not done:
        return
    counts = Counter(coercion.what for coercion in done)
    with st.expander(say("What was done to cells: {n}", n=number(len(done)))):
        words = {what: f"{say(COERCIONS[what])} ({number(n)})" for what, n in counts.most_common()}
        what = st.selectbox(
            say("Kind"), list(words), format_func=lambda name: words[name], key="tables.coercion"
        )
        rows = [c for c in done if c.what == what][:_SHOWN]
        st.dataframe(
            pd.DataFrame(
                {
                    say("Row"): [c.row for c in rows],
                    say("Column"): [c.column for c in rows],
                    say("Field"): [_called(c.field, template) for c in rows],
                    say("In the file"): [c.before for c in rows],
                    say("As it is kept"): [c.after for c in rows],
                }
            ),
            hide_index=True,
            height="content" if len(rows) <= 10 else 390,
            key="rows-coercions",
        )
        st.download_button(
            say("All changes to cells"),
            lambda: _list_of_coercions(plan, template, language()),
            file_name="thay-doi.xlsx",
            icon=":material/download:",
            key="tables.coercions",
            on_click="ignore",
        )


def _list_of_coercions(plan: Plan, template: Template, spoken: str) -> bytes:
    columns = {"row": "Row", "column": "Column", "field": "Field", "what": "What was done",
               "before": "In the file", "after": "As it is kept"}  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changes.xlsx"
        exchange.write_list(
            (
                {**c._asdict(), "field": label(template, c.field, spoken),
                 "what": say(COERCIONS[c.what])}
                for c in plan.checked.coercions
            ),
            path,
            columns=columns,
            sheet="Changes to cells",
        )  # fmt: skip
        return path.read_bytes()


def _differences(work: Workspace, plan: Plan, template: Template, *, by: Person) -> None:
    if not plan.different:
        return
    st.subheader(say("Different from what is there: {n}", n=number(len(plan.different))),
                 anchor=False)  # fmt: skip
    st.caption(say("Nothing is written over. Open the document and correct it, where it is wrong."))
    rows = [
        {
            say("Row"): ", ".join(map(str, difference.rows)),
            say("Field"): _called(field, template),
            say("Here"): here,
            say("In the table"): there,
            say("Document"): f"/documents?document={difference.document}",
        }
        for difference in plan.different
        for field, here, there in difference.fields
    ]
    st.dataframe(
        pd.DataFrame(rows[:_SHOWN]),
        hide_index=True,
        height="content" if len(rows) <= 10 else 390,
        column_config={say("Document"): st.column_config.LinkColumn(display_text=say("Open"))},
        key="rows-differences",
    )
    if st.button(
        say("Leave a remark on each of these documents"),
        icon=":material/contact_support:",
        key="tables.remark",
    ):
        n = importing.remark(work, plan, by=by.name)
        frame.done(say("{n} documents are in the log of difficulties.", n=number(n)))
        st.rerun()


def _papers(plan: Plan, template: Template) -> None:
    if not plan.fresh:
        return
    fields = [f for f in (*plan.profile.columns, *plan.profile.constants) if f in template.fields]
    with st.expander(
        say("The first of {n} new papers", n=number(len(plan.fresh))),
        expanded=not plan.checked.faults,
    ):
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        say("Row"): ", ".join(map(str, line.rows)),
                        **{_called(f, template): line.values.get(f, "") for f in fields},
                    }
                    for line in plan.fresh[:20]
                ]
            ),
            hide_index=True,
            height="content",
            key="rows-papers",
        )


def _called(field: str, template: Template) -> str:
    plain = field if field.count(".") < 2 else f"{field.split('.')[0]}.{field.split('.')[2]}"
    return label(template, plain, language()) if plain and not plain.startswith("@") else ""


# --- taking it in --------------------------------------------------------------------------------


def _take(work: Workspace, plan: Plan, sheet: Sheet | None, *, by: Person) -> None:
    if not plan.fresh:
        st.info(
            say("There is nothing new in this file.")
            if not plan.checked.faults
            else say("No row of this file can be taken in as it is."),
            icon=":material/info:",
        )
        return
    refusal = granting.refusal(work, Right.USE, plan.profile.kind, by, unit=plan.unit)
    if refusal is not None:
        ui.tell(refusal)
        return
    papers = number(len(plan.fresh))
    if plan.checked.faults:
        st.markdown(
            say(
                "Mend the {n} faulty rows in the file and hand it in again: nothing is taken in "
                "twice. Or take in the good rows now and the others later.",
                n=number(plan.counts["faulty"]),
            )
        )
        sure = st.button(say("Take in the {n} good papers alone", n=papers), key="tables.good")
    else:
        sure = st.button(
            say("Take in {n} papers", n=papers), type="primary", key="tables.take",
            icon=":material/upload_file:",
        )  # fmt: skip
    if not sure:
        return
    with st.spinner(say("Taking in the papers…")):
        good = bool(plan.checked.faults)
        if plan.source.origin is Origin.DATABASE and sheet is not None:
            made = converting.convert(work, plan, sheet, by=by.name, good_rows=good)
            documents, agrees = made.taken.documents, made.reconciled.agrees
        else:
            documents = importing.take_in(work, plan, by=by.name, good_rows=good).documents
            agrees = True
    st.session_state.pop("tables.plans", None)
    frame.done(say("{n} papers taken in.", n=number(len(documents))))
    if not agrees:
        frame.done(say("Source and records do NOT come to the same."))
    st.session_state["tables.next"] = "done"  # the page opens the list of what was taken in
    st.rerun()

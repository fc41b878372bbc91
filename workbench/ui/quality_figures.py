"""How good: right at first reading, what the vote adds, what is confused, what mending costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from workbench import vietnamese
from workbench.confusions import confusions
from workbench.flow.recorded import recorded
from workbench.ui import board as drawn
from workbench.ui import charts, exhibits
from workbench.ui.board import Board
from workbench.ui.notation import number, percent
from workbench.ui.readings import name_of
from workbench.words import say
from workbench.workspace import Workspace

SAMPLE = 150  # reviewed papers whose readings are compared letter by letter

_PARTS: Mapping[str, str] = {
    "unit": "By unit", "template": "By template version", "field": "By field of the form",
    "engine": "By engine and scan", "scanner": "By scanner",
}  # fmt: skip
_LEVELS: Mapping[str, str] = {"good": "good scan", "fair": "fair scan", "poor": "poor scan"}


def show(work: Workspace, board: Board) -> None:
    """The whole view."""
    first = board.answer("right_at_first")
    if first.empty:
        st.info(say("Nothing has been reviewed yet; the figures follow by themselves."))
    else:
        _vote(board, first)
        _right_at_first(board, first)
        _costs(board, first)
    drawn.quality(board)
    if not first.empty:
        _confusions(work, board)


def _vote(board: Board, first: pd.DataFrame) -> None:
    engines = board.answer("engines_right")
    if engines.empty:
        return
    each = engines.groupby("engine", as_index=False)[["right_settled", "settled"]].sum()
    alone = {
        str(row["engine"]): (float(row["right_settled"] / row["settled"]), int(row["settled"]))
        for row in each.to_dict("records")
    }
    best = max(alone, key=lambda engine: alone[engine])
    together = float(first["right_first"].sum() / first["cases"].sum())
    figures: tuple[tuple[str, float, int], ...] = (
        ("Right at first reading, all engines together", together, int(first["cases"].sum())),
        ("The best engine alone", *alone[best]),
    )
    columns = st.columns(3)
    for column, (word, share, n) in zip(columns, figures, strict=False):
        column.metric(say(word), percent(share), help=f"n = {number(n)}", border=True)
    columns[1].caption(name_of(best))
    columns[2].metric(
        say("What the vote adds"),
        say("{n} points", n=number(100 * (together - alone[best][0]), 1)),
        help=say("Share of fields as settled by people, all engines together less the best one."),
        border=True,
    )


def _right_at_first(board: Board, first: pd.DataFrame) -> None:
    part = st.segmented_control(
        say("Parted"),
        list(_PARTS),
        format_func=lambda name: say(_PARTS[name]),
        default="unit",
        key="quality.part",
        label_visibility="collapsed",
    )
    if part == "engine":
        found = board.answer("engines_right")
        table = pd.DataFrame(
            {
                "what": [_scan(row) for row in found.itertuples()],
                "cases": found["settled"],
                "right_first": found["right_settled"],
                "share": found["share"],
            }
        )
    elif part == "scanner":
        table = _scanners(board)
    else:
        table = _parted(board, first, part or "unit")
    exhibits.show(
        charts.shares(table, charts.ink()) if len(table) else None,
        table.sort_values("share"),
        key="right_at_first",
        title=say("Right at first reading"),
        note=say(
            "Fields that stood as read, in documents a person has vouched for; n = {n} fields.",
            n=number(first["cases"].sum()),
        )
        + exhibits.of_many(len(table), charts.MOST_UNITS, "Drawn: the {n} with the lowest share."),
    )


def _parted(board: Board, first: pd.DataFrame, part: str) -> pd.DataFrame:
    names = {
        "unit": [board.unit(unit) for unit in first["unit"]],
        "field": [board.field(field) for field in first["field"]],
        "template": [
            board.kind(kind) + (f" · {int(version)}" if pd.notna(version) else "")
            for kind, version in zip(first["kind"], first["template_version"], strict=True)
        ],
    }[part]
    table = first.assign(what=names).groupby("what", as_index=False)[["cases", "right_first"]].sum()
    return table.assign(share=table["right_first"] / table["cases"])


def _scanners(board: Board) -> pd.DataFrame:
    """What is misread more from one scanner than from another is mended at that scanner."""
    found = board.answer("scanners_right")
    return pd.DataFrame(
        {
            "what": [
                name if isinstance(name, str) else say("not named") for name in found["scanner"]
            ],
            "papers": found["papers"],
            "poor": found["poor"],
            "cases": found["cases"],
            "right_first": found["right_first"],
            "share": found["share"],
            "each_seconds": found["seconds_a_paper"],
        }
    )


def _scan(row: tuple[object, ...]) -> str:
    engine, level = str(row[1]), row[3]
    said = say(_LEVELS[level]) if isinstance(level, str) and level in _LEVELS else say("scan: —")
    return f"{name_of(engine)} · {said}"


def _costs(board: Board, first: pd.DataFrame) -> None:
    """Seconds by how often: what a designer should mend first."""
    kinds = ["kind", "field"]
    spent = first.groupby(kinds, as_index=False, dropna=False)[
        ["cases", "changed", "flagged", "spent_seconds"]
    ].sum()
    spent = spent[spent["spent_seconds"] > 0].nlargest(40, "spent_seconds")
    table = pd.DataFrame(
        {
            "field": [
                board.field(field, of=kind)
                for field, kind in zip(spent["field"], spent["kind"], strict=True)
            ],
            "kind": [board.kind(kind) for kind in spent["kind"]],
            "minutes": spent["spent_seconds"] / 60,
            "each_seconds": spent["spent_seconds"] / spent["cases"],
            "cases": spent["cases"],
            "flagged": spent["flagged"],
            "changed": spent["changed"],
        }
    )
    exhibits.show(
        None,
        table,
        key="field_costs",
        title=say("Fields by what mending them costs"),
        note=say("Seconds people spent on the field, times how often; the dearest first."),
        opened=True,
    )


def _confusions(work: Workspace, board: Board) -> None:
    with st.container(border=True):
        st.markdown(f"**{say('Which letters are confused')}**")
        asked = st.toggle(
            say("Compare the readings of {n} reviewed documents", n=SAMPLE),
            key="quality.confusions",
        )
        if not asked:
            return
        chosen = board.chosen
        ids = board.ask(
            "settled_sample",
            units=chosen.units,
            kinds=chosen.kinds,
            since=chosen.since,
            until=chosen.until,
            most=SAMPLE,
        )["id"]
        seen: Counter[tuple[str, str, str]] = Counter()
        readings = 0
        for paper in recorded(work, ids):
            for field in paper.fields:
                if not field.truth.value:
                    continue
                for vote in field.votes:
                    if vote.how == "page" or not vote.value:
                        continue
                    readings += 1
                    said = vietnamese.key(vote.value)
                    for one in confusions(vietnamese.key(field.truth.value), said):
                        seen[name_of(vote.engine), one.true, one.read] += 1
        rows = [
            {"engine": engine, "true": true or "∅", "said": read or "∅", "times": n}
            for (engine, true, read), n in seen.most_common(40)
            if len(true) <= 3 and len(read) <= 3  # letters, never what a paper says
        ]
        if not rows:
            st.markdown(f":gray[{say('None.')}]")
            return
        st.caption(say("n = {n} readings of fields.", n=number(readings)))
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            key="rows-confusions",
            column_config={name: say(exhibits.COLUMNS[name]) for name in rows[0]},
        )

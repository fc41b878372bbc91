"""Figures of the managers' page in the product's look and the reader's language.

Colours tell apart for colour-blind readers too (one hue from pale to strong along the way,
vermilion for what is held), and never alone: every bar and line says its number or its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from workbench.model import Stage
from workbench.ui import badges
from workbench.ui.exhibits import COLUMNS
from workbench.ui.notation import number, percent
from workbench.words import language, say

Label = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours of one theme; along the way the strongest is what is furthest."""

    text: str
    faint: str
    steps: tuple[str, str, str, str, str]  # from just taken in to exported
    alarm: str
    others: tuple[str, str, str]  # for what is not a way: kinds of correction
    scale: tuple[str, str, str]  # of the heat map, from poor to good


LIGHT = Ink(
    text="#1f2937",
    faint="#e3e8ee",
    steps=("#d3dbe4", "#a9ccf5", "#6ea6e0", "#3a7cc4", "#1d5192"),
    alarm="#d55e00",
    others=("#e69f00", "#009e73", "#cc79a7"),
    scale=("#f6c9a8", "#eef3f8", "#3a7cc4"),
)
DARK = Ink(
    text="#e6ebf1",
    faint="#2b3440",
    steps=("#3a4552", "#3d5f85", "#4f87bf", "#7ab0e6", "#c3ddfa"),
    alarm="#f08a3c",
    others=("#f0b429", "#2cb996", "#df9cc0"),
    scale=("#7a3d12", "#222c38", "#5b9be0"),
)

# The stretches of the way as stacked bars show them; the number is the place in `Ink.steps`.
STRETCHES: Mapping[str, tuple[str, int]] = {
    "exported": ("Exported", 4),
    "approved": ("Approved or signed", 3),
    "reviewed": ("Waits for approval", 2),
    "proposed": ("Waits for review", 1),
    "received": ("Being read", 0),
}

MOST_FIELDS = 24  # on a chart; all of them stand in the table behind it
MOST_UNITS = 20


def stage_word(stage: Stage) -> str:
    """As on the badges, but for the end of the way: "exported", as the top figures say."""
    return say("Exported") if stage is Stage.EXPORTED else badges.stage_word(stage)


def ink() -> Ink:
    """The colours for the theme the reader has chosen."""
    return DARK if st.context.theme.type == "dark" else LIGHT


# --- figures -------------------------------------------------------------------------------


def stages(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """How many documents stand where, in the order of the way."""
    counts = dict(zip(frame["stage"], frame["documents"], strict=True))
    shown = [s for s in Stage if s in counts or s not in (Stage.HELD, Stage.REJECTED)]
    place = dict(zip(list(Stage)[:7], (0, 0, 1, 2, 3, 3, 4), strict=True))
    bars = go.Bar(
        y=[stage_word(s) for s in shown],
        x=[counts.get(s, 0) for s in shown],
        orientation="h",
        marker_color=[colours.steps[place[s]] if s in place else colours.alarm for s in shown],
        text=[number(counts.get(s, 0)) for s in shown],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure = _bars(go.Figure(bars), colours, rows=len(shown))
    return figure.update_xaxes(range=[0, 1.2 * max(counts.values(), default=1)])


def burn_up(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """What came in and what is done, up to each day; up to each week once a year is shown."""
    if len(frame) > 400:
        weeks = pd.to_datetime(frame["day"]).dt.to_period("W")
        frame = frame[~weeks.duplicated(keep="last").to_numpy()]
    return _lines(
        frame,
        colours,
        (("received", "Taken in", 2), ("reviewed", "Reviewed", 3), ("exported", "Exported", 4)),
    )


def per_day(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """What was done on each day, a strip a step; weeks once there are more days than bars fit."""
    steps = ("received", "read", "reviewed", "approved", "exported")
    if len(frame) > 120:
        days = pd.to_datetime(frame["day"])
        frame = frame.assign(day=days.dt.to_period("W").dt.start_time)
        frame = frame.groupby("day", as_index=False)[list(steps)].sum()
    figure = make_subplots(
        len(steps),
        1,
        shared_xaxes=True,
        vertical_spacing=0.07,
        subplot_titles=[say(COLUMNS[step]) for step in steps],
    )
    figure.update_annotations(x=0, xanchor="left", font={"color": colours.text, "size": 12})
    for row, step in enumerate(steps, start=1):
        figure.add_bar(
            x=frame["day"],
            y=frame[step],
            name=say(COLUMNS[step]),
            marker_color=colours.steps[max(row - 1, 1)],
            hovertemplate="%{x|%d/%m/%Y}: %{y:,}<extra>%{fullData.name}</extra>",
            row=row,
            col=1,
        )
    _look(figure, colours, height=470)
    figure.update_layout(showlegend=False, bargap=0.25, margin_t=20)
    _days(figure, frame["day"])
    figure.update_yaxes(nticks=3)
    return figure


def units(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """How far units are, those with most left: one bar a unit, all its length its documents."""
    frame = frame.sort_values("remaining", ascending=False, kind="stable").head(MOST_UNITS)
    ends = [
        f"{percent(share)} · {number(total)}"
        for share, total in zip(frame["share"], frame["total"], strict=True)
    ]
    return _stacked(frame, colours, _names(frame["unit"], frame["name"]), ends)


def kinds(frame: pd.DataFrame, colours: Ink, label: Label) -> go.Figure:
    """How far each kind of paper is; its long name on two lines."""
    ends = [
        f"{percent(share)} · {number(total)}"
        for share, total in zip(frame["share"], frame["total"], strict=True)
    ]
    names = ["<br>".join(wrap(label(kind), 25)) for kind in frame["kind"]]
    figure = _stacked(frame, colours, names, ends)
    return figure.update_layout(height=66 + 42 * max(len(frame), 2))


def flow(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """What came to each stage, what left it, and what waits there now."""
    names = [stage_word(Stage(stage)) for stage in frame["stage"]]
    shades = {"came": colours.steps[2], "gone": colours.steps[4], "waiting": colours.alarm}
    figure = go.Figure(
        [
            go.Bar(
                y=names,
                x=frame[column],
                name=say(COLUMNS[column]),
                orientation="h",
                marker_color=shade,
                text=[number(n) for n in frame[column]],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y}: %{text} %{fullData.name}<extra></extra>",
            )
            for column, shade in shades.items()
        ]
    )
    _bars(figure, colours, rows=round(1.6 * len(frame)))
    most = max((frame[column].max() for column in shades), default=1)
    figure.update_layout(barmode="group", legend_traceorder="normal")
    return figure.update_xaxes(range=[0, 1.2 * max(most, 1)])


def ages(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """How old the backlog is, stage by stage: the older the stronger, what is too old in alarm."""
    names = [stage_word(Stage(stage)) for stage in frame["stage"]]
    shades = dict(
        zip(
            ("up_to_1", "up_to_7", "up_to_30", "up_to_90", "longer"),
            (*colours.steps[0:2], colours.steps[2], colours.steps[4], colours.alarm),
            strict=True,
        )
    )
    figure = go.Figure()
    for column, shade in shades.items():
        _stretch(figure, names, frame[column], say(COLUMNS[column]), shade)
    _ends(figure, names, frame["documents"], [number(n) for n in frame["documents"]], colours)
    return _bars(figure, colours, rows=len(frame))


def outlooks(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """Finish days, the latest last: dot the median, thick 80 %, thin 95 %, a line the due day."""
    frame = frame.sort_values("finish", ascending=False, kind="stable").head(MOST_UNITS)
    names = _names(frame["unit"], frame["name"])
    ends = frame[["finish", "likely_last", "wide_last"]].max(axis=None)
    figure = go.Figure()
    for first, last, width, word in (
        ("wide_first", "wide_last", 2, "95 of 100"),
        ("likely_first", "likely_last", 8, "80 of 100"),
    ):
        xs: list[Any] = []
        ys: list[Any] = []
        for name, begin, end in zip(names, frame[first], frame[last], strict=True):
            xs += [begin, end if pd.notna(end) else ends, None]
            ys += [name, name, None]
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="lines",
            line={"width": width, "color": colours.steps[2]},
            name=say(word),
            hoverinfo="skip",
        )
    said = [
        say("done on {finish}, 80 %: {first} to {last}", finish=f"{finish:%d/%m/%Y}",
            first=f"{first:%d/%m/%Y}", last=f"{last:%d/%m/%Y}" if pd.notna(last) else "…")
        for finish, first, last in zip(
            frame["finish"], frame["likely_first"], frame["likely_last"], strict=True
        )
    ]  # fmt: skip
    figure.add_scatter(
        x=frame["finish"],
        y=names,
        mode="markers",
        marker={"size": 10, "color": colours.steps[4]},
        name=say("Median"),
        text=said,
        hovertemplate="%{y}: %{text}<extra></extra>",
    )
    figure.add_scatter(
        x=frame["due"],
        y=names,
        mode="markers",
        marker={"size": 14, "symbol": "line-ns", "line": {"width": 3, "color": colours.alarm}},
        name=say("Due day"),
        hovertemplate="%{y}: %{x|%d/%m/%Y}<extra>%{fullData.name}</extra>",
    )
    _look(figure, colours, height=90 + 26 * max(len(frame), 2))
    figure.update_xaxes(
        type="date", tickformat="%d/%m/%Y", showgrid=True, fixedrange=True, nticks=7
    )
    return figure.update_yaxes(showgrid=False, fixedrange=True, range=[-0.7, len(frame) - 0.3])


def shares(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """A share for each name with its cases; the worst first."""
    frame = frame.sort_values("share").head(MOST_UNITS)
    figure = go.Figure(
        go.Bar(
            y=_names(frame["what"], frame["what"]),
            x=frame["share"],
            orientation="h",
            marker_color=colours.steps[3],
            text=[
                f"{percent(share)} · n = {number(n)}"
                for share, n in zip(frame["share"], frame["cases"], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    _bars(figure, colours, rows=len(frame))
    return figure.update_xaxes(range=[0, 1.4])


def agreement(frame: pd.DataFrame, colours: Ink, label: Label) -> go.Figure:
    """How often each engine says the value that stands; the hardest fields first."""
    shares = frame.pivot(index="field", columns="engine", values="share")
    cases = frame.pivot(index="field", columns="engine", values="readings").reindex_like(shares)
    order = shares.mean(axis=1).sort_values().index[:MOST_FIELDS]
    shares, cases = shares.loc[order], cases.loc[order]
    figure = go.Figure(
        go.Heatmap(
            z=shares.to_numpy(),
            x=list(shares.columns),
            y=_names(shares.index, [label(field) for field in shares.index]),
            zmin=0,
            zmax=1,
            zmid=0.75,
            xgap=2,
            ygap=2,
            colorscale=[[0, colours.scale[0]], [0.75, colours.scale[1]], [1, colours.scale[2]]],
            text=[[percent(s) if pd.notna(s) else "" for s in line] for line in shares.to_numpy()],
            customdata=[
                [number(n) if pd.notna(n) else "0" for n in line] for line in cases.to_numpy()
            ],
            texttemplate="%{text}",
            hovertemplate="%{y} · %{x}<br>%{text} (n = %{customdata})<extra></extra>",
            showscale=False,
        )
    )
    _look(figure, colours, height=90 + 26 * len(shares))
    figure.update_xaxes(side="top", showgrid=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True)
    return figure


def corrections(frame: pd.DataFrame, colours: Ink, label: Label) -> go.Figure:
    """Which fields people had to mend, and how."""
    frame = frame[frame["corrected"] > 0].head(MOST_FIELDS)
    acts = ("edit", "candidate", "illegible", "absent")
    shades = (colours.alarm, *colours.others)
    names = _names(frame["field"], [label(field) for field in frame["field"]])
    figure = go.Figure(
        [
            go.Bar(
                y=names,
                x=frame[act],
                name=say(COLUMNS[act]),
                orientation="h",
                marker_color=shade,
                hovertemplate="%{y}: %{x:,} %{fullData.name}<extra></extra>",
            )
            for act, shade in zip(acts, shades, strict=True)
            if frame[act].sum()
        ]
    )
    ends = [
        f"{percent(share)} · n = {number(cases)}"
        for share, cases in zip(frame["share"], frame["cases"], strict=True)
    ]
    _ends(figure, names, frame["corrected"], ends, colours)
    return _bars(figure, colours, rows=len(frame))


def cost(frame: pd.DataFrame, colours: Ink) -> go.Figure:
    """CPU seconds a page, engine by engine."""
    figure = go.Figure(
        go.Bar(
            y=frame["engine"],
            x=frame["mean_seconds"],
            orientation="h",
            marker_color=colours.steps[3],
            text=[
                say("{seconds} s · {pages} pages", seconds=number(mean, 1), pages=number(pages))
                for mean, pages in zip(frame["mean_seconds"].fillna(0), frame["pages"], strict=True)
            ],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    _bars(figure, colours, rows=len(frame))
    return figure.update_xaxes(range=[0, 1.45 * (frame["mean_seconds"].max() or 1)])


# --- what they share ---------------------------------------------------------------------


def _look(figure: go.Figure, colours: Ink, *, height: int) -> None:
    figure.update_layout(
        height=height,
        margin={"l": 4, "r": 8, "t": 28, "b": 8},
        separators=",." if language() == "vi" else ".,",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": colours.text, "size": 13},
        legend={
            "orientation": "h",
            "xref": "container",  # from the card's edge: beside long names there is little room
            "x": 0,
            "yref": "container",
            "y": 1,
            "yanchor": "top",
            "traceorder": "normal",
        },
        hoverlabel={"font_size": 13},
        dragmode=False,
    )
    axis = {
        "automargin": True,
        "gridcolor": colours.faint,
        "zerolinecolor": colours.faint,
        "tickfont": {"color": colours.text, "size": 12},
    }
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)


look = _look  # the engine lab's figures are drawn like these


def _bars(figure: go.Figure, colours: Ink, *, rows: int) -> go.Figure:
    legend = len(figure.data) > 1
    _look(figure, colours, height=(66 if legend else 34) + 28 * max(rows, 2))
    figure.update_layout(barmode="stack", bargap=0.28, showlegend=legend)
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    # Said outright: left to itself, an axis of many names keeps rows of room at both its ends.
    names = {name for bars in figure.data for name in bars.y}
    figure.update_yaxes(range=[len(names) - 0.4, -0.6], fixedrange=True, showgrid=False)
    if not legend:
        figure.update_layout(margin_t=8)
    return figure


def _stacked(
    frame: pd.DataFrame, colours: Ink, names: Sequence[str], ends: Sequence[str]
) -> go.Figure:
    figure = go.Figure()
    for column, (word, place) in STRETCHES.items():
        if column in frame and frame[column].sum():
            _stretch(figure, names, frame[column], say(word), colours.steps[place])
    if "in_work" in frame and frame["in_work"].sum():
        _stretch(figure, names, frame["in_work"], say("In work"), colours.steps[1])
    if frame["held"].sum():
        _stretch(figure, names, frame["held"], say("Held"), colours.alarm)
    _ends(figure, names, frame["total"], ends, colours)
    return _bars(figure, colours, rows=len(frame))


def _stretch(
    figure: go.Figure, names: Sequence[str], counts: pd.Series[int], word: str, colour: str
) -> None:
    figure.add_bar(
        y=names,
        x=counts,
        name=word,
        orientation="h",
        marker_color=colour,
        hovertemplate=f"%{{y}}<br>{word}: %{{x:,}}<extra></extra>",
    )


def _ends(
    figure: go.Figure,
    names: Sequence[str],
    lengths: pd.Series[int],
    words: Sequence[str],
    colours: Ink,
) -> None:
    """Words at the end of each stacked bar."""
    figure.add_scatter(
        y=names,
        x=lengths,
        text=[f"  {word}" for word in words],
        mode="text",
        textposition="middle right",
        textfont={"color": colours.text},
        cliponaxis=False,
        showlegend=False,
        hoverinfo="skip",
    )
    # Room for the words: a scatter does not widen its axis for its text.
    figure.update_xaxes(range=[0, 1.45 * max(lengths.max() if len(lengths) else 0, 1)])


def _lines(frame: pd.DataFrame, colours: Ink, series: Sequence[tuple[str, str, int]]) -> go.Figure:
    dashes = ("dot", "dash", "solid")
    figure = go.Figure(
        [
            go.Scatter(
                x=frame["day"],
                y=frame[column],
                name=say(word),
                # A single day is a point, which a bare line would not show.
                mode="lines+markers" if len(frame) < 10 else "lines",
                line={"color": colours.steps[place], "width": 2.5, "dash": dash, "shape": "hv"},
                fill="tozeroy" if dash == "solid" else None,
                hovertemplate="%{y:,}",
            )
            for (column, word, place), dash in zip(series, dashes, strict=True)
        ]
    )
    _look(figure, colours, height=290)
    figure.update_layout(hovermode="x unified")
    _days(figure, frame["day"])
    return figure


def _days(figure: go.Figure, days: pd.Series[Any]) -> None:
    figure.update_yaxes(rangemode="tozero", tickformat=",d", fixedrange=True, nticks=6)
    span = pd.to_datetime(days)
    is_short = len(days) < 2 or (span.max() - span.min()).days < 300
    figure.update_xaxes(
        type="date",
        tickformat="%d/%m" if is_short else "%m/%Y",
        hoverformat="%d/%m/%Y",
        showgrid=False,
        fixedrange=True,
        nticks=10,
    )
    if len(days) == 1:
        figure.update_xaxes(tickvals=[days.iloc[0]])


def _names(ids: Iterable[object], words: Iterable[str]) -> list[str]:
    """Names short enough for an axis; two that would look alike carry their ids, or bars merge."""
    short = [word if len(word) <= 36 else word[:35].rstrip() + "…" for word in words]
    return [
        f"{name} ({id_})" if short.count(name) > 1 else name
        for id_, name in zip(ids, short, strict=True)
    ]

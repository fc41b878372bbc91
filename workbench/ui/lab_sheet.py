"""The engine lab on screen: who is right how often, what each costs, what the vote is without."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from workbench.confusions import Confusion
from workbench.flow import judged
from workbench.lab import ALL, CutFigures, Lab, Share
from workbench.model import Person
from workbench.ui import charts, dossier, exhibits, frame
from workbench.ui.charts import Ink
from workbench.ui.notation import number
from workbench.ui.readings import name_of
from workbench.words import say
from workbench.workspace import Workspace

MOST = 100  # papers judged at once; the newest tell most about the engines as they are

_CUTS: Mapping[str, str] = {
    ALL: "All fields",
    judged.SEEN: "Looked at by a person",
    "print": "Printed",
    "hand": "Filled in by hand",
    "stamp": "Under a stamp",
    "level:clean": "Clean scans",
    "level:office": "Office scans",
    "level:bad": "Bad scans",
}
KINDS: Mapping[str, str] = {
    "text": "Text",
    "name": "Names",
    "address": "Addresses",
    "date": "Dates",
    "document_number": "Document numbers",
    "id_number": "Identity numbers",
    "org_number": "Business numbers",
    "count": "Counts",
    "phone": "Telephone numbers",
}
_CONFUSIONS: Mapping[Confusion, str] = {
    Confusion.TONE_LOST: "Tone lost",
    Confusion.TONE_CHANGED: "Tone changed",
    Confusion.TONE_ADDED: "Tone added",
    Confusion.O: "o, ô, ơ confused",
    Confusion.U: "u, ư confused",
    Confusion.A: "a, ă, â confused",
    Confusion.E: "e, ê confused",
    Confusion.D: "d, đ confused",
    Confusion.DIGIT_FOR_LETTER: "Digit for a letter",
    Confusion.LETTER_FOR_DIGIT: "Letter for a digit",
    Confusion.DIGIT: "Another digit",
    Confusion.CASE: "Capital or small",
    Confusion.LETTER: "Another letter",
    Confusion.LETTER_LOST: "Letter lost",
    Confusion.LETTER_ADDED: "Letter added",
    Confusion.SYLLABLE_LOST: "Syllable lost",
    Confusion.SYLLABLE_ADDED: "Syllable added",
    Confusion.SPACE: "Syllables joined or torn",
    Confusion.PUNCTUATION: "Punctuation",
    Confusion.NOTHING_READ: "Nothing read",
    Confusion.OTHER_TEXT: "Quite another text",
}
_SYMBOLS = ("circle", "square", "triangle-up", "x", "star-triangle-down")
_PAIRS = 5  # shown for each confusion


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which papers, and who says what is true: the reviewers (None) or a truth file."""

    batch: str | None
    truth: bytes | None


def choose(work: Workspace) -> Wanted | None:
    """The batch and the judge; None while a truth file is still to be chosen."""
    batches = {batch.id: batch.name for batch in work.store.batches()}
    left, right = st.columns([3, 4], vertical_alignment="bottom")
    batch = left.selectbox(
        say("Batch"),
        list(batches),
        format_func=lambda key: batches[key],
        index=None,
        placeholder=say("All"),
        key="lab.batch",
    )
    judges = {"people": say("What reviewers passed on"), "file": say("A truth file")}
    judge = right.segmented_control(
        say("Judged by"),
        list(judges),
        format_func=lambda key: judges[key],
        default="people",
        required=True,
        key="lab.judge",
    )
    if judge != "file":
        return Wanted(batch, None)
    given = st.file_uploader(
        say("truth.jsonl of the batch: what really stands on its papers"),
        type=["jsonl", "json"],
        key="lab.truth",
    )
    return Wanted(batch, given.getvalue()) if given is not None else None


def found(work: Workspace, wanted: Wanted) -> Lab:
    """The lab's answer; counted once for one state of the papers."""
    newest = judged.newest(work, wanted.batch, vouched=wanted.truth is None, limit=MOST)
    state = max((document.changed_at for document in newest), default=None)
    with st.spinner(say("Counting…")):
        return _lab(work, wanted.batch, wanted.truth, len(newest), state)


@st.cache_resource(max_entries=4, show_spinner=False)
def _lab(
    _work: Workspace,
    batch: str | None,
    truth: bytes | None,
    papers: int,
    state: datetime | None,
) -> Lab:
    if truth is not None:
        return Lab(judged.known(_work, batch, truth, limit=MOST))
    return Lab(judged.settled(_work, batch, limit=MOST))


def show(work: Workspace, lab: Lab, wanted: Wanted, *, person: Person) -> None:
    """The whole answer, or what to do so that there is one."""
    if not lab.engines:
        _nothing(wanted, person=person)
        return
    cuts = [cut for cut in lab.cuts if not cut.startswith("kind:")]
    cut = st.pills(
        say("Which fields"),
        cuts,
        format_func=lambda name: cut_word(work, name),
        default=ALL,
        required=True,
        key=f"lab.cut.{len(cuts)}",
    )
    figures = lab.on(cut or ALL)
    _top(figures)
    st.markdown(f":gray[{_basis(lab, figures)}]")
    _engines(lab, figures)
    left, right = st.columns(2, gap="medium")
    with left:
        _by_kind(work, lab)
    with right:
        _confusions(lab, cut or ALL)


def _nothing(wanted: Wanted, *, person: Person) -> None:
    if wanted.truth is not None:
        frame.nothing(
            say("No paper that was read is in this truth file."),
            say("Choose the truth file of the batch whose papers were taken in here."),
            person=person,
        )
        return
    frame.nothing(
        say("No reviewer has passed on a paper of this batch yet."),
        say("Engines are judged by what people vouch for: review papers, or give a truth file."),
        to="review.py",
        person=person,
    )


def cut_word(work: Workspace, cut: str) -> str:
    """What people call a group of fields."""
    if cut.startswith("kind:"):
        return say(KINDS.get(cut[5:], cut[5:]))
    if cut.startswith("form:"):
        return dossier.kind_of(work, cut[5:])
    return say(_CUTS.get(cut, cut.removeprefix("level:")))


def _top(figures: CutFigures) -> None:
    best = figures.best
    columns = st.columns(4)
    columns[0].metric(say("The vote is right"), percent(figures.vote), border=True)
    if best is not None:
        columns[1].metric(
            say("Best alone: {engine}", engine=name_of(best.engine)),
            percent(best.alone),
            border=True,
        )
    columns[2].metric(say("Accepted unseen"), percent(figures.accepted), border=True)
    columns[3].metric(
        say("Wrong among them"),
        say("{n} of {all}", n=number(figures.wrong.right), all=number(figures.wrong.of)),
        border=True,
    )


def _basis(lab: Lab, figures: CutFigures) -> str:
    """Over how many cases, and what the vote is worth against the best of its voters."""
    words = [
        say(
            "{papers} papers, {fields} fields; the vote: {low} to {high} with 95 % certainty.",
            papers=number(lab.papers),
            fields=number(figures.vote.of),
            low=_share(figures.vote.interval[0]),
            high=_share(figures.vote.interval[1]),
        )
    ]
    beaten = {
        "yes": say("The vote is right more often than every engine alone."),
        "equal": say("One engine alone would be right just as often as the vote."),
        "no": say("One engine alone would be right more often than the vote."),
    }
    words.append(beaten[figures.beats])
    if lab.papers == MOST:
        words.append(say("Only the newest {n} papers are judged.", n=number(MOST)))
    if lab.moved:
        words.append(
            say("{n} values would be voted otherwise by this version.", n=number(lab.moved))
        )
    return " ".join(words)


def _engines(lab: Lab, figures: CutFigures) -> None:
    """One line an engine: alone, what the vote loses without it, what it costs."""
    rows = list(figures.engines)
    st.table(
        {
            say("Engine"): [name_of(e.engine) for e in rows],
            say("Right alone"): [_with_interval(e.alone) for e in rows],
            say("Fields"): [number(e.alone.of) for e in rows],
            say("The vote on the same"): [percent(e.vote_there) for e in rows],
            say("The vote without it"): [
                f"{percent(e.without)} ({_points(e.without, figures.again)})" for e in rows
            ],
            say("Accepted without it"): [
                say(
                    "{share}, {n} wrong",
                    share=percent(e.accepted_without),
                    n=number(e.accepted_wrong_without),
                )
                for e in rows
            ],
            say("CPU s a page"): [
                number(c.page, 2) if (c := lab.costs.get(e.engine)) and c.pages else "—"
                for e in rows
            ],
            say("CPU s a field"): [
                number(c.field, 3) if (c := lab.costs.get(e.engine)) and c.fields else "—"
                for e in rows
            ],
        },
        border="horizontal",
    )


def _by_kind(work: Workspace, lab: Lab) -> None:
    kinds = [lab.on(cut) for cut in lab.cuts if cut.startswith("kind:")]
    kinds.sort(key=lambda figures: -figures.vote.of)
    rows = []
    for figures in kinds:
        alone = {e.engine: e.alone for e in figures.engines}
        rows.append(
            {
                say("Kind of field"): cut_word(work, figures.cut),
                "n": number(figures.vote.of),
                say("The vote"): _with_interval(figures.vote),
                **{
                    name_of(engine): _with_interval(alone[engine]) if engine in alone else "—"
                    for engine in lab.engines
                },
            }
        )
    exhibits.show(
        _kinds_figure(work, kinds, lab.engines, charts.ink()),
        pd.DataFrame(rows),
        key="lab-kinds",
        title=say("Right by kind of field"),
        note=say("each engine alone and the vote; lines are 95 % intervals"),
    )


def _kinds_figure(
    work: Workspace, kinds: Sequence[CutFigures], engines: Sequence[str], ink: Ink
) -> go.Figure:
    names = [f"{cut_word(work, k.cut)} (n = {number(k.vote.of)})" for k in kinds]
    colours = (*ink.others, ink.alarm, ink.steps[2])
    figure = go.Figure()
    for at, engine in enumerate(engines):
        shares = [
            next((e.alone for e in k.engines if e.engine == engine), Share(0, 0)) for k in kinds
        ]
        _points_on(
            figure, names, shares, name_of(engine), colours[at % len(colours)],
            _SYMBOLS[at % len(_SYMBOLS)],
        )  # fmt: skip
    _points_on(
        figure, names, [k.vote for k in kinds], say("The vote"), ink.text, "diamond", size=12
    )
    charts.look(figure, ink, height=90 + 46 * max(len(kinds), 2))
    figure.update_layout(scattermode="group", scattergap=0.35)
    figure.update_xaxes(
        range=[-2, 103], tickvals=[0, 25, 50, 75, 100], ticksuffix=" %", fixedrange=True
    )
    figure.update_yaxes(autorange="reversed", fixedrange=True)
    return figure


def _points_on(
    figure: go.Figure,
    names: Sequence[str],
    shares: Sequence[Share],
    word: str,
    colour: str,
    symbol: str,
    *,
    size: int = 9,
) -> None:
    there = [(name, share) for name, share in zip(names, shares, strict=True) if share.of]
    figure.add_scatter(
        y=[name for name, _ in there],
        x=[100 * share.share for _, share in there],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [100 * (share.interval[1] - share.share) for _, share in there],
            "arrayminus": [100 * (share.share - share.interval[0]) for _, share in there],
            "thickness": 1.2,
            "width": 0,
        },
        mode="markers",
        orientation="h",  # so that those of one kind stand beside each other, not upon
        name=word,
        marker={"color": colour, "symbol": symbol, "size": size},
        text=[f"{word}: {_with_interval(share)}" for _, share in there],
        hovertemplate="%{text}<extra></extra>",
    )


def _confusions(lab: Lab, cut: str) -> None:
    counted, pairs = lab.confusions(cut), lab.pairs(cut)
    total = Counter[Confusion]()
    for seen in counted.values():
        total.update(seen)
    kinds = [kind for kind, _ in total.most_common()]
    table = pd.DataFrame(
        {
            say("Confusion"): say(_CONFUSIONS[kind]),
            **{name_of(engine): counted[engine][kind] for engine in lab.engines},
            say("Most often"): _pairs_told(pairs.get(kind, Counter())),
        }
        for kind in kinds
    )
    exhibits.show(
        _confusions_figure(kinds, counted, lab.engines, charts.ink()) if kinds else None,
        table,
        key="lab-confusions",
        title=say("What is confused"),
        note=say("letters as the engines wrote them, before anything is put right"),
    )


def _pairs_told(pairs: Counter[tuple[str, str]]) -> str:
    return "  ".join(
        f"{true or '∅'}→{read or '∅'} ({number(n)})"
        for (true, read), n in pairs.most_common(_PAIRS)
    )


def _confusions_figure(
    kinds: Sequence[Confusion],
    counted: Mapping[str, Counter[Confusion]],
    engines: Sequence[str],
    ink: Ink,
) -> go.Figure:
    cells = [[counted[engine][kind] for engine in engines] for kind in kinds]
    figure = go.Figure(
        go.Heatmap(
            # A witness without marks loses thousands of them: by its root the others are seen too.
            z=[[cell**0.5 for cell in row] for row in cells],
            x=[name_of(engine) for engine in engines],
            y=[say(_CONFUSIONS[kind]) for kind in kinds],
            text=[[number(cell) if cell else "" for cell in row] for row in cells],
            texttemplate="%{text}",
            colorscale=[[0, ink.scale[1]], [1, ink.scale[2]]],
            showscale=False,
            xgap=2,
            ygap=2,
            hovertemplate="%{y}, %{x}: %{text}<extra></extra>",
        )
    )
    charts.look(figure, ink, height=60 + 27 * max(len(kinds), 3))
    figure.update_xaxes(side="top", fixedrange=True, showgrid=False)
    figure.update_yaxes(autorange="reversed", fixedrange=True, showgrid=False)
    return figure


def percent(share: Share) -> str:
    return _share(share.share) if share.of else "—"


def _share(share: float) -> str:
    return f"{number(100 * share, 1)} %"


def _with_interval(share: Share) -> str:
    if not share.of:
        return "—"
    low, high = share.interval
    return f"{percent(share)} ({number(100 * low, 1)}–{number(100 * high, 1)})"


def _points(one: Share, other: Share) -> str:
    """The difference in points, with its sign."""
    points = 100 * (one.share - other.share)
    sign = "−" if points < -0.05 else "+" if points > 0.05 else "±"
    return f"{sign}{number(abs(points), 1)}"

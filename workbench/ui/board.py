"""The managers' board: what is chosen, the top figures, and the panels below them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as part
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from workbench.analytics import Questions
from workbench.model import Stage
from workbench.scope import Regime
from workbench.template import Template
from workbench.ui import charts, exhibits
from workbench.ui.notation import number, percent, seconds
from workbench.ui.readings import name_of
from workbench.words import language, say

Answer = pd.DataFrame


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the reader looks at; None is all."""

    units: list[str] | None = None
    kinds: list[str] | None = None
    since: date | None = None
    until: date | None = None

    def any_day(self) -> Chosen:
        """The same choice of units and kinds, on whatever day."""
        return replace(self, since=None, until=None)


@dataclass(frozen=True, slots=True)
class Board:
    """The answers to one choice, drawn with the names that templates give kinds and fields."""

    questions: Questions
    templates: Mapping[str, Template]
    chosen: Chosen = Chosen()
    units: Mapping[str, str] = part(default_factory=dict)  # code -> name
    batches: Mapping[str, str] = part(default_factory=dict)  # id -> name

    def answer(self, question: str, **asked: object) -> Answer:
        """The answer for the units, kinds and days that are chosen, and what else is `asked`."""
        return self.ask(
            question,
            units=self.chosen.units,
            kinds=self.chosen.kinds,
            since=self.chosen.since,
            until=self.chosen.until,
            **asked,
        )

    def ask(self, question: str, **asked: object) -> Answer:
        """The answer to just this; the same question of the same data is counted once."""
        at = (self.questions.generation, self.questions.at)
        return _answered(self.questions, question, asked, at)

    def unit(self, code: object) -> str:
        """What people call this unit."""
        return self.units.get(str(code), str(code))

    def regime(self, regime: object) -> str:
        """Before or from the day on which the rules turn."""
        return _regime(regime)

    def kind(self, kind: object) -> str:
        """What people call this kind of paper."""
        if not isinstance(kind, str) or not kind:
            return say("Kind not known")
        template = self.templates.get(kind)
        return template.title[language()] if template else kind

    def field(self, field: str, *, of: object = None) -> str:
        """What people call this field, on papers of one kind or of all that are chosen."""
        chosen = self.chosen.kinds or list(self.templates)
        if isinstance(of, str):
            chosen = [of, *chosen]
        for kind in chosen:
            if label := _label(self.templates.get(kind), field):
                return label
        return field


@st.cache_data(max_entries=1000, ttl="10m", show_spinner=False)
def _answered(_questions: Questions, question: str, asked: dict[str, object], at: object) -> Answer:
    return _questions.ask(question, **asked)


def choose(
    questions: Questions,
    templates: Mapping[str, Template],
    *,
    units: Mapping[str, str],
    batches: Mapping[str, str],
) -> Board:
    """Ask for units, kinds and days, or to count again; the board for them.

    `units` and `batches` by code and id with their names, also those without any document yet.
    """
    whole = Board(questions, templates)
    seen = questions.ask("units_seen")
    names = dict(zip(seen["unit"], seen["name"], strict=True)) | dict(units)
    kinds = [kind if isinstance(kind, str) else "" for kind in questions.ask("kinds_seen")["kind"]]
    first, last = questions.ask("period").iloc[0]
    left, middle, right, far = st.columns([10, 10, 9, 6], vertical_alignment="bottom")
    with left:
        chosen_units = st.multiselect(
            say("Units"),
            list(names),
            format_func=lambda unit: names[unit],
            placeholder=say("All units"),
            key="managers.units",
        )
    with middle:
        chosen_kinds = st.multiselect(
            say("Kinds of paper"),
            kinds,
            format_func=whole.kind,
            placeholder=say("All kinds"),
            key="managers.kinds",
        )
    with right:
        since, until = _period(first, last)
    with far:
        st.button(
            say("Count again"), icon=":material/refresh:", key="managers.refresh", width="stretch"
        )
    return Board(
        questions,
        templates,
        Chosen(chosen_units or None, chosen_kinds or None, since, until),
        names,
        batches,
    )


def _period(first: date, last: date) -> tuple[date | None, date | None]:
    spans = {
        "all": say("All days"),
        "7": say("Last 7 days"),
        "30": say("Last 30 days"),
        "month": say("This month"),
        "days": say("From day to day"),
    }
    span = st.selectbox(
        say("Period"), list(spans), format_func=lambda name: spans[name], key="managers.period"
    )
    match span:
        case "7" | "30":
            return last - timedelta(days=int(span) - 1), last
        case "month":
            return last.replace(day=1), last
        case "days":
            days: tuple[date, ...] = st.date_input(
                say("From day to day"),
                (first, last),
                format="DD/MM/YYYY",
                key="managers.days",
                label_visibility="collapsed",
            )
            # While the reader has picked only the first day, it is that day.
            return (days[0], days[-1]) if days else (None, None)
    return None, None


def top(board: Board) -> None:
    """The five figures that a morning begins with."""
    totals = board.answer("totals").iloc[0]
    share = totals["share"]
    figures = (
        ("Documents in all", number(totals["total"]), say("{n} pages", n=number(totals["pages"]))),
        ("Exported", number(totals["done"]), None),
        ("In work", number(totals["in_work"]), None),
        ("Held", number(totals["held"]), None),
        ("Share exported", "—" if pd.isna(share) else percent(share), None),
    )
    meanings = {
        "Documents in all": say(
            "Every document that was taken in. One that was rejected is scanned again as a new one "
            "and not counted: {n}.",
            n=number(totals["rejected"]),
        ),
        "Exported": say("The repository has given its receipt."),
        "In work": say("Taken in, not yet exported, and not held."),
        "Held": say("Waits until a person has settled why it was held."),
        "Share exported": say(
            "{done} of {total} documents.",
            done=number(totals["done"]),
            total=number(totals["total"]),
        ),
    }
    for column, (word, value, under) in zip(st.columns(5), figures, strict=True):
        column.metric(
            say(word), value, help=" · ".join(filter(None, (meanings[word], under))), border=True
        )


def progress(board: Board) -> None:
    """How far: by stage, by day, by unit, by kind, by date of issue."""
    ink = charts.ink()
    left, right = st.columns(2)
    stages = board.answer("documents_by_stage")
    with left:
        exhibits.show(
            charts.stages(stages, ink),
            stages.assign(stage=[charts.stage_word(Stage(stage)) for stage in stages["stage"]]),
            key="documents_by_stage",
            title=say("Where documents stand"),
            note=_documents(stages["documents"].sum()),
        )
    so_far = board.answer("burn_up")
    with right:
        exhibits.show(
            charts.burn_up(so_far, ink),
            so_far,
            key="burn_up",
            title=say("Taken in, reviewed and exported up to each day"),
            note=_days(so_far),
        )
    units = board.answer("progress_by_unit")
    exhibits.show(
        charts.units(units, ink),
        units.drop(columns="unit"),
        key="progress_by_unit",
        title=say("How far each unit is"),
        note=say(
            "Share exported · documents in all; {units} units, n = {n}.",
            units=number(len(units)),
            n=number(units["total"].sum()),
        )
        + exhibits.of_many(len(units), charts.MOST_UNITS, "Drawn: the {n} units with most left."),
    )
    left, right = st.columns(2)
    kinds = board.answer("progress_by_kind")
    with left:
        exhibits.show(
            charts.kinds(kinds, ink, board.kind),
            kinds.assign(kind=[board.kind(kind) for kind in kinds["kind"]]),
            key="progress_by_kind",
            title=say("How far each kind of paper is"),
            note=_documents(kinds["total"].sum()),
        )
    regimes = board.answer("progress_by_regime")
    regimes = regimes.assign(regime=[_regime(regime) for regime in regimes["regime"]])
    with right:
        exhibits.show(
            charts.kinds(regimes.rename(columns={"regime": "kind"}), ink, str),
            regimes,
            key="progress_by_regime",
            title=say("Issued before or from 01/7/2022"),
            note=_documents(regimes["total"].sum()),
        )
    daily = board.answer("documents_per_day")
    exhibits.show(
        charts.per_day(daily, ink),
        daily,
        key="documents_per_day",
        title=say("What was done each day"),
        note=_days(daily)
        + " "
        + say("A document that was sent back counts on the first day it came to a stage."),
    )


def quality(board: Board) -> None:
    """How good: what engines say, what people change, what nobody looked at."""
    ink = charts.ink()
    agreement = _named(board.answer("engine_agreement"))
    if agreement.empty:
        st.info(say("Nothing has been read yet; the figures follow by themselves."))
        return
    left, right = st.columns(2)
    with left:
        exhibits.show(
            charts.agreement(agreement, ink, board.field),
            agreement.assign(field=[board.field(field) for field in agreement["field"]]),
            key="engine_agreement",
            title=say("How often each engine reads what stands in the end"),
            note=say(
                "n = {n} readings; {settled} against a value a person vouched for, the rest "
                "against the proposal.",
                n=number(agreement["readings"].sum()),
                settled=number(agreement["settled"].sum()),
            ),
        )
    mended = board.answer("corrections_by_field")
    accepted = board.answer("accepted_unseen")
    with right:
        exhibits.show(
            charts.corrections(mended, ink, board.field) if mended["corrected"].sum() else None,
            mended.assign(field=[board.field(field) for field in mended["field"]]),
            key="corrections_by_field",
            title=say("What people had to correct"),
            note=say(
                "{corrected} of {n} fields in reviewed documents.",
                corrected=number(mended["corrected"].sum()),
                n=number(mended["cases"].sum()),
            ),
        )
        taken, changed = accepted["accepted"].sum(), accepted["changed"].sum()
        exhibits.show(
            None,
            accepted.assign(field=[board.field(field) for field in accepted["field"]]),
            key="accepted_unseen",
            title=say("Accepted by the machine, changed by a person later"),
            note=say(
                "{accepted} of {n} fields accepted ({share}); {changed} of them changed later "
                "({error}).",
                accepted=number(taken),
                n=number(accepted["cases"].sum()),
                share=_share(taken, accepted["cases"].sum()),
                changed=number(changed),
                error=_share(changed, taken),
            ),
        )


def effort(board: Board) -> None:
    """How long: people's seconds and machines' seconds."""
    ink = charts.ink()
    spent = board.answer("review_effort").iloc[0]
    medians = (
        ("Median seconds a document", "seconds_a_document", "documents"),
        ("Median seconds a flagged field", "seconds_a_field", "fields"),
    )
    for column, (word, value, cases) in zip(st.columns(2), medians, strict=True):
        known = pd.notna(spent[value])
        column.metric(
            say(word) + f" (n = {number(spent[cases])})",
            seconds(spent[value]) if known else "—",
            help=say("Active time only; the clock stands still while nobody works."),
            border=True,
        )
    cost = _named(board.answer("engine_cost"))
    exhibits.show(
        charts.cost(cost, ink) if len(cost) else None,
        cost,
        key="engine_cost",
        title=say("CPU seconds a page"),
        note=say(
            "n = {n} pages read by {engines} engines; {failed} not read.",
            n=number(cost["pages"].sum()),
            engines=number(len(cost)),
            failed=number(cost["failed"].sum()),
        ),
    )


def _named(answer: Answer) -> Answer:
    """Engines by the names people know."""
    return answer.assign(engine=[name_of(engine) for engine in answer["engine"]])


def _documents(n: float) -> str:
    return say("n = {n} documents.", n=number(n))


def _days(answer: Answer) -> str:
    if answer.empty:
        return say("Nothing happened in this period.")
    return say(
        "{since} to {until}.",
        since=f"{answer['day'].iloc[0]:%d/%m/%Y}",
        until=f"{answer['day'].iloc[-1]:%d/%m/%Y}",
    )


def _share(part: float, whole: float) -> str:
    return percent(part / whole) if whole else "—"


def _regime(regime: object) -> str:
    match regime:
        case Regime.BEFORE:
            return say("Before 01/7/2022")
        case Regime.FROM:
            return say("From 01/7/2022")
    return say("Date not read yet")


def _label(template: Template | None, field: str) -> str:
    """The words for a field; for a column of line items, `muc.so_hieu`, those of the column."""
    if template is None:
        return ""
    table, _, column = field.partition(".")
    try:
        label = template.spec(f"{table}.1.{column}" if column else field).label
    except KeyError:
        return ""
    words = label.en if language() == "en" else label.vi
    return say("{field} (line items)", field=words) if column else words

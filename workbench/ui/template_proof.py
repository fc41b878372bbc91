"""Test a text of a template on its examples, and see beside the version in use what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import groupby

import pandas as pd
import streamlit as st

from workbench import rehearsal, ui
from workbench.errors import TemplateError
from workbench.flow import proving_templates as proving
from workbench.model import Page, Person, TemplateProof, TemplateState
from workbench.rehearsal import HELD, Came, Change, Got, Report, Tally
from workbench.store import templates as governed
from workbench.template import Template, parse
from workbench.ui import badges, dossier, notation, page_image, template_examples
from workbench.words import language, say
from workbench.workspace import Workspace

_SHOWN = 60  # changed values on screen
_CAME: Mapping[Came, badges.Look] = {
    Came.RIGHT: badges.Look("right", "green", "check"),
    Came.WRONG: badges.Look("wrong", "red", "close"),
    Came.MISSING: badges.Look("not read", "orange", "question_mark"),
    Came.UNASKED: badges.Look("not asked for", "gray", "block"),
}
_MOVES = {
    "better": badges.Look("better", "green", "trending_up"),
    "worse": badges.Look("worse", "red", "trending_down"),
}


def show(work: Workspace, person: Person, template: str) -> None:
    """The texts that can be tested, what the last test of the chosen one said, the examples."""
    texts = _texts(work, template)
    if not texts:
        st.markdown(":gray[" + say("No text of this template is valid; correct it first.") + "]")
        return
    wanted = st.query_params.get("draft", "")
    places = [text.digest for _, text, draft in texts if draft and draft == wanted]
    names = {text.digest: name for name, text, _ in texts}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            say("Text under test"),
            list(names),
            index=list(names).index(places[0]) if places else 0,
            format_func=lambda digest: names[digest],
            key=f"proof.text.{template}",
        )
        text = next(text for _, text, _ in texts if text.digest == chosen)
        pressed = st.button(
            say("Test"), icon=":material/science:", type="primary", key="proof.test"
        )
    if pressed:
        with ui.guarded():
            _test(work, person, text)
    standing = proving.standing_of(work, text.digest)
    if standing.proof is None:
        st.info(say("This text was not tested so far."), icon=":material/science:")
    else:
        _verdict(work, text, standing.proof, counts=standing.counts)
        _report(work, person, text, proving.report_of(standing.proof))
    st.divider()
    template_examples.show(work, person, template, text)


def _texts(work: Workspace, template: str) -> list[tuple[str, Template, str]]:
    """What can be tested: drafts as they stand, versions that wait, the one in use."""
    found: list[tuple[str, Template, str]] = []
    for draft in governed.drafts(work.store, template):
        try:
            text = parse(draft.source, template)
        except TemplateError:
            continue
        if text.id == template:
            name = say(
                "Draft of {name}, {time}",
                name=dossier.person_of(work, draft.by),
                time=notation.moment(draft.changed_at),
            )
            found.append((name, text, draft.id))
    for one in governed.standings(work.store, template):
        if one.state in (TemplateState.SUBMITTED, TemplateState.AUTHORISED):
            waits = one.state is TemplateState.SUBMITTED
            pattern = (
                say("Version {n}, waits for authorisation", n=one.version)
                if waits
                else say("Version {n}, in use", n=one.version)
            )
            found.append((pattern, work.template(one.digest), ""))
    return list(
        {text.digest: (name, text, draft) for name, text, draft in reversed(found)}.values()
    )[::-1]


def _test(work: Workspace, person: Person, text: Template) -> None:
    bar = st.progress(0.0, say("The examples are understood with this text…"))

    def told(done: int, of: int) -> None:
        words = say("{n} of {all} papers", n=notation.number(done), all=notation.number(of))
        bar.progress(done / of if of else 1.0, words)

    proving.test(work, text, by=person.name, told=told)
    bar.empty()


def _verdict(work: Workspace, text: Template, proof: TemplateProof, *, counts: bool) -> None:
    """No worse, or worse and why; and whether that still counts."""
    report = proving.report_of(proof)
    when = say(
        "Tested by {name} at {time} on {n} examples.",
        name=notation.literal(dossier.person_of(work, proof.by)),
        time=notation.moment(proof.at),
        n=notation.number(len(report.papers)),
    )
    if not counts:
        st.warning(
            "**"
            + say("This test counts no more: the examples or the version in use changed.")
            + f"** {say('Test the text again.')}  \n{when}",
            icon=":material/history:",
        )
    reasons = report.why_worse(lambda name: rehearsal.label(text, name, language()))
    if reasons:
        lines = "\n".join(f"- {notation.literal(say(reason))}" for reason in reasons)
        head = say("Worse than the version in use.") if report.has_beside else say(
            "Not fit to be used yet."
        )  # fmt: skip
        st.error(f"**{head}**\n{lines}\n\n{when}", icon=":material/trending_down:")
    else:
        head = say("No worse than the version in use.") if report.has_beside else say(
            "The examples are read as they should be. There is no version in use beside it."
        )  # fmt: skip
        st.success(f"**{head}**  \n{when}", icon=":material/check_circle:")


def _report(work: Workspace, person: Person, text: Template, report: Report) -> None:
    now, before = report.total(), report.total(beside=True) if report.has_beside else None
    with st.container(border=True, horizontal=True, gap="medium"):
        for label, value, old in (
            (say("Right values"), _of(now), _of(before)),
            (say("Wrong values"), notation.number(now.wrong), _n(before.wrong if before else None)),
            (say("Missing"), notation.number(now.missing), _n(before.missing if before else None)),
            (
                say("Wrong and accepted unseen"),
                notation.number(now.let_through),
                _n(before.let_through if before else None),
            ),
            (say("Taken from other forms"), notation.number(len(report.taken)), ""),
            (
                say("Own papers lost"),
                notation.number(len(report.lost())),
                _n(len(report.lost(beside=True)) if report.has_beside else None),
            ),
        ):
            beside = f"  \n:gray[{say('in use: {n}', n=old)}]" if old else ""
            st.markdown(f":gray[{label}]  \n**{value}**{beside}")
    changed = report.changes
    tabs = st.tabs(
        [
            say("Field by field"),
            say("What changed ({n})", n=notation.number(len(changed))),
            say("Confusion of forms"),
        ]
    )
    with tabs[0]:
        _fields(text, report)
    with tabs[1]:
        _changes(work, person, text, changed)
    with tabs[2]:
        _confusion(work, report)


def _fields(text: Template, report: Report) -> None:
    rows = []
    for field in report.fields:
        now, before = field.tested, field.beside
        rows.append(
            {
                "field": rehearsal.label(text, field.name, language()),
                "critical": "★" if field.critical else "",
                "right": _of(now),
                "before": _of(before),
                "move": _move(now, before),
                "wrong": _beside(now.wrong, before.wrong if before else None),
                "missing": _beside(now.missing, before.missing if before else None),
                "unseen": _beside(now.let_through, before.let_through if before else None),
            }
        )
    shown = pd.DataFrame(rows)
    st.dataframe(
        shown if report.has_beside else shown.drop(columns=["before", "move"]),
        hide_index=True,
        height=38 + 35 * max(1, len(rows)),
        column_config={
            "field": st.column_config.TextColumn(say("Field"), width="medium"),
            "critical": st.column_config.TextColumn("★", width=40, help=say("critical field")),
            "right": st.column_config.TextColumn(say("Right values"), width="small"),
            "before": st.column_config.TextColumn(say("In use"), width="small"),
            "move": badges.column(say("Beside it"), list(_MOVES.values())),
            "wrong": st.column_config.TextColumn(say("Wrong values")),
            "missing": st.column_config.TextColumn(say("Missing")),
            "unseen": st.column_config.TextColumn(say("Unseen")),
        },
    )
    st.caption(say("Unseen: wrong values that would be accepted without anybody looking at them."))
    if report.unproven:
        named = ", ".join(rehearsal.label(text, name, language()) for name in report.unproven)
        st.warning(
            say("No example says anything of: {fields}", fields=notation.literal(named)),
            icon=":material/help:",
        )


def _beside(now: int, before: int | None) -> str:
    """A number, and that of the version in use where it is another."""
    if before is not None and before != now:
        return say("{n} (in use: {m})", n=now, m=before)
    return notation.number(now) if now else ""


def _move(now: Tally, before: Tally | None) -> list[str]:
    if before is None or (now.right, now.let_through) == (before.right, before.let_through):
        return []
    worse = now.right < before.right or now.let_through > before.let_through
    return [say(_MOVES["worse" if worse else "better"].word)]


def _changes(work: Workspace, person: Person, text: Template, changed: Sequence[Change]) -> None:
    """Value by value: the strip, what people confirmed, what it was and what it would be."""
    if not changed:
        st.markdown(":gray[" + say("Every value comes out as with the version in use.") + "]")
        return
    ordered = sorted(changed[:_SHOWN], key=lambda c: (not c.worse, c.document))
    for document, of_document in groupby(ordered, key=lambda c: c.document):
        found = work.store.document(document)
        st.markdown(f"**{notation.literal(dossier.name_of(work, found) if found else '—')}**")
        if not proving.may_see(work, document, by=person.name):
            st.markdown(":gray[" + say("A record of another unit: its values stay there.") + "]")
            continue
        pages = {page.number: page for page in work.store.pages(document)}
        st.html("".join(_change(text, one, pages) for one in of_document))
    if len(changed) > _SHOWN:
        st.caption(say("{n} more are not shown.", n=notation.number(len(changed) - _SHOWN)))


def _change(text: Template, change: Change, pages: Mapping[int, Page]) -> str:
    place = change.now if change.now.box else change.before
    page = pages.get(place.page) if place.page is not None else None
    strip = page_image.strip(page, place.box) if page and place.box else ""
    edge = "#c62828" if change.worse else "#2e7d32" if change.better else "#8886"
    label = escape(rehearsal.label(text, rehearsal.column(change.field), language()))
    row = rehearsal.row_of(change.field)
    where = f" {row.split('.')[1]}" if row else ""
    return (
        f'<section style="border-left:3px solid {edge}; padding:.15rem 0 .6rem .75rem;">'
        f'<div style="font-size:.86rem; opacity:.8;">{label}{where}</div>'
        f"<div>{escape(say('Confirmed'))}: <b>{_value(change.confirmed)}</b></div>"
        f"<div>{escape(say('In use'))}: {_got(change.before)} &nbsp;→&nbsp; "
        f"{escape(say('This text'))}: {_got(change.now)}</div>{strip}</section>"
    )


def _got(got: Got) -> str:
    unseen = f", {say('accepted unseen')}" if got.let_through else ""
    return f"{_value(got.value)} <i>({escape(say(_CAME[got.came].word) + unseen)})</i>"


def _value(value: str) -> str:
    return escape(value) if value else f"<i>{escape(say('empty'))}</i>"


def _confusion(work: Workspace, report: Report) -> None:
    """A matrix: the form of a paper down, the form that it is taken for across."""
    now = report.confusion()
    before = report.confusion(beside=True)
    forms = sorted({form for pair in (*now, *before) for form in pair}, key=lambda f: (not f, f))

    def name(form: str) -> str:
        return say("no form") if form == HELD else dossier.kind_of(work, form)

    def cell(pair: tuple[str, str]) -> str:
        return _beside(now.get(pair, 0), before.get(pair, 0) if report.has_beside else None)

    st.dataframe(
        pd.DataFrame(
            {"form": name(form), **{f"→{taken}": cell((form, taken)) for taken in forms}}
            for form in forms
            if any(pair[0] == form for pair in (*now, *before))
        ),
        hide_index=True,
        column_config={
            "form": st.column_config.TextColumn(say("Paper of the form"), width="medium"),
            **{
                f"→{taken}": st.column_config.TextColumn(
                    "→ " + name(taken), width=150, help=say("taken for: {form}", form=name(taken))
                )
                for taken in forms
            },
        },
    )
    st.caption(
        say(
            "Examples and the last reviewed documents of every kind, and held documents that no"
            " template fits. What differs from the version in use says so."
        )
    )
    if report.gained:
        st.info(
            say(
                "{n} held documents that no template fits would be taken for this form.",
                n=notation.number(len(report.gained)),
            ),
            icon=":material/add_task:",
        )


def _of(tally: Tally | None) -> str:
    if tally is None:
        return ""
    return say("{n} of {all}", n=notation.number(tally.right), all=notation.number(tally.asked))


def _n(value: int | None) -> str:
    return "" if value is None else notation.number(value)

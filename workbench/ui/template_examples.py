"""The papers that a template is proven on: listed, added with one click, confirmed by hand."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from workbench import ui
from workbench.flow import proving_templates as proving
from workbench.flow.judged import VOUCHED
from workbench.flow.recognise import ProposedField
from workbench.model import Document, Person, TemplateExample
from workbench.template import Template
from workbench.ui import badges, dossier, notation, page_image
from workbench.words import language, say
from workbench.workspace import Workspace

_OFFERED = 50  # reviewed documents that are offered at a time
_TALL = 315  # pixels of a list


def offer(work: Workspace, person: Person, document: Document) -> None:
    """On a document's own page: one click makes it an example of its kind."""
    if document.kind is None or document.stage not in VOUCHED:
        return
    example = proving.example_of(work, document.id)
    if example is not None:
        st.markdown(":green[:material/check:] " + say("Among the examples of its template."))
        return
    if st.button(
        say("Add to the examples"),
        icon=":material/playlist_add_check:",
        key="examples.add",
        help=say("Its values, as they were reviewed, then test every change of its template."),
    ):
        with ui.guarded():
            proving.add_examples(work, [document.id], by=person.name)
            st.rerun()


def show(work: Workspace, person: Person, template: str, text: Template | None) -> None:
    """The examples of a template; `text`: the one under test, to confirm values with."""
    given = proving.examples(work, template)
    st.subheader(say("Examples ({n})", n=notation.number(len(given))), anchor=False)
    if given:
        _list(work, person, given)
    else:
        st.markdown(
            ":gray["
            + say("None yet. A template is tested on papers whose values people confirmed.")
            + "]"
        )
    left, right = st.columns(2, gap="large")
    with left:
        _add_reviewed(work, person, template)
    with right:
        if text is not None:
            _confirm(work, person, template, text)


def _list(work: Workspace, person: Person, given: list[TemplateExample]) -> None:
    documents = {e.document: work.store.document(e.document) for e in given}
    answer = st.dataframe(
        pd.DataFrame(
            {
                "name": dossier.name_of(work, document) if document else "—",
                "stage": [badges.stage_word(document.stage)] if document else [],
                "fields": len(example.values),
                "by": dossier.person_of(work, example.by),
                "at": notation.moment(example.at),
            }
            for example in given
            for document in (documents[example.document],)
        ),
        hide_index=True,
        height=min(_TALL, 38 + 35 * len(given)),
        on_select="rerun",
        selection_mode="multi-row",
        key=f"examples.list.{len(given)}",
        column_config={
            "name": st.column_config.TextColumn(say("File")),
            "stage": badges.column(say("Stage"), list(badges.STAGES.values())),
            "fields": st.column_config.NumberColumn(say("Confirmed values")),
            "by": st.column_config.TextColumn(say("Added by")),
            "at": st.column_config.TextColumn(say("Added at")),
        },
    )
    chosen = [given[row] for row in answer["selection"]["rows"]]
    if chosen and st.button(
        say("Take {n} out of the examples", n=len(chosen)),
        icon=":material/playlist_remove:",
        key="examples.drop",
    ):
        with ui.guarded():
            for example in chosen:
                proving.drop_example(work, example, by=person.name)
            st.rerun()


def _add_reviewed(work: Workspace, person: Person, template: str) -> None:
    """Reviewed documents of this kind, to be ticked."""
    st.markdown("**" + say("Add reviewed documents") + "**")
    found = proving.could_be_examples(work, template, by=person.name, limit=_OFFERED)
    if not found:
        st.markdown(":gray[" + say("No other document of this kind was reviewed so far.") + "]")
        return
    answer = st.dataframe(
        pd.DataFrame(
            {
                "name": dossier.name_of(work, document),
                "stage": [badges.stage_word(document.stage)],
                "changed": notation.moment(document.changed_at),
            }
            for document in found
        ),
        hide_index=True,
        height=min(_TALL, 38 + 35 * len(found)),
        on_select="rerun",
        selection_mode="multi-row",
        key=f"examples.offered.{len(found)}",
        column_config={
            "name": st.column_config.TextColumn(say("File")),
            "stage": badges.column(say("Stage"), list(badges.STAGES.values())),
            "changed": st.column_config.TextColumn(say("Last change")),
        },
    )
    chosen = [found[row].id for row in answer["selection"]["rows"]]
    if st.button(
        say("Add {n} to the examples", n=len(chosen)),
        icon=":material/playlist_add_check:",
        key="examples.add_chosen",
        disabled=not chosen,
    ):
        with ui.guarded():
            proving.add_examples(work, chosen, by=person.name)
            st.rerun()


def _confirm(work: Workspace, person: Person, template: str, text: Template) -> None:
    """For a form that nothing reads yet: a person says what stands on a scan."""
    known = {example.document for example in proving.examples(work, template)}
    drawn_over = proving.scans_of(work, template, by=person.name)
    if not drawn_over:
        return
    st.markdown("**" + say("Confirm the values of a scan") + "**")
    scans = [document for document in drawn_over if document.id not in known]
    if not scans:
        st.markdown(
            ":gray[" + say("Every scan that this template is drawn over is an example.") + "]"
        )
        return
    names = {document.id: dossier.name_of(work, document) for document in scans}
    chosen = st.selectbox(
        say("Scan"), list(names), format_func=lambda key: names[key], key="examples.scan"
    )
    if st.button(say("Read this scan"), icon=":material/document_scanner:", key="examples.read"):
        with ui.guarded(), st.spinner(say("The engines read the fields…")):
            ((_, seen),) = proving.read_with(work, text, [chosen], by=person.name)
            st.session_state["examples.seen"] = (chosen, text.digest, seen.fields, seen.reason)
    held = st.session_state.get("examples.seen")
    if held and held[:2] == (chosen, text.digest):
        with ui.guarded():
            _form(work, person, text, chosen, held[2])


def _form(
    work: Workspace,
    person: Person,
    text: Template,
    document: str,
    fields: tuple[ProposedField, ...],
) -> None:
    """Each field with its strip, what was read, and room for what really stands there."""
    if not fields:
        st.warning(
            say("This text of the template does not take the scan for its form."),
            icon=":material/help:",
        )
        return
    pages = {page.number: page for page in work.store.pages(document)}
    said: dict[str, str] = {}
    with st.form(f"examples.form.{document}", border=True):
        for field in fields:
            if field.page is not None and field.box is not None and field.page in pages:
                st.html(page_image.strip(pages[field.page], field.box.as_list()))
            value = st.text_input(
                text.field_label(field.name, language()),
                field.value,
                key=f"examples.value.{document}.{field.name}",
            )
            if not st.checkbox(
                say("Nobody can read it"), key=f"examples.unread.{document}.{field.name}"
            ):
                said[field.name] = value
        vouched = st.form_submit_button(
            say("I compared them with the scan: these are its values"),
            icon=":material/how_to_reg:",
            type="primary",
        )
    if vouched:
        proving.confirm(work, text, document, said, by=person.name)
        st.session_state.pop("examples.seen", None)
        st.rerun()

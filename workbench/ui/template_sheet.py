"""One template on screen: what it is, its fields, its anchors, its rules, its source."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from workbench.model import Person, Severity
from workbench.template import FieldSpec, Template
from workbench.ui import badges, notation, template_list
from workbench.words import language, say
from workbench.workspace import Workspace

_KINDS: Mapping[str, badges.Look] = {
    "text": badges.Look("Text", "gray", "notes"),
    "name": badges.Look("Name of a person or body", "gray", "badge"),
    "address": badges.Look("Address", "gray", "home_pin"),
    "date": badges.Look("Date", "blue", "event"),
    "document_number": badges.Look("Number of a paper", "violet", "tag"),
    "id_number": badges.Look("Identity number", "violet", "id_card"),
    "org_number": badges.Look("Business number", "violet", "domain"),
    "count": badges.Look("Count", "blue", "pin"),
    "phone": badges.Look("Telephone number", "violet", "call"),
}


def of(work: Workspace, _person: Person, template: str) -> None:
    """What the version in use says; of a new form, what its newest text says."""
    said = template_list.newest(work, template)
    if said is None:
        st.markdown(say("No text of this template is valid so far."))
        return
    show(said)


def show(template: Template) -> None:
    """The whole template, in the reader's language."""
    fields = _fields(template)
    with st.container(border=True, horizontal=True, gap="medium"):
        for label, value in (
            (say("Identifier"), f"**{template.id}**"),
            (say("Version"), f"**{template.version}**"),
            (say("Fields"), f"**{notation.number(len(fields))}**"),
            (say("Anchors"), f"**{notation.number(len(template.anchors))}**"),
            (say("Digest (SHA-256)"), f"`{template.digest}`"),
        ):
            st.markdown(f":gray[{label}]  \n{value}")
    tabs = st.tabs([say("Fields"), say("Anchors"), say("Rules"), say("Source")])
    with tabs[0]:
        _show_fields(fields)
    with tabs[1]:
        _show_anchors(template)
    with tabs[2]:
        _show_rules(template)
    with tabs[3]:
        st.code(template.source.decode(), language="yaml")


def _fields(template: Template) -> list[tuple[str, str, FieldSpec]]:
    """Name, label and facts of every field; of the table of items its columns."""
    found = [
        (name, template.field_label(name, language()), spec)
        for name, spec in template.fields.items()
    ]
    if template.items is not None:
        for column, spec in template.items.columns.items():
            label = spec.label.en if language() == "en" else spec.label.vi
            row = f"{template.items.name}.*.{column}"
            found.append((row, say("{column} (each line)", column=label), spec))
    return found


def _show_fields(fields: list[tuple[str, str, FieldSpec]]) -> None:
    yes = say("yes")
    st.dataframe(
        pd.DataFrame(
            {
                "label": label,
                "name": name,
                "kind": [say(_KINDS[spec.kind].word)],
                "critical": yes if spec.critical else "",
                "required": yes if spec.required else "",
                "personal": yes if spec.personal else "",
                "pattern": spec.pattern,
            }
            for name, label, spec in fields
        ),
        hide_index=True,
        height=38 + 35 * max(1, len(fields)),
        column_config={
            "label": st.column_config.TextColumn(say("Field"), width="medium"),
            "name": st.column_config.TextColumn(say("Name in the record")),
            "kind": badges.column(say("Kind of value"), list(_KINDS.values())),
            "critical": st.column_config.TextColumn(say("Critical"), width="small"),
            "required": st.column_config.TextColumn(say("Required"), width="small"),
            "personal": st.column_config.TextColumn(say("Personal data"), width="small"),
            "pattern": st.column_config.TextColumn(say("Pattern")),
        },
    )


def _show_anchors(template: Template) -> None:
    st.markdown(say("Words that are printed on every copy; the form is found and placed by them."))
    groups = (
        (say("The form is recognised by"), template.recognised_by.all_of),
        (say("It is another form if it says"), template.recognised_by.none_of),
        (say("The form is placed by"), template.anchors),
    )
    for label, words in groups:
        if words:
            lines = "\n".join(f"- {notation.literal(text)}" for text in words)
            st.markdown(f":gray[{label}]\n{lines}")


def _show_rules(template: Template) -> None:
    if not template.rules:
        st.markdown(":gray[" + say("This form has no rules between its fields.") + "]")
    for rule in template.rules:
        words = rule.says.en if language() == "en" else rule.says.vi
        named = ", ".join(template.field_label(name, language()) for name in rule.fields)
        look = badges.SEVERITIES[Severity(rule.severity)]
        st.markdown(
            f"{badges.badge(look)} {notation.literal(words)}  \n:gray[{notation.literal(named)}]"
        )

"""The page of the drawing board: what to draw over which scans, then the board itself."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench import flow, ui, vietnamese
from workbench.errors import NotReadyError
from workbench.flow import drawing, governing, granting
from workbench.flow.drawing import MOST
from workbench.model import Document, Intake, Origin, Person, Right, Stage, TemplateDraft
from workbench.store import templates as kept
from workbench.ui import batches, dossier, frame, notation, template_list, uploads
from workbench.ui.places import PAGES
from workbench.ui.station import design, drawn
from workbench.words import say
from workbench.workspace import Workspace

_NEW = ""  # of the forms to choose from: one that there is not yet
_LISTED = 200  # documents that are offered
_NOT_READ = (Stage.RECEIVED,)


@st.fragment  # what is drawn does not draw the frame around it anew
def sit(key: str) -> None:
    """One sitting at the board with a draft."""
    ui.speak_as_chosen()
    work, by = ui.workspace(), ui.person().name
    place = st.container()  # the board keeps its place, whatever is told below it
    room = design.DesignRoom.of_board(key)
    with ui.guarded():
        design.keep(room, work, by=by)
    with place, ui.guarded():
        draft = drawing.draft(work, key, by=by)
        design.lay_out(room, work, key, _titles(work, draft.scans), by=by)


def above(work: Workspace, key: str) -> None:
    """What leads away from the board: to the other drafts, to the template's test and life."""
    draft = kept.draft(work.store, key)
    with st.container(
        horizontal=True, gap="small", vertical_alignment="center", key="design.above"
    ):
        if st.button(say("All drafts"), icon=":material/arrow_back:", key="design.back"):
            st.query_params.clear()
            st.rerun()
        if draft is not None:
            st.page_link(
                str(PAGES / "templates.py"),
                label=say("Test and submit"),
                icon=":material/science:",
                query_params={"template": draft.template, "draft": draft.id},
            )


def begin(work: Workspace, person: Person) -> None:
    """Go on with a draft, or begin one over scans."""
    frame.heading(
        say("Drawing board"),
        say("Draw a form over its scans; what the engines read in it shows at once."),
    )
    drafts = _own(work, person)
    if drafts:
        st.subheader(say("Go on with"), anchor=False)
        for draft in drafts:
            with st.container(border=True, horizontal=True, vertical_alignment="center"):
                st.markdown(
                    f"**{notation.literal(_title(work, draft))}**  \n:gray["
                    + say(
                        "{template}; changed by {name} at {time}",
                        template=draft.template,
                        name=notation.literal(template_list.name_of(work, draft.by)),
                        time=notation.moment(draft.changed_at),
                    )
                    + "]"
                )
                if st.button(say("Open"), key=f"design.open.{draft.id}"):
                    _open(draft.id)
    st.subheader(say("Begin a draft"), anchor=False)
    with (
        st.expander(say("Take in scans to draw over"), icon=":material/upload_file:"),
        ui.guarded(),
    ):
        _take_in(work, person)
    with ui.guarded():
        _begin(work, person)


def _begin(work: Workspace, person: Person) -> None:
    found = _documents(work)
    if not found:
        frame.nothing(
            say("There is no scan to draw over."),
            say("Take in one to five scans of the form above; they are read as usual."),
            person=person,
        )
        return
    asked = [key for key in st.query_params.get("documents", "").split(",") if key in found]
    forms = [_NEW, *work.templates]
    wanted = st.query_params.get("template", _NEW)
    form = st.selectbox(
        say("Form"),
        forms,
        index=forms.index(wanted) if wanted in forms else 0,
        format_func=lambda key: (
            template_list.title_of(work, key) if key else say("A form that there is not yet")
        ),
        key="design.form",
    )
    title = ""
    if form == _NEW:
        title = st.text_input(say("What the paper is called"), key="design.title")
    scans = st.multiselect(
        say("Scans to draw over, up to {n}; the first is drawn on", n=MOST),
        list(found),
        default=asked[:MOST],
        format_func=found.__getitem__,
        max_selections=MOST,
        placeholder=say("Choose scans"),
        key="design.scans",
    )
    if st.button(say("To the drawing board"), type="primary", key="design.begin"):
        draft = _new(work, person, form or _identifier(title), title, scans)
        _open(draft.id)


def _new(
    work: Workspace, person: Person, template: str, title: str, scans: Sequence[str]
) -> TemplateDraft:
    if not scans:
        raise NotReadyError("No scan is chosen.", "Choose one to five scans of the form.")
    if not template:
        raise NotReadyError("The form has no name.", "Say what the paper is called.")
    if template in work.templates:
        return governing.begin(work, template, by=person.name, scans=scans)
    first = drawing.scans(work, scans[:1], by=person.name)
    blank = drawn.blank(template, title=title)
    if first and first[0].pages[0].width > first[0].pages[0].height:
        blank["sheet"] = blank["sheet"][::-1]
    return governing.begin(work, template, by=person.name, source=drawn.to_text(blank), scans=scans)


def _identifier(title: str) -> str:
    """What a new form is called in files: its title without marks."""
    bare = "".join(c if c.isalnum() else " " for c in vietnamese.fold(title))
    name = "_".join(bare.split())[:40].strip("_")
    return name if not name[:1].isdigit() else f"mau_{name}"


def _own(work: Workspace, person: Person) -> list[TemplateDraft]:
    """The open drafts that this person may change."""
    rights = granting.granted(work)
    return [
        draft
        for draft in kept.drafts(work.store)
        if rights.answer(Right.EDIT, draft.template, person).allowed
    ]


def _documents(work: Workspace) -> dict[str, str]:
    """What can be drawn over, those that no template fits first: document -> what it is called."""
    held = work.store.documents(stage=Stage.HELD, limit=_LISTED)
    others = work.store.documents(limit=_LISTED)
    found: dict[str, str] = {}
    for document in (*(d for d in held if d.kind is None), *others):
        if document.origin is Origin.SCAN and document.stage not in _NOT_READ:
            found.setdefault(document.id, _called(work, document))
    return found


def _called(work: Workspace, document: Document) -> str:
    kind = dossier.kind_of(work, document.kind) if document.kind else say("no template fits")
    return f"{dossier.name_of(work, document)} · {document.number} · {kind}"


def _title(work: Workspace, draft: TemplateDraft) -> str:
    return template_list.title_of(work, draft.template)


def _titles(work: Workspace, documents: Sequence[str]) -> dict[str, str]:
    return {
        key: dossier.name_of(work, document)
        for key in documents
        if (document := work.store.document(key)) is not None
    }


def _open(draft: str) -> None:
    st.query_params.clear()
    st.query_params["draft"] = draft
    st.rerun()


# --- scans that are not taken in yet --------------------------------------------------------------


def _take_in(work: Workspace, person: Person) -> None:
    with st.form("design.intake", clear_on_submit=True, border=False):
        name, unit, given = batches.handed_in(work, person, key="design")
        sent = st.form_submit_button(say("Take in"), icon=":material/upload_file:")
    if sent:
        uploads.must_be_complete(name, unit, given)
        assert unit is not None  # noqa: S101 - or it was not complete
        with uploads.as_files(given, work.scratch) as paths:
            taken = flow.take_in(work, paths, name=name.strip(), unit=unit.code, by=person.name)
        frame.done(say("{n} files taken in.", n=notation.number(len(taken.of(Intake.ACCEPTED)))))
        st.query_params["batch"] = taken.batch.id
        st.rerun()
    if batch := st.query_params.get("batch", ""):
        _wait(batch)


@ui.watching(5)
def _wait(batch: str) -> None:
    """How far a batch is that was taken in here; what is read is chosen for drawing by itself."""
    work = ui.workspace()
    documents = work.store.documents(batch=batch, limit=_LISTED)
    read = [d for d in documents if d.stage not in _NOT_READ]
    st.progress(
        len(read) / max(1, len(documents)),
        say("{n} of {all} scans are read.", n=len(read), all=len(documents)),
    )
    if documents and len(read) == len(documents):
        st.query_params["documents"] = ",".join(d.id for d in read[:MOST])
        del st.query_params["batch"]
        st.rerun(scope="app")

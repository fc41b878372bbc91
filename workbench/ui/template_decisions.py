"""What somebody may do with drafts and versions on screen: submit, authorise, hand back, retire."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from workbench import rehearsal, ui
from workbench.errors import NotReadyError, TemplateError
from workbench.flow import authorising, governing, granting, rereading
from workbench.flow import proving_templates as proving
from workbench.model import Person, Right, TemplateDraft, TemplateStanding, TemplateState
from workbench.signing import HandedKeys, KeySource
from workbench.store import templates as kept
from workbench.template import Template, diff, parse
from workbench.ui import badges, frame, notation
from workbench.ui.template_list import DRAFT, name_of
from workbench.words import language, say
from workbench.workspace import Workspace

_MANY = 40  # differences that are listed before the rest is counted


def may(work: Workspace, person: Person, right: Right, template: str) -> bool:
    """Whether a button is worth showing; the verb asks again."""
    return granting.granted(work, template).answer(right, template, person).allowed


# --- drafts ------------------------------------------------------------------------------------


def drafts(work: Workspace, person: Person, template: str) -> None:
    """The drafts of a template that are drawn on: who draws, and what may be done with each."""
    for draft in kept.drafts(work.store, template):
        if draft.submitted:
            continue  # the version that it became says where it stands
        with st.container(border=True):
            _draft(work, person, draft)
    if template in work.templates and may(work, person, Right.EDIT, template):
        frame.way_to("design.py", person=person, label=say("Draw a new version"), template=template)


def _draft(work: Workspace, person: Person, draft: TemplateDraft) -> None:
    st.markdown(
        f"**{say('Draft')}** &nbsp; {badges.badge(DRAFT)}  \n"
        + say(
            "By {names}; changed at {time}.",
            names=notation.literal(", ".join(name_of(work, name) for name in draft.authors)),
            time=notation.moment(draft.changed_at),
        )
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        frame.way_to("design.py", person=person, label=say("To the drawing board"), draft=draft.id)
        if may(work, person, Right.SUBMIT, draft.template):
            with st.popover(say("Submit…"), icon=":material/approval:"), ui.guarded():
                _submit(work, person, draft)
        if may(work, person, Right.EDIT, draft.template):
            with st.popover(say("Give up…"), icon=":material/delete:"), ui.guarded():
                _drop(work, person, draft)


def _submit(work: Workspace, person: Person, draft: TemplateDraft) -> None:
    try:
        text = parse(draft.source, draft.template)
    except TemplateError as error:
        st.markdown(say(error))
        return
    proof = proving.proof_of(work, text.digest)
    if proof is None:
        st.markdown(say("Exactly this text was not tested yet. Test it under Proof first."))
        return
    if proof.worse:
        st.warning(say("This text does worse on the examples than the version in use."))
    with st.form(f"templates.submit.{draft.id}", border=False):
        label = say("Why it should be used all the same") if proof.worse else say("Note")
        reason = st.text_area(label, key=f"templates.submit.reason.{draft.id}")
        sent = st.form_submit_button(say("Submit for authorisation"), type="primary")
    if sent:
        standing = governing.submit(work, draft.id, by=person.name, reason=reason)
        frame.done(say("Version {n} was submitted.", n=standing.version))
        st.rerun()


def _drop(work: Workspace, person: Person, draft: TemplateDraft) -> None:
    with st.form(f"templates.drop.{draft.id}", border=False):
        reason = st.text_area(say("Reason"), key=f"templates.drop.reason.{draft.id}")
        sent = st.form_submit_button(say("Give the draft up"))
    if sent:
        governing.drop(work, draft.id, by=person.name, reason=reason)
        frame.done(say("The draft was given up."))
        st.rerun()


# --- versions ----------------------------------------------------------------------------------


def of_version(work: Workspace, person: Person, version: TemplateStanding) -> None:
    """What may be done with a version where it stands."""
    if version.state is TemplateState.SUBMITTED:
        with st.expander(say("What is different"), icon=":material/difference:", expanded=True):
            differences(work, version)
        _proof(work, version)
        _decide(work, person, version)
    elif version.state is TemplateState.AUTHORISED:
        _retire(work, person, version)


def differences(work: Workspace, version: TemplateStanding) -> None:
    """Change by change, against the version that it replaces."""
    text = _text(work, version.digest)
    before = _text(work, version.base) if version.base else None
    if text is None:
        return
    if before is None:
        st.markdown(say("This is the first version of a new form; nothing is replaced."))
        return
    changes = diff(before, text)
    if not changes:
        st.markdown(say("It says the same; only its writing is different."))
        return
    st.markdown("\n".join(f"- {notation.literal(say(change.says))}" for change in changes[:_MANY]))
    if len(changes) > _MANY:
        st.caption(say("and {n} more", n=len(changes) - _MANY))


def _proof(work: Workspace, version: TemplateStanding) -> None:
    """How it did on the examples, in two lines; the whole of it stands under Proof."""
    standing = proving.standing_of(work, version.digest)
    text = _text(work, version.digest)
    if standing.proof is None or text is None:
        st.warning(say("This version was not tested."))
        return
    report = proving.report_of(standing.proof)
    total = report.total()
    says = say(
        "On {n} examples: {right} of {values} values right, {unseen} wrong ones accepted unseen.",
        n=len(report.papers),
        right=total.right,
        values=total.asked,
        unseen=total.let_through,
    )
    reasons = report.why_worse(lambda name: rehearsal.label(text, name, language()))
    worse = [say(why) for why in reasons]
    given = proving.examples(work, version.template)
    own = sum(example.by in {*version.authors, version.submitted_by} for example in given)
    if own:
        says += " " + say("Its authors chose or confirmed {own} of the {n} examples themselves.",
                          own=own, n=len(given))  # fmt: skip
    if worse:
        st.warning("\n".join([says, *(f"- {notation.literal(line)}" for line in worse)]))
    else:
        st.success(says, icon=":material/science:")


def _decide(work: Workspace, person: Person, version: TemplateStanding) -> None:
    if person.name in {*version.authors, version.submitted_by}:
        st.caption(say("You drew this version: somebody else authorises it."))
        if may(work, person, Right.SUBMIT, version.template):
            _ask(
                version,
                "take",
                say("Withdraw the submission"),
                lambda reason: _hand_back(work, person, version, reason),
            )
        return
    if not may(work, person, Right.AUTHORISE, version.template):
        return
    key = version.digest[:12]
    own = say("With my own certificate")
    ways = [own]
    if work.settings.sealing == "trial":
        ways.insert(0, say("With a trial certificate in my name"))
    way = st.radio(say("How it is signed"), ways, horizontal=True, key=f"templates.way.{key}")
    with st.form(f"templates.decide.{key}"):
        reason = st.text_area(say("Reason"), key=f"templates.reason.{key}")
        given, password = None, ""
        if way == own:
            given = st.file_uploader(
                say("Key file (PKCS#12)"), type=["p12", "pfx"], key=f"templates.key.{key}"
            )
            password = st.text_input(
                say("Password of the key file"), type="password", key=f"templates.pin.{key}"
            )
            st.caption(say("Neither is kept: both are forgotten once this is signed."))
        with st.container(horizontal=True):
            yes = st.form_submit_button(
                say("Authorise and sign"), type="primary", icon=":material/verified:"
            )
            no = st.form_submit_button(say("Hand back"), icon=":material/undo:")
    with ui.guarded():
        if yes:
            keys: KeySource | None = None
            if way != own:
                keys = work.trial_keys(person)
            elif given is not None:
                keys = HandedKeys(given.getvalue(), password, given.name)
            _authorise(work, person, version, reason, keys)
        if no:
            _hand_back(work, person, version, reason)


def _authorise(
    work: Workspace,
    person: Person,
    version: TemplateStanding,
    reason: str,
    keys: KeySource | None,
) -> None:
    if keys is None:
        raise NotReadyError(
            "A key file is needed to sign with.", "Choose your PKCS#12 file and type its password."
        )
    authorising.authorise(work, version.digest, by=person.name, reason=reason, keys=keys)
    frame.done(say("Version {n} is in use from now on.", n=version.version))
    st.rerun()


def _hand_back(work: Workspace, person: Person, version: TemplateStanding, reason: str) -> None:
    authorising.hand_back(work, version.digest, by=person.name, reason=reason)
    frame.done(say("Version {n} was handed back; its draft goes on.", n=version.version))
    st.rerun()


def _retire(work: Workspace, person: Person, version: TemplateStanding) -> None:
    with st.container(horizontal=True):
        if may(work, person, Right.EDIT, version.template):
            _redraw(work, person, version)
        if may(work, person, Right.AUTHORISE, version.template):
            _ask(
                version,
                "retire",
                say("Retire"),
                lambda reason: _retired(work, person, version, reason),
                warning=say("From then on nothing is read with this template."),
            )


def _redraw(work: Workspace, person: Person, version: TemplateStanding) -> None:
    with ui.guarded():
        if st.button(say("Draw the next version"), icon=":material/edit:", key="templates.redraw"):
            governing.begin(work, version.template, by=person.name, base=version.digest)
            frame.done(say("A draft was begun from version {n}.", n=version.version))
            st.rerun()


def _retired(work: Workspace, person: Person, version: TemplateStanding, reason: str) -> None:
    authorising.retire(work, version.digest, by=person.name, reason=reason)
    frame.done(say("Version {n} was retired.", n=version.version))
    st.rerun()


def _ask(
    version: TemplateStanding,
    name: str,
    label: str,
    then: Callable[[str], None],
    *,
    warning: str = "",
) -> None:
    """A small form that asks for the reason, behind a button."""
    key = f"templates.{name}.{version.digest[:12]}"
    with st.popover(f"{label}…"), ui.guarded():
        if warning:
            st.markdown(warning)
        with st.form(key, border=False):
            reason = st.text_area(say("Reason"), key=f"{key}.reason")
            sent = st.form_submit_button(label)
        if sent:
            then(reason)


# --- documents ---------------------------------------------------------------------------------


def outdated(work: Workspace, person: Person, template: str) -> None:
    """Documents under review that an older version read, and the way to read them again."""
    waiting = rereading.outdated(work, template)
    if not waiting:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            say("{n} documents under review were read with an older version.", n=len(waiting))
        )
        if not may(work, person, Right.USE, template):
            return
        if st.button(say("Read them again"), icon=":material/refresh:", key="templates.read_again"):
            with ui.guarded():
                done, errors = rereading.read_all_again(work, template, by=person.name)
                frame.done(say("{n} documents are read again; corrections stay.", n=done))
                for error in errors[:1]:
                    frame.done(say(error))
                st.rerun()


def _text(work: Workspace, digest: str) -> Template | None:
    with ui.guarded():
        return work.template(digest)
    return None

"""One record of the repository on screen: the sealed file, its fields, its histories, its acts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

import streamlit as st

from workbench import flow, ui
from workbench.errors import WorkbenchError
from workbench.flow import custody, withdrawal
from workbench.flow.custody import Opened
from workbench.model import CustodyAct, CustodyEvent, KeptVersion, Person
from workbench.ui import (
    badges,
    dossier,
    frame,
    notation,
    repository,
    repository_folders,
    repository_shares,
    sealed_page,
)
from workbench.words import say
from workbench.workspace import Workspace

_FRAME = "border:1px solid rgba(128,128,128,.45); border-radius:4px; background:#fff;"
_FILES: Mapping[str, str] = {  # message ids
    "document.pdf": "the sealed PDF",
    "record.json": "the settled record",
    "record.json.p7s": "the seal of the record",
    "provenance.json": "where it came from",
    "evidence.json": "who saw and decided what",
    "manifest-sha512.txt": "the list of digests",
    "custody.json": "withdrawals and restorations",
}
_MESSAGES: Mapping[str, str] = {
    "Deposited": "Deposited",
    "Withdrawn": "Withdrawn",
    "Restored": "Restored",
}
_SEALED = re.compile(r"Sealed record, revision (\d+)")


def show(work: Workspace, person: Person, document: str) -> None:
    """Open a record for this person; that they opened it is noted."""
    opened = custody.open_record(work, document, by=person.name)
    card = opened.card
    frame.heading(notation.literal(card.holder_name or card.number or say("Record")))
    _summary(work, opened)
    if card.withdrawn_at is not None:
        st.warning(
            "**"
            + say(
                "Withdrawn by {name} at {time}.",
                name=notation.literal(dossier.person_of(work, card.withdrawn_by)),
                time=notation.moment(card.withdrawn_at),
            )
            + f"**\n\n{notation.literal(card.withdrawn_why)}",
            icon=":material/block:",
        )
    _acts(work, person, opened)
    left, right = st.columns([5, 4], gap="large")
    with left:
        _pages(work, opened)
    with right:
        names = [say("Fields"), say("Versions"), say("Signatures"), say("Operations")]
        if opened.rights.share:
            names.append(say("Shares"))
        tabs = st.tabs(names)
        with tabs[0]:
            dossier.fields(work, flow.sheet(work, document))
        with tabs[1]:
            _versions(work, opened)
        with tabs[2]:
            _signatures(work, opened)
        with tabs[3]:
            _operations(work, opened)
        if opened.rights.share:
            with tabs[4]:
                repository_shares.of_record(work, person, opened.shares)


def _summary(work: Workspace, opened: Opened) -> None:
    card = opened.card
    units = {unit.code: unit.name for unit in work.store.units()}
    look = repository.WITHDRAWN if card.withdrawn_at else repository.KEPT
    parts = [
        badges.badge(look),
        notation.literal(dossier.kind_of(work, card.kind or None)),
        notation.literal(card.number),
        notation.literal(say("issued on {day}", day=repository.on_day(card.issued)))
        if card.issued
        else "",
        notation.literal(units.get(card.unit, card.unit)),
    ]
    folders = {f.folder: work.store.record_folder(f.folder) for f in opened.filings}
    parts += [
        f":gray-badge[:material/folder: {notation.literal(folder.name)}]"
        for folder in folders.values()
        if folder
    ]
    st.markdown(" &nbsp;·&nbsp; ".join(part for part in parts if part))


# --- what may be done --------------------------------------------------------------------------


def _acts(work: Workspace, person: Person, opened: Opened) -> None:
    rights = opened.rights
    with st.container(horizontal=True, vertical_alignment="center"):
        if opened.document.pdf_digest:
            st.html(dossier.download(opened.document), width="content")
        with st.popover(say("Lay into a folder…"), icon=":material/drive_file_move:"):
            _file(work, person, opened)
        if rights.share and opened.card.withdrawn_at is None:
            with st.popover(say("Share…"), icon=":material/share:"):
                repository_shares.share_form(work, person, document=opened.card.document)
        if rights.withdraw:
            _withdrawal(work, person, opened)


def _file(work: Workspace, person: Person, opened: Opened) -> None:
    key = opened.card.document
    whose = {"unit": say("Of the unit"), "mine": say("Mine alone")}
    if not opened.rights.file_in_unit:
        del whose["unit"]
    owner = st.segmented_control(
        say("Whose folders"),
        list(whose),
        format_func=lambda name: whose[name],
        default=next(iter(whose)),
        required=True,
        label_visibility="collapsed",
        key=f"file.whose.{key}",
    )
    own = owner == "mine"
    there = custody.folders(work, by=person.name, own=own)
    lies = {f.folder for f in opened.filings}
    now_in = next((n for n, f in enumerate(there, start=1) if f.id in lies), 0)
    with st.form(f"file.{key}.{own}", border=False), ui.guarded():
        to = repository_folders.choose_folder(
            there,
            label=say("Into folder"),
            top=say("Into none"),
            key=f"file.to.{key}.{own}.{now_in}",
            index=now_in,
        )
        if not there:
            st.caption(say("There is no folder here yet."))
        if st.form_submit_button(say("Move the record"), type="primary"):
            custody.file_record(work, key, to, by=person.name, own=own)
            frame.done(say("The record was moved."))
            st.rerun()


def _withdrawal(work: Workspace, person: Person, opened: Opened) -> None:
    key = opened.card.document
    gone = opened.card.withdrawn_at is not None
    label = say("Restore…") if gone else say("Withdraw…")
    with st.popover(label, icon=":material/restore:" if gone else ":material/block:"):
        st.caption(
            say("It is shown again to those it was shared with.")
            if gone
            else say("It stays here, marked, and is shown to nobody outside the unit.")
        )
        with st.form(f"withdrawal.{key}.{gone}", border=False), ui.guarded():
            why = st.text_area(say("Why?"), key=f"withdrawal.why.{key}.{gone}")
            words = say("Restore the record") if gone else say("Withdraw the record")
            if st.form_submit_button(words, type="primary"):
                act = withdrawal.restore if gone else withdrawal.withdraw
                act(work, key, by=person.name, why=why)
                frame.done(
                    say("The record was restored.") if gone else say("The record was withdrawn.")
                )
                st.rerun()


# --- the file ----------------------------------------------------------------------------------


def _pages(work: Workspace, opened: Opened) -> None:
    """The sealed file as it shows, a page at a time."""
    document = opened.document
    if document.pdf_digest is None:
        st.info(
            say("This record has no pages: its data are signed."), icon=":material/data_object:"
        )
        return
    try:
        count = sealed_page.pages_of(work.store.path(document.pdf_digest))
    except (WorkbenchError, OSError):
        st.warning(say("The sealed file cannot be shown."), icon=":material/broken_image:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        zoom = st.segmented_control(
            say("Zoom"),
            (60, 100, 160),
            default=100,
            required=True,
            format_func=lambda share: f"{share} %",
            key=f"sealed.zoom.{document.id}",
            label_visibility="collapsed",
        )
        number = st.pagination(count, key=f"sealed.page.{document.id}") if count > 1 else 1
    words = escape(say("Page {n}", n=number))
    st.html(
        f'<div style="{_FRAME} height:640px; overflow:auto;" tabindex="0">'
        f'<img src="/sealed-pages/{document.id}/{number - 1}" alt="{words}"'
        f' style="width:{zoom}%; max-width:none; display:block; margin:0 auto;"></div>'
    )


# --- histories ---------------------------------------------------------------------------------


def _versions(work: Workspace, opened: Opened) -> None:
    """Every version in the repository, the newest first, and what it changed."""
    if not opened.versions:
        st.markdown(":gray[" + say("The repository does not hold this record.") + "]")
    before: KeptVersion | None = None
    told: list[str] = []
    for version in opened.versions:
        told.append(_version(version, before))
        before = version
    st.html("".join(reversed(told)))


def _version(version: KeptVersion, before: KeptVersion | None) -> str:
    named = escape(_message(version))
    lines = "".join(f"<li>{escape(line)}</li>" for line in _changed(version, before))
    return (
        '<section style="padding:.1rem 0 .6rem;">'
        f"<b>{escape(version.version)}</b> · {notation.moment(version.at)} · {named}"
        f'<ul style="margin:.2rem 0 0 1.1rem; font-size:.9rem;">{lines}</ul></section>'
    )


def _message(version: KeptVersion) -> str:
    """Why there is this version, in the reader's language where we wrote it."""
    if sealed := _SEALED.fullmatch(version.message):
        return say("Sealed record, revision {n}", n=sealed[1])
    message = _MESSAGES.get(version.message)
    return say(message) if message else version.message


def _changed(version: KeptVersion, before: KeptVersion | None) -> list[str]:
    old = before.files if before else {}
    new = version.files
    kinds = (
        (say("new"), [name for name in new if name not in old]),
        (say("changed"), [name for name in new if name in old and new[name] != old[name]]),
        (say("not in this version"), [name for name in old if name not in new]),
    )
    return [
        f"{word}: {', '.join(_file_word(name) for name in sorted(names))}"
        for word, names in kinds
        if names
    ]


def _file_word(name: str) -> str:
    if name.startswith("originals/"):
        return say("the original ({name})", name=name.rpartition("/")[2][:12] + "…")
    known = _FILES.get(name)
    return f"{say(known)} ({name})" if known else name


def _signatures(work: Workspace, opened: Opened) -> None:
    """Whose seal stands on it, by which certificate, and who ordered it; the newest first."""
    found = work.store.signatures(opened.card.document)
    if not found:
        st.markdown(":gray[" + say("Nobody has signed this record here.") + "]")
    for signature in reversed(found):
        trial = f" :orange-badge[:material/science: {say('TRIAL')}]" if signature.trial else ""
        st.markdown(
            f"**{notation.literal(signature.signer)}** · {notation.literal(signature.level)}{trial}"
        )
        st.caption(
            notation.literal(
                say(
                    "at {time}, ordered by {name}; certificate {digest}",
                    time=notation.moment(signature.at),
                    name=dossier.person_of(work, signature.ordered_by),
                    digest=notation.short(signature.certificate),
                )
            )
        )


def _operations(work: Workspace, opened: Opened) -> None:
    """Who did what with it in the repository, the newest first; below, how it came here."""
    st.html("".join(_operation(work, event) for event in reversed(opened.events)))
    with st.expander(say("Before it came here")):
        dossier.history(work, work.store.events(opened.card.document))


def _operation(work: Workspace, event: CustodyEvent) -> str:
    who = escape(dossier.person_of(work, event.by))
    return (
        '<div style="font-size:.9rem; padding:.1rem 0 .35rem; overflow-wrap:anywhere">'
        f'<span style="opacity:.75">{notation.moment(event.at)}</span> &nbsp;'
        f"<b>{who}</b> {escape(_told(work, event))}</div>"
    )


def _told(work: Workspace, event: CustodyEvent) -> str:
    about = event.about
    match event.act:
        case CustodyAct.OPENED:
            words = say("opened it")
        case CustodyAct.DOWNLOADED:
            words = say("downloaded the sealed PDF")
        case CustodyAct.FILED if about.get("from"):
            words = say("moved it from “{old}” to “{new}”", old=about["from"], new=about["to"])
        case CustodyAct.FILED:
            words = say("laid it into “{new}”", new=about.get("to", ""))
        case CustodyAct.TAKEN_OUT:
            words = say("took it out of “{old}”", old=about.get("from", ""))
        case CustodyAct.SHARED:
            words = say("shared it with {name}", name=_receiver(work, event))
        case CustodyAct.REVOKED:
            words = say("ended the share with {name}", name=_receiver(work, event))
        case CustodyAct.WITHDRAWN:
            words = say("withdrew it")
        case CustodyAct.RESTORED:
            words = say("restored it")
        case _:
            words = event.act.value
    return f"{words}: {event.why}" if event.why else words


def _receiver(work: Workspace, event: CustodyEvent) -> str:
    if name := event.about.get("to_person"):
        return dossier.person_of(work, name)
    code = str(event.about.get("to_unit", ""))
    return {unit.code: unit.name for unit in work.store.units()}.get(code, code)

"""Sealing on screen: what will be sealed, how far it is, what lies in the repository."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import pandas as pd
import streamlit as st

from workbench import exchange, ui
from workbench.catalogues.profiles import Corner, Level, Line, Profile
from workbench.flow import custody
from workbench.model import Check, CheckState, Document, Person, Stage
from workbench.ui import badges, beside, dossier, frame, notation, verdicts
from workbench.words import language, say
from workbench.workspace import Workspace, seal_rules

TO_SEAL_PER_PAGE = 200  # ordered at one click
_PER_PAGE = 20
_CHECKED_SECONDS = 60


def choose(work: Workspace, waiting: int) -> list[Document]:
    """A page of the approved documents with the digest of what will be sealed; those ticked."""
    pages, page = -(-waiting // TO_SEAL_PER_PAGE), 1
    if pages > 1:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                say("{n} approved documents can be sealed.", n=notation.number(waiting)),
                width="stretch",
            )
            page = st.pagination(pages, key=f"sign.page.{pages}")
    ready = work.store.documents(
        stage=Stage.APPROVED,
        unsealed=True,
        limit=TO_SEAL_PER_PAGE,
        offset=(page - 1) * TO_SEAL_PER_PAGE,
    )
    # Whoever left one out keeps it left out, also when colleagues change the list meanwhile.
    left_out: set[str] = st.session_state.setdefault("sign.left_out", set())
    rows = _ticked(work, ready, [row for row, d in enumerate(ready) if d.id not in left_out])
    chosen = [ready[row] for row in rows]
    left_out.difference_update(d.id for d in chosen)
    left_out.update(d.id for row, d in enumerate(ready) if row not in rows)
    return chosen


def _ticked(work: Workspace, ready: Sequence[Document], first: Sequence[int]) -> list[int]:
    """The rows that are ticked; at first sight of these documents `first`."""
    ids = " ".join(document.id for document in ready)
    answer = st.dataframe(
        pd.DataFrame(
            {
                "name": dossier.name_of(work, document),
                "kind": dossier.kind_of(work, document.kind),
                "reviewer": dossier.person_of(work, document.reviewer),
                "approver": dossier.person_of(work, document.approver),
                "at": notation.moment(document.approved_at),
                "digest": notation.short(document.record_digest),
            }
            for document in ready
        ),
        hide_index=True,
        height=38 + 35 * max(1, min(len(ready), 8)),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": list(first)}},
        key=f"sign.ready.{sha256(ids.encode()).hexdigest()[:16]}",
        column_config={
            "name": st.column_config.TextColumn(say("File")),
            "kind": st.column_config.TextColumn(say("Kind"), width="medium"),
            "reviewer": st.column_config.TextColumn(say("Reviewed by")),
            "approver": st.column_config.TextColumn(say("Approved by")),
            "at": st.column_config.TextColumn(say("Approved at")),
            "digest": st.column_config.TextColumn(say("Record (SHA-256)")),
        },
    )
    return list(answer["selection"]["rows"])


def choose_profile(work: Workspace) -> Profile:
    """By which profile the batch is sealed, with what it shows and where it is from."""
    rules = seal_rules(work.settings)
    known = list(rules.profiles)
    usual = known.index(rules.usual) if rules.usual in known else 0
    chosen = st.selectbox(
        say("Seal profile"),
        known,
        index=usual,
        format_func=lambda name: rules.profiles[name].title[language()],
        key="sign.profile",
    )
    profile = rules.profiles[chosen]
    level = str(rules.wanted(profile))
    st.markdown(
        f":gray[{notation.literal(profile.source)} · "
        f"{say('level {level}: {means}', level=level, means=say(_LEVELS[rules.wanted(profile)]))}]"
    )
    for seal in profile.seals:
        shown = ", ".join(say(_LINES[line]) for line in seal.lines) or say("nothing is seen")
        image = f" · {say('red seal')}" if seal.image else ""
        st.markdown(f"- {say(_CORNERS[seal.corner])}: {shown}{image}")
    if len(profile.seals) > 1:
        st.markdown(
            ":gray["
            + say("The first signature is made now; the next one with `workbench seals`.")
            + "]"
        )
    return profile


_LEVELS: Mapping[Level, str] = {
    Level.B_B: "proves as long as the certificate is valid",
    Level.B_T: "with a time stamp",
    Level.B_LT: "with a time stamp and what is needed to check it later",
    Level.B_LTA: "renewed before it ends, so that it proves for decades",
}
_CORNERS: Mapping[Corner, str] = {
    Corner.TOP_LEFT: "Top left of the first page",
    Corner.TOP_RIGHT: "Top right of the first page",
    Corner.NONE: "Not seen on the page",
}
_LINES: Mapping[Line, str] = {
    Line.FORM: "form of the copy",
    Line.AGENCY: "agency",
    Line.NAME: "name of the signer",
    Line.SIGNED_AT: "time of signing",
    Line.SCANNED_AT: "time of digitising",
    Line.SYMBOL: "sign of the conversion",
}
_CHECKS: Mapping[CheckState, str] = {
    CheckState.GOOD: ":green[:material/check_circle:]",
    CheckState.OPEN: ":orange[:material/help:]",
    CheckState.BAD: ":red[:material/cancel:]",
}


def say_what_will_be_sealed(work: Workspace, chosen: Sequence[Document], profile: Profile) -> bool:
    """By which certificate and over what, with all that was asked of it; may it be sealed?"""
    with st.container(border=True):
        st.markdown(say("**{n}** records will be sealed, each over its own digest.", n=len(chosen)))
        if chosen:
            _batch(work, chosen)
        if not (work.seals_by_itself or work.asks_a_phone):
            st.markdown(
                ":gray["
                + say("The key is asked for at the machine that has it, by `workbench sign`; "
                      "its certificate is checked there before anything is sealed.")
                + "]"
            )  # fmt: skip
            return True
        with ui.guarded():
            return _certificate(work, profile)
        return False


def _certificate(work: Workspace, profile: Profile) -> bool:
    signer = work.signer
    st.markdown(
        f"{say('Certificate:')} **{notation.literal(signer.common_name)}** "
        + (f":orange-badge[:material/science: {say('TRIAL')}]" if signer.trial else "")
    )
    if signer.trial:
        st.markdown(
            ":gray["
            + say("A trial seal shows that a file was not changed; it proves nothing to others.")
            + "]"
        )
    checks = _checked(work, profile.id)
    for check in checks:
        st.markdown(
            f"{_CHECKS[check.state]} {notation.literal(say(check.said))}"
            + (f" :gray[{notation.literal(say(check.remedy))}]" if check.remedy else "")
        )
    return all(check.state is not CheckState.BAD for check in checks)


def _checked(work: Workspace, profile: str) -> Sequence[Check]:
    """Asked anew after a minute: a click on the page is no reason to call anybody."""
    now_, kept = time.monotonic(), st.session_state.get("sign.checks")
    if kept is None or kept[0] != profile or now_ - kept[1] > _CHECKED_SECONDS:
        kept = profile, now_, work.signer.checks(profile)
        st.session_state["sign.checks"] = kept
    found: Sequence[Check] = kept[2]
    return found


def _batch(work: Workspace, chosen: Sequence[Document]) -> None:
    """The digest over the whole batch, and a few of its papers to look at."""
    digests = sorted(document.record_digest or "" for document in chosen)
    total = sha256("".join(digests).encode()).hexdigest()
    st.markdown(f"{say('Batch (SHA-256 over the sorted digests):')} `{total[:16]}…`")
    with st.expander(say("Samples of what will be sealed")):
        places = sorted({0, len(chosen) // 2, len(chosen) - 1})
        columns = st.columns(3)
        for column, document in zip(columns, (chosen[place] for place in places), strict=False):
            pages = work.store.pages(document.id)
            if pages:
                column.image(work.store.get(pages[0].scan), width="stretch")
            column.markdown(
                f"{notation.literal(dossier.name_of(work, document))}  \n"
                f":gray[{notation.literal(dossier.kind_of(work, document.kind))}]  \n"
                f"`{notation.short(document.record_digest)}`"
            )


@ui.watching(5)
def watch(work: Workspace) -> None:
    """What is being sealed or exported just now."""
    approved = work.store.count(stage=Stage.APPROVED)
    ordered = approved - work.store.count(stage=Stage.APPROVED, unsealed=True)
    signed = work.store.count(stage=Stage.SIGNED)
    held = [
        d
        for d in work.store.documents(stage=Stage.HELD, limit=500)
        if d.held_at in (Stage.APPROVED, Stage.SIGNED)
    ]
    if not (ordered or signed or held):
        st.markdown(":gray[" + say("Nothing is being sealed or exported just now.") + "]")
        return
    done = work.store.count(stage=Stage.EXPORTED)
    everything = done + ordered + signed
    if ordered or signed:
        st.progress(
            (done + signed / 2) / everything,
            say(
                "{ordered} wait for their seal, {signed} are sealed and go to the repository.",
                ordered=notation.number(ordered),
                signed=notation.number(signed),
            ),
        )
    some = [*held[:_PER_PAGE]]
    if ordered:
        oldest = work.store.documents(stage=Stage.APPROVED, limit=500)
        some += [document for document in oldest if document.seal_by]
    some += work.store.documents(stage=Stage.SIGNED, limit=_PER_PAGE)
    for document in some[:_PER_PAGE]:
        st.markdown(
            f"{badges.stage(document.stage)} {notation.literal(dossier.name_of(work, document))}"
        )
        if document.stage is Stage.HELD:
            dossier.reason(document)


def show_kept(work: Workspace, person: Person) -> None:
    """What the repository has receipted, each with its file and receipt; the list as Excel."""
    unit = custody.kept_of(person)
    total = work.store.count(stage=Stage.EXPORTED, unit=unit)
    if not total:
        frame.nothing(
            say("The repository is empty."),
            say("What is sealed goes there by itself and comes back with a receipt."),
            to="approve.py",
            person=person,
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            say("{n} documents in the repository.", n=notation.number(total)), width="stretch"
        )
        pages = -(-total // _PER_PAGE)
        page = st.pagination(pages, key=f"sign.kept.{pages}") if pages > 1 else 1
        st.download_button(
            say("The list as Excel"),
            lambda: _excel(work, unit),
            file_name="danh-sach-tai-lieu.xlsx",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            icon=":material/table:",
            on_click="ignore",
            key="sign.excel",
        )
    shown = work.store.documents(
        stage=Stage.EXPORTED, unit=unit, limit=_PER_PAGE, offset=(page - 1) * _PER_PAGE
    )
    for document in shown:
        _kept(work, document)


def _kept(work: Workspace, document: Document) -> None:
    receipt = next(iter(work.store.receipts(document.id)), None)
    signature = next(iter(work.store.signatures(document.id)), None)
    with st.container(border=True):
        left, right = st.columns([3, 2], vertical_alignment="center")
        trial = (
            f" :orange-badge[:material/science: {say('TRIAL')}]"
            if signature and signature.trial
            else ""
        )
        left.markdown(
            f"**{notation.literal(dossier.name_of(work, document))}** · "
            f"{notation.literal(dossier.kind_of(work, document.kind))}{trial}"
        )
        if receipt:
            left.markdown(
                ":gray["
                + say(
                    "Receipt {version} of {moment}",
                    version=receipt.version,
                    moment=notation.moment(receipt.at),
                )
                + f" · {notation.literal(receipt.object_id)}]"
            )
        with right.container(horizontal=True, vertical_alignment="center"):
            alone = signature if signature and signature.beside else None
            if alone:
                beside.offer(work, document, alone)
            else:
                st.html(dossier.download(document), width="content")
            asked = st.button(say("Verify"), icon=":material/shield:", key=f"verify.{document.id}")
        if asked and alone:
            beside.verdict(work, document, alone)
        elif asked:
            verdicts.show(work, work.store.get(document.pdf_digest or ""))


def check_file(work: Workspace) -> None:
    """Hand a signed PDF in and hear whether it is intact."""
    given = st.file_uploader(say("A signed PDF"), "pdf", key="sign.check")
    if given is not None:
        verdicts.show(work, given.getvalue(), given.name)


def _excel(work: Workspace, unit: str) -> bytes:
    with tempfile.TemporaryDirectory(dir=work.scratch) as folder:
        file = Path(folder) / "list.xlsx"
        rows = exchange.exported(
            work.store, kind=lambda d: dossier.kind_of(work, d.kind), unit=unit
        )
        exchange.write_list(rows, file)
        return file.read_bytes()

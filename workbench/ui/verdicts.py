"""Verdicts on screen: is a file what was signed and kept, signature by signature."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from workbench import signing, ui
from workbench.signing import SignatureVerdict, State, Trust
from workbench.ui import notation
from workbench.verification import Examined, StoreInventory, examine_apart, examine_bytes
from workbench.words import say
from workbench.workspace import Workspace

_STATES = {
    State.INTACT: ("green", "verified", "Valid"),
    State.UNTRUSTED: ("orange", "gpp_maybe", "Intact, but untrusted"),
    State.ALTERED: ("red", "gpp_bad", "Altered"),
    State.UNSIGNED: ("gray", "unpublished", "No signature"),
}
_TRIAL = ("orange", "science", "Valid for trials only")
_BESIDE = ".p7s"


def hand_in(work: Workspace) -> None:
    """Hand files in and hear of each whether it is what was signed; nothing is kept."""
    given = st.file_uploader(
        say("Signed PDFs, or a file together with its signature (.p7s)"),
        accept_multiple_files=True,
        key="verify.files",
    )
    files = {file.name: file.getvalue() for file in given}
    for name, content in files.items():
        if name.endswith(_BESIDE):
            continue
        with ui.guarded():
            show(work, content, name, beside=files.get(name + _BESIDE))
    for name in files:
        if name.endswith(_BESIDE) and name.removesuffix(_BESIDE) not in files:
            st.warning(
                say(
                    "{file} signs another file: hand in {other} together with it.",
                    file=notation.literal(name),
                    other=notation.literal(name.removesuffix(_BESIDE)),
                )
            )
    _say_whom_we_trust(_trust(work))


def show(work: Workspace, content: bytes, name: str = "", *, beside: bytes | None = None) -> None:
    """The verdict on a file: its state, our inventory, then each signature."""
    trust, inventory = _trust(work), _inventory(work)
    found = (
        examine_bytes(content, name, trust, inventory)
        if beside is None
        else examine_apart(content, beside, name, trust, inventory)
    )
    with st.container(border=True):
        _head(found)
        for signature in found.verdict.signatures if found.verdict else ():
            _signature(signature)


def _head(found: Examined) -> None:
    trial = found.state is State.INTACT and found.verdict and found.verdict.trial
    colour, icon, word = _TRIAL if trial else _STATES[found.state]
    name = f" · {notation.literal(found.name)}" if found.name else ""
    st.markdown(f"#### :{colour}[:material/{icon}: {say(word)}]{name}")
    st.markdown(notation.literal(say(found.sentence)))
    lines = [say(found.kept), *(say(flaw) for flaw in found.flaws if flaw != found.kept)]
    st.markdown("\n".join(f"- {notation.literal(line)}" for line in lines))
    st.markdown(f":gray[SHA-512: {found.digest[:32]}…]")


def _signature(signature: SignatureVerdict) -> None:
    colour, icon, word = _STATES[signature.state]
    with st.container(border=True):
        kind = say("Timestamp") if signature.level == "DTS" else say("Signature")
        badges = [f":{colour}-badge[:material/{icon}: {say(word)}]"]
        if signature.level and signature.level != "DTS":
            badges.append(f":blue-badge[{signature.level}]")
        if signature.trial:
            badges.append(f":orange-badge[:material/science: {say('TRIAL')}]")
        field = f" ({notation.literal(signature.field)})" if signature.field else ""
        st.markdown(
            f"**{kind}**{field}: {notation.literal(signature.signer or '–')} " + " ".join(badges)
        )
        moments = []
        if signature.at:
            moments.append(
                say("Signed at (as the signer says): {at}", at=notation.moment(signature.at))
            )
        if signature.confirmed:
            moments.append(
                say(
                    "Confirmed by an authority of time: {at}",
                    at=notation.moment(signature.confirmed),
                )
            )
        lines = [*moments, *(say(line) for line in signature.lines)]
        st.markdown("\n".join(f"- {notation.literal(line)}" for line in lines))


def _say_whom_we_trust(trust: Trust) -> None:
    roots: Sequence[bytes] = (*trust.anchors, *trust.trial)
    st.markdown(
        ":gray["
        + say(
            "Checked without a network, by the unit's bundle of trust: {roots} roots, {others} "
            "intermediate certificates, {lists} revocation lists and answers. Digest {digest}…",
            roots=len(roots),
            others=len(trust.others),
            lists=len(trust.crls) + len(trust.ocsps),
            digest=trust.digest[:16],
        )
        + "]"
    )


def _trust(work: Workspace) -> Trust:
    return signing.trust(work.settings.keys_folder, bundle=work.settings.trust)


def _inventory(work: Workspace) -> StoreInventory:
    return StoreInventory(work.store, work.settings.data / "repository" / "ocfl-root")

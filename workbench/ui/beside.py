"""A record without pages on screen: its data and the seal beside them, to be taken and checked."""

from __future__ import annotations

import io
import zipfile

import streamlit as st

from workbench import flow
from workbench.model import Document, Signature
from workbench.ui import verdicts
from workbench.words import say
from workbench.workspace import Workspace

_RECORD, _SEAL = "record.json", "record.json.p7s"


def offer(work: Workspace, document: Document, signature: Signature) -> None:
    """The record with its seal as one archive, as `openssl cms -verify` and others take them."""
    st.download_button(
        say("Download the signed data"),
        lambda: _archive(work, document, signature),
        file_name=f"{document.id}.zip",
        mime="application/zip",
        on_click="ignore",
        key=f"beside.{document.id}",
    )


def verdict(work: Workspace, document: Document, signature: Signature) -> None:
    """Whether the data are what was sealed."""
    content, seal = _files(work, document, signature)
    verdicts.show(work, content, _RECORD, beside=seal)


def _archive(work: Workspace, document: Document, signature: Signature) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        files = zip((_RECORD, _SEAL), _files(work, document, signature), strict=True)
        for name, content in files:
            archive.writestr(name, content)
    return packed.getvalue()


def _files(work: Workspace, document: Document, signature: Signature) -> tuple[bytes, bytes]:
    record = flow.approval(work, document).record
    return record.canonical(), work.store.get(signature.beside)

"""The product's mark and name, drawn."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from workbench.words import language

_STATIC = Path(__file__).with_name("static")
MARK = str(_STATIC / "mark.svg")


def wordmark() -> str:
    """The mark with the product's name beside it, in the reader's language and theme."""
    theme = "dark" if st.context.theme.type == "dark" else "light"
    return str(_STATIC / f"wordmark-{language()}-{theme}.svg")

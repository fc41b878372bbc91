"""A scanned page on screen: whole with marked places, or just the strip where a field stands.

The browser loads each page once, from /page-images/; a strip is the same picture, cut by CSS.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from workbench.model import Box, Page
from workbench.words import say

_MARK = "position:absolute; outline:1.5px solid #c2410c; background:rgba(251,146,60,.16);"
_FRAME = "border:1px solid rgba(128,128,128,.45); border-radius:4px; background:#fff;"


def address(page: Page) -> str:
    return f"/page-images/{page.view}"


def upright(page: Page, box: Sequence[float]) -> Box:
    """Where a box on the page as scanned lies on the picture, which is turned upright."""
    return Box.clipped(*box).turned(page.rotation)


def show_all(pages: Sequence[Page], *, marks: Sequence[tuple[int, Sequence[float]]] = ()) -> None:
    """A document's pages, one at a time, in a frame that scrolls; `marks` are (page, box on it)."""
    if not pages:
        st.markdown(":gray[" + say("The pages have not been split yet.") + "]")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        zoom = st.segmented_control(
            say("Zoom"),
            (60, 100, 160),
            default=100,
            required=True,
            format_func=lambda share: f"{share} %",
            key=f"zoom.{pages[0].document}",
            label_visibility="collapsed",
        )
        number = 1
        if len(pages) > 1:
            number = st.pagination(len(pages), key=f"page.{pages[0].document}")
    page = pages[number - 1]
    _show(page, [box for at, box in marks if at == page.number], zoom=zoom)


def _show(page: Page, marks: Sequence[Sequence[float]], *, zoom: int, height: int = 640) -> None:
    drawn = "".join(_mark(upright(page, box)) for box in marks)
    words = escape(say("Page {n}", n=page.number + 1))
    st.html(
        f'<div style="{_FRAME} height:{height}px; overflow:auto;" tabindex="0">'
        f'<div style="position:relative; width:{zoom}%; margin:0 auto;">'
        f'<img src="{address(page)}" alt="{words}" style="width:100%; display:block;">'
        f"{drawn}</div></div>"
    )


def strip(page: Page, box: Sequence[float]) -> str:
    """HTML of the strip of the page that holds the box, with a little air around it."""
    inner = upright(page, box)
    turned = page.rotation % 180 != 0
    width, height = (page.height, page.width) if turned else (page.width, page.height)
    air = 0.006
    cut = Box.clipped(
        inner.left - air, inner.top - air, inner.right + air, inner.bottom + air * width / height
    )
    # Margins in per cent count from the width of the frame: down as well as across.
    share = 100 / cut.width
    down = cut.top * share * height / width
    tall = cut.height * height / (cut.width * width)
    frame = (
        f"{_FRAME} overflow:hidden; position:relative; width:100%; max-height:140px;"
        f" max-width:{cut.width * 1000:.0f}px; aspect-ratio:{1 / tall:.3f};"
    )
    picture = (
        f"position:absolute; max-width:none; width:{share:.2f}%;"
        f" left:{-cut.left * share:.2f}%; margin-top:{-down:.2f}%;"
    )
    return (
        f'<div style="{frame}">'
        f'<img src="{address(page)}" alt="" loading="lazy" style="{picture}"></div>'
    )


def _mark(box: Box) -> str:
    return (
        f'<div style="{_MARK} left:{box.left:.2%}; top:{box.top:.2%};'
        f' width:{box.width:.2%}; height:{box.height:.2%};"></div>'
    )

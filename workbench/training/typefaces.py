"""Fonts to learn from: those on the machine that can draw every Vietnamese letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont

# Families that tests and truth scans are set in, and what was drawn after them: never learned from.
KEPT_FOR_TESTS: Final = (
    "liberation", "cousine", "arimo", "tinos", "dejavu", "noto", "patrick hand", "playpen",
    "dancing script",
)  # fmt: skip
_HAND: Final = re.compile(
    r"hand|script|mali|itim|sriracha|charm|pangolin|playwrite|grandstander|shantell|sedgwick|vibes|ephesis|"
    r"gwendolyn|oooh|square peg|grechen|licorice|fuggles|chorus|caveat|mitr", re.IGNORECASE,
)  # fmt: skip
_TOO_ODD: Final = re.compile(
    r"hairline|thin|extralight|math|dingbat|symbol|smallcaps|08-", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Typeface:
    """A font file, its family, and whether it looks like handwriting."""

    file: Path
    family: str
    by_hand: bool


# Signs that a face may lack: they are rare, and drawn from the others.
_SPARE: Final = frozenset("!\"%&'*+?_§°²³–“”…")


def find(
    folders: Iterable[Path], characters: str, *, kept_out: Sequence[str] = KEPT_FOR_TESTS
) -> tuple[Typeface, ...]:
    """The fonts under `folders` that can draw all `characters`, in the order of their names."""
    found = []
    for folder in folders:
        for file in sorted([*folder.rglob("*.ttf"), *folder.rglob("*.otf")]):
            if (family := _family(file, characters, kept_out)) is not None:
                found.append(Typeface(file, family, bool(_HAND.search(f"{family} {file.stem}"))))
    return tuple(sorted(found, key=lambda face: (face.family, face.file.name)))


def _family(file: Path, characters: str, kept_out: Sequence[str]) -> str | None:
    """Its family; none where it lacks letters, is kept for tests or is no text face."""
    try:
        with TTFont(file, lazy=True) as font:
            family = str(font["name"].getDebugName(16) or font["name"].getDebugName(1) or file.stem)
            lacks = set(characters) - {chr(code) for code in font.getBestCmap() or {}}
    except (TTLibError, KeyError, OSError, AssertionError):
        return None
    names = f"{family} {file.stem}".lower().replace("-", " ")
    if any(kept in names for kept in kept_out) or _TOO_ODD.search(file.stem):
        return None
    return None if lacks - _SPARE else family


@lru_cache(maxsize=512)
def at_size(file: Path, pixels: int) -> Any:
    return ImageFont.truetype(str(file), pixels)


def by_family(faces: Sequence[Typeface]) -> tuple[tuple[Typeface, ...], ...]:
    """The faces of each family together, so that a family of many weights counts once."""
    families: dict[str, list[Typeface]] = {}
    for face in faces:
        families.setdefault(face.family, []).append(face)
    return tuple(tuple(members) for members in families.values())

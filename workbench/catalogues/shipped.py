"""Which templates come with the workbench: authorised with it, and by nobody else."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def shipped_templates() -> frozenset[str]:
    """The SHA-256 of each template that comes with the workbench."""
    text = files(__package__).joinpath("templates.txt").read_text("utf-8")
    lines = (line.split() for line in text.splitlines() if line and not line.startswith("#"))
    return frozenset(digest for digest, _name in lines)

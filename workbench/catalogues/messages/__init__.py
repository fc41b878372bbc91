"""Profiles of record messages: which of our values stands in which field of whose message. Data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def sources() -> Mapping[str, Mapping[str, Any]]:
    """What each file says, by its id."""
    found: dict[str, Mapping[str, Any]] = {}
    for file in sorted(files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.endswith(".yaml"):
            said = yaml.safe_load(file.read_text(encoding="utf-8"))
            found[said["id"]] = said
    return found

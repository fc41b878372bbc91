"""The rules that official papers hold to, as they are written in `rules.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def paper_rules() -> Sequence[Mapping[str, Any]]:
    """Every rule in its written form, in their order."""
    with files(__package__).joinpath("rules.yaml").open(encoding="utf-8") as source:
        found: Sequence[Mapping[str, Any]] = yaml.safe_load(source)["rules"]
    return found

"""A template as YAML, always in the same words: what is drawn can be read, compared and kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from workbench.template.shape import Template

_WIDTH = 100  # columns that a line may have before it is broken into a block
_PATTERNS = frozenset(("pattern", "line"))  # regular expressions stand in single quotes
_Path = tuple[str, ...]


def write(template: Template) -> bytes:
    """The canonical text of a template; `parse(write(t))` equals `t`, but for its source.

    What has its default is left out. Fields keep their order; short groups stand on one line.
    """
    content = template.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["anchors"] = [_anchor(anchor) for anchor in content["anchors"]]
    lines = (line for key, part in content.items() for line in _entry(0, (key,), part))
    return "".join(f"{line}\n" for line in lines).encode()


def write_unfinished(content: Mapping[str, Any]) -> bytes:
    """The text of a template that is not whole yet, in the words it has; `content` reads it."""
    text: str = yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False, width=_WIDTH)
    return text.encode()


def _anchor(anchor: Mapping[str, Any]) -> Any:
    return dict(anchor) if "at" in anchor else anchor["text"]


def _entry(depth: int, path: _Path, part: Any) -> Iterator[str]:
    """`key: value`, on one line or as a block under its key."""
    head = f"{'  ' * depth}{_scalar(path[-1])}:"
    flow = _flow(part, path[-1])
    is_group = isinstance(part, (Mapping, list)) and bool(part)
    if not is_group or not (_stands_alone(path) or len(head) + 1 + len(flow) > _WIDTH):
        yield f"{head} {flow}"
        return
    yield head
    if isinstance(part, Mapping):
        for key, inner in part.items():
            yield from _entry(depth + 1, (*path, str(key)), inner)
        return
    for inner in part:
        if isinstance(inner, Mapping) and path == ("rules",):
            first, *rest = (
                line for k, v in inner.items() for line in _entry(depth + 2, (*path, k), v)
            )
            yield f"{'  ' * (depth + 1)}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{'  ' * (depth + 1)}- {_flow(inner)}"


def _stands_alone(path: _Path) -> bool:
    """Whether this group has a line for each of its parts, however short they are."""
    match path:
        case ("title" | "recognised_by" | "anchors" | "fields" | "items" | "holder" | "rules",):
            return True
        case ("fields", _) | ("items", "columns") | ("items", "columns", _) | ("rules", "says"):
            return True
        case ("holder", "numbers"):
            return True
    return False


def _flow(value: Any, key: str = "") -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(k)}: {_flow(v, k)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(part) for part in value) + "]"
    return _scalar(value, pattern=key in _PATTERNS)


def _scalar(value: Any, *, pattern: bool = False) -> str:
    """One scalar on one line, quoted where YAML would take it for something else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str):
        return str(value).lower()  # a number, true or false
    if not value.isprintable():
        text: str = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=float("inf"))
        return text.rstrip("\n")
    if pattern:
        return "'" + value.replace("'", "''") + "'"
    return _flow_text(value)


@lru_cache(maxsize=1 << 12)
def _flow_text(text: str) -> str:
    """As PyYAML would write it in a list of one, without the brackets."""
    told: str = yaml.safe_dump(
        [text], default_flow_style=True, allow_unicode=True, width=float("inf")
    )
    return told.rstrip("\n")[1:-1]

"""The YAML of a template, read and checked: the first thing that is wrong stops it.

A broken file is told by its line; whoever reads a whole folder stops at it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from workbench.errors import TemplateError
from workbench.template.shape import Template

_LARGEST: Final = 256 * 1024  # bytes; the forms that ship have about 10 KB
_MOST_PARTS: Final = 50_000  # words and groups, each reference written out


class TooMuchError(ValueError):
    """A text that no form needs."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def load(path: Path) -> Template:
    """Read and check one file. Raises TemplateError with file, line and words."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise TemplateError(
            "The template {name} cannot be read.", "Check the folder.", name=path.name
        ) from error
    return parse(source, path.name)


def load_all(folder: Path) -> Mapping[str, Template]:
    """Every template of a folder by its id. Raises TemplateError at the first that is broken."""
    found: dict[str, Template] = {}
    for path in sorted(folder.glob("*.yaml")):
        template = load(path)
        if template.id in found:
            raise TemplateError(
                "{name}: the template {id} exists twice.",
                "Give one of them another id.",
                name=path.name,
                id=template.id,
            )
        found[template.id] = template
    return found


def parse(source: bytes, name: str) -> Template:
    """Check the text of a template; `name` is what errors call it.

    Raises TemplateError at the first thing that is wrong; `check` tells them all.
    """
    try:
        must_be_small(source)
        root = yaml.compose(source, Loader=yaml.SafeLoader)
        content = yaml.safe_load(source)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _unreadable(error, name) from error
    if not isinstance(content, dict):
        content = {}
    try:
        return Template.model_validate({**content, "source": source})
    except ValidationError as error:
        first = error.errors()[0]
        place = place_of(first["loc"])
        raise TemplateError(
            "{name}, line {line}: {place}: {problem}.",
            "Correct the line and load it again.",
            name=name,
            line=line_of(root, place),
            place=".".join(str(part) for part in place) or "template",
            problem=first["msg"].removeprefix("Value error, "),
        ) from error


def content(source: bytes, name: str) -> dict[str, Any]:
    """What the text of a template says so far, perhaps not yet valid: for drafts.

    Raises TemplateError where it is no YAML or no group of words.
    """
    try:
        must_be_small(source)
        said = yaml.safe_load(source)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _unreadable(error, name) from error
    if not isinstance(said, dict):
        raise TemplateError(
            "This is not a template: it must begin with id, version and title.",
            "Correct the line and load it again.",
        )
    return said


def must_be_small(source: bytes) -> None:
    """Raise TooMuchError for a text that is larger than any form, or grows so by its references.

    Told before anything is built of it: a few lines that refer to each other say millions.
    """
    if len(source) > _LARGEST:
        raise TooMuchError("the text is larger than any form")
    sizes: dict[str, int] = {}  # of what is referred to
    open_: list[tuple[str | None, int]] = []  # name, and the size of all before it
    size = 0
    for event in yaml.parse(source, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            size += sizes.get(event.anchor or "", _MOST_PARTS)
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, size))
            size += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            name, before = open_.pop()
            if name is not None:
                sizes[name] = size - before
        elif isinstance(event, yaml.ScalarEvent):
            size += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        if size > _MOST_PARTS:
            raise TooMuchError("the text says more than any form")


def _unreadable(error: Exception, name: str) -> TemplateError:
    line, problem = not_yaml(error)
    return TemplateError(
        "{name}, line {line}: not valid YAML: {problem}.",
        "Correct the line and load it again.",
        name=name,
        line=line,
        problem=problem,
    )


def not_yaml(error: Exception) -> tuple[int, str]:
    """The line, from 1, and what is wrong with a text that is no YAML."""
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None)
    return (mark.line + 1 if mark else 1), str(problem or "the text is not UTF-8")


def place_of(loc: Sequence[str | int]) -> tuple[str | int, ...]:
    """Where in the file pydantic means."""
    return tuple(part for part in loc if not str(part).startswith("function-"))


def line_of(node: Any, place: Sequence[str | int]) -> int:
    """The line, from 1, of the deepest part of `place` that stands in the file."""
    line = 1
    for child in _descend(node, place):
        line = child.start_mark.line + 1
    return line


def _descend(node: Any, place: Sequence[str | int]) -> Iterator[Any]:
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {key.value: (key, value) for key, value in node.value}
            if str(part) not in pairs:
                return
            key, node = pairs[str(part)]
            yield key
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return
            node = node.value[part]
            yield node
        else:
            return

"""Everything that is wrong with the text of a template, told together by line and in words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from pydantic import ValidationError

from workbench import catalogues
from workbench.errors import Sentence
from workbench.model import Severity
from workbench.template import patterns
from workbench.template.reading import line_of, must_be_small, not_yaml, place_of
from workbench.template.shape import A4, Template, WrongError
from workbench.vietnamese import fold

_Place = tuple[str | int, ...]
_Told = tuple[_Place, Sentence, Severity]

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SHORT_ANCHOR: Final = 5  # letters; shorter words stand anywhere on a page
_ENOUGH_ANCHORS: Final = 4  # fewer are soon lost to a stamp or a fold
_PLACED_ANCHORS: Final = 3  # from which a form can be placed on a page for `box`
_LONGEST_PATTERN: Final = 500


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or unwise, in the text of a template."""

    file: str
    line: int  # from 1
    place: tuple[str, ...]  # ("fields", "so", "pattern"); empty for the template as a whole
    says: Sentence
    severity: Severity  # an error stops it from being submitted, a warning does not

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.file,
            "line": self.line,
            "place": ".".join(self.place),
            "severity": self.severity.value,
            "says": self.says.as_json(),
        }


def check(source: bytes, name: str) -> tuple[Problem, ...]:
    """What is wrong with the text of a template, from top to bottom; nothing where all is well.

    Stricter than `parse`, which must read whatever was once authorised: whatever `parse` refuses is
    an error here, and so is what could never be read with.
    """
    try:
        must_be_small(source)
        root = yaml.compose(source, Loader=yaml.SafeLoader)
        content = yaml.safe_load(source)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        line, problem = not_yaml(error)
        says = Sentence("This is not valid YAML: {problem}.", {"problem": problem})
        return (Problem(name, line, (), says, Severity.ERROR),)
    if not isinstance(content, dict):
        says = Sentence("This is not a template: it must begin with id, version and title.")
        return (Problem(name, 1, (), says, Severity.ERROR),)
    told = [*_shape(content), *_twice(root), *_sense(content)]
    problems: dict[tuple[_Place, str], Problem] = {}
    for place, says, severity in told:
        if not _is_said_better(place, told):
            found = Problem(name, line_of(root, place), tuple(map(str, place)), says, severity)
            problems.setdefault((place, str(says)), found)
    return tuple(sorted(problems.values(), key=lambda p: (p.line, p.place, p.says.text)))


def _is_said_better(place: _Place, told: Sequence[_Told]) -> bool:
    """What the form as a whole says is said again, with its line, by what follows it."""
    return not place and any(other for other, _, severity in told
                             if other and severity is Severity.ERROR)  # fmt: skip


# --- what the form of a template forbids ----------------------------------------------------------


def _shape(content: Mapping[str, Any]) -> Iterator[_Told]:
    try:
        Template.model_validate({**content, "source": b""})
    except ValidationError as error:
        for one in error.errors():
            yield place_of(one["loc"]), _in_words(one), Severity.ERROR


def _in_words(error: Any) -> Sentence:
    context = error.get("ctx", {})
    wrong = context.get("error")
    if isinstance(wrong, WrongError):
        return wrong.says
    match error["type"]:
        case "missing":
            return Sentence("This is missing.")
        case "extra_forbidden":
            return Sentence("The language of templates has no such word.")
        case "literal_error":
            return Sentence("Give one of: {choices}.", {"choices": str(context["expected"])})
        case "string_type":
            return Sentence("This must be text; put it in quotes.")
        case "string_pattern_mismatch":
            return Sentence("Small letters, digits and _ only, and a letter first.")
        case "too_short":
            return Sentence("At least {n} are needed.", {"n": int(context["min_length"])})
        case "int_type" | "int_parsing" | "int_from_float" | "float_type" | "float_parsing":
            return Sentence("This must be a number.")
        case "bool_type" | "bool_parsing":
            return Sentence("This must be true or false.")
        case "greater_than_equal" | "greater_than" | "less_than_equal" | "finite_number":
            return Sentence("This number is out of range.")
        case "tuple_type" | "list_type" | "dict_type" | "model_type" | "model_attributes_type":
            return Sentence("This has another form: see the language of templates.")
    return Sentence("This cannot be: {problem}.", {"problem": str(error["msg"])})


def _twice(node: Any, place: _Place = ()) -> Iterator[_Told]:
    """A word that stands twice in one group: YAML would silently take the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                says = Sentence("{name} stands here twice.", {"name": str(key.value)})
                yield (*place, key.value), says, Severity.ERROR
            seen.add(key.value)
            yield from _twice(value, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _twice(value, (*place, number))


# --- what could never be read with ----------------------------------------------------------------


def _sense(content: Mapping[str, Any]) -> Iterator[_Told]:
    fields = _group(content.get("fields"))
    items = _group(content.get("items"))
    sheet = content.get("sheet", A4)
    for name, spec in fields.items():
        yield from _field(("fields", str(name)), str(name), _group(spec), sheet)
        if "zone" not in _group(spec):
            says = Sentence("field {name} has no zone", {"name": str(name)})
            yield ("fields", str(name)), says, Severity.ERROR
    for name, spec in _group(items.get("columns")).items():
        yield from _field(("items", "columns", str(name)), str(name), _group(spec), sheet)
        if "zone" in _group(spec):
            says = Sentence("A column is found under its heading; a zone says nothing here.")
            yield ("items", "columns", str(name), "zone"), says, Severity.WARNING
    if items and not _NAME.fullmatch(str(items.get("name", ""))):
        yield ("items", "name"), _NOT_A_NAME, Severity.ERROR
    yield from _label(("title",), content.get("title"))
    yield from _anchors(content, sheet)
    for number, rule in enumerate(_list(content.get("rules"))):
        yield from _rule(("rules", number), _group(rule), fields, has_items=bool(items))
    yield from _holder(_group(content.get("holder")), fields)


_NOT_A_NAME: Final = Sentence("Small letters, digits and _ only, and a letter first.")


def _field(place: _Place, name: str, spec: Mapping[str, Any], sheet: Any) -> Iterator[_Told]:
    if not _NAME.fullmatch(name):
        yield place, _NOT_A_NAME, Severity.ERROR
    yield from _label((*place, "label"), spec.get("label"))
    yield from _pattern((*place, "pattern"), spec.get("pattern"))
    catalogue = spec.get("catalogue")
    if catalogue and catalogue not in catalogues.names():
        says = Sentence("There is no catalogue {name}.", {"name": str(catalogue)})
        yield (*place, "catalogue"), says, Severity.ERROR
    if spec.get("closed") is True and not catalogue:
        says = Sentence("Only a field with a catalogue can be closed.")
        yield (*place, "closed"), says, Severity.ERROR
    zone = _group(spec.get("zone"))
    yield from _pattern((*place, "zone", "line"), zone.get("line"))
    if _is_outside(zone.get("box"), sheet):
        yield (*place, "zone", "box"), _outside(sheet), Severity.ERROR
    for way in ("after", "until"):
        for number, print_ in enumerate(_list(zone.get(way))):
            if not _letters(print_):
                says = Sentence("There are no letters in these words: they cannot be found.")
                yield (*place, "zone", way, number), says, Severity.ERROR


def _label(place: _Place, label: Any) -> Iterator[_Told]:
    for language in ("vi", "en"):
        words = _group(label).get(language, "…")  # that one is missing says the form already
        if isinstance(words, str) and not words.strip():
            yield (*place, language), Sentence("The label has no words."), Severity.ERROR


def _pattern(place: _Place, pattern: Any) -> Iterator[_Told]:
    if not isinstance(pattern, str):
        return
    if len(pattern) > _LONGEST_PATTERN:
        says = Sentence("Longer than {n} letters.", {"n": _LONGEST_PATTERN})
        yield place, says, Severity.ERROR
    elif patterns.backtracks(pattern):
        yield place, _RUNS_AWAY, Severity.ERROR


_RUNS_AWAY: Final = Sentence(
    "A repetition inside a repetition: on some texts this would never come to an end."
)


def _anchors(content: Mapping[str, Any], sheet: Any) -> Iterator[_Told]:
    given = _list(content.get("anchors"))
    texts = [_group(one).get("text", one) for one in given]
    counted = Counter(_letters(text) for text in texts if isinstance(text, str))
    placed: Counter[int] = Counter()
    for number, (one, text) in enumerate(zip(given, texts, strict=True)):
        place = ("anchors", number)
        letters = _letters(text)
        if isinstance(text, str) and counted[letters] > 1:
            yield place, Sentence("The same words stand twice among the anchors."), Severity.ERROR
        if isinstance(text, str) and not letters:
            says = Sentence("There are no letters in these words: they cannot be found.")
            yield place, says, Severity.ERROR
        elif isinstance(text, str) and len(letters) < _SHORT_ANCHOR:
            yield place, Sentence("So few letters are found anywhere."), Severity.WARNING
        if "at" in _group(one):
            placed[_whole(_group(one).get("page", 1))] += 1
            if _is_outside(_group(one)["at"], sheet):
                yield (*place, "at"), _outside(sheet), Severity.ERROR
    if 2 <= len(given) < _ENOUGH_ANCHORS:
        says = Sentence("{n} anchors are few: one stamp can hide them.", {"n": len(given)})
        yield ("anchors",), says, Severity.WARNING
    for name, spec in _group(content.get("fields")).items():
        zone = _group(_group(spec).get("zone"))
        page = _whole(zone.get("page", 1))
        if "box" in zone and placed[page] < _PLACED_ANCHORS:
            says = Sentence(
                "A box on page {page} needs at least {n} anchors with a place there.",
                {"page": page, "n": _PLACED_ANCHORS},
            )
            yield ("fields", str(name), "zone", "box"), says, Severity.ERROR


def _rule(
    place: _Place, rule: Mapping[str, Any], fields: Mapping[str, Any], *, has_items: bool
) -> Iterator[_Told]:
    check_, named = rule.get("check"), _list(rule.get("fields"))
    for number, name in enumerate(named):
        if name not in fields:
            says = Sentence(
                "rule {rule} names an unknown field: {name}",
                {"rule": str(check_), "name": str(name)},
            )
            yield (*place, "fields", number), says, Severity.ERROR
    wanted = {"in_order": 2, "born_before": 2, "counts_items": 1}.get(str(check_))
    if named and wanted is not None and len(named) != wanted:
        says = Sentence("This rule is about {n} fields.", {"n": wanted})
        yield (*place, "fields"), says, Severity.ERROR
    if check_ == "same" and len(named) == 1:
        says = Sentence("This rule is about {n} fields.", {"n": 2})
        yield (*place, "fields"), says, Severity.ERROR
    if check_ == "in_order":
        for number, name in enumerate(named):
            if name in fields and _group(fields[name]).get("kind") != "date":
                says = Sentence("{name} is no date.", {"name": str(name)})
                yield (*place, "fields", number), says, Severity.ERROR
    if check_ == "counts_items" and not has_items:
        yield place, Sentence("The form has no table whose rows could be counted."), Severity.ERROR
    yield from _label((*place, "says"), rule.get("says"))


def _holder(holder: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[_Told]:
    named: list[tuple[_Place, Any]] = [(("holder", "name"), holder.get("name"))]
    for number, one in enumerate(_list(holder.get("numbers"))):
        at: _Place = ("holder", "numbers", number)
        named += [((*at, "field"), _group(one).get("field"))]
        named += [((*at, "within"), _group(one).get("within"))]
        for pattern in _group(_group(one).get("kinds")):
            yield from _pattern((*at, "kinds", str(pattern)), pattern)
    for place, name in named:
        if name and name not in fields:
            says = Sentence("holder names an unknown field: {name}", {"name": str(name)})
            yield place, says, Severity.ERROR


def _is_outside(box: Any, sheet: Any) -> bool:
    numbers, size = _list(box), _list(sheet)
    if len(numbers) != 4 or len(size) != 2:
        return False
    if not all(isinstance(n, (int, float)) for n in (*numbers, *size)):
        return False
    return bool(max(numbers[0], numbers[2]) > size[0] or max(numbers[1], numbers[3]) > size[1])


def _outside(sheet: Any) -> Sentence:
    width, height = _list(sheet)
    return Sentence(
        "It lies outside the sheet of {width} by {height} mm.",
        {"width": width, "height": height},
    )


def _letters(text: Any) -> str:
    return "".join(sign for sign in fold(text) if sign.isalnum()) if isinstance(text, str) else ""


def _group(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, (list, tuple)) else ()


def _whole(value: Any) -> int:
    return value if isinstance(value, int) else 1

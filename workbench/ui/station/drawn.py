"""A template as the drawing board has it: the same facts in the browser's shape, there and back.

Fields, columns and the kinds of a holder's number are lists, since their order counts; everything
else stands as in the file. What is drawn need not be a whole template yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from workbench.errors import TemplateError
from workbench.template import A4, Template, write, write_unfinished
from workbench.template import content as content_of

_LONGEST = 400_000  # bytes of a template; more is no form that anybody draws


def from_text(source: bytes) -> dict[str, Any]:
    """What a text draws. Raises TemplateError where it is no template that could be drawn."""
    try:
        if len(source) > _LONGEST:
            raise TypeError
        return _drawn(content_of(source, "template"))
    except (TemplateError, RecursionError, *_MISSHAPEN) as error:
        raise TemplateError(
            "This text is no template that could be drawn.", "Correct the lines that are marked."
        ) from error


def to_text(drawn: Mapping[str, Any]) -> bytes:
    """The text of what is drawn, in the canonical words as soon as it is a whole template.

    Raises TemplateError for what no drawing board sends.
    """
    try:
        content = to_content(drawn)
        try:
            return write(Template.model_validate({**content, "source": b""}))
        except ValidationError:
            return write_unfinished(content)
    except _MISSHAPEN as error:
        raise TemplateError(
            "This station is out of date.", "Reload the page; what was drawn is kept."
        ) from error


def to_content(drawn: Mapping[str, Any]) -> dict[str, Any]:
    """What is drawn, in the shape that its file has."""
    content: dict[str, Any] = {
        "id": drawn["id"],
        "version": drawn["version"],
        "title": dict(drawn["title"]),
        "recognised_by": {
            way: list(texts)
            for way, texts in drawn["recognised_by"].items()
            if texts or way == "all_of"
        },
    }
    if drawn.get("sheet"):
        content["sheet"] = list(drawn["sheet"])
    content["anchors"] = [_anchor(one) for one in drawn["anchors"]]
    content["fields"] = {one["name"]: _unnamed(one) for one in drawn["fields"]}
    if items := drawn.get("items"):
        columns = {one["name"]: _unnamed(one) for one in items["columns"]}
        content["items"] = {"name": items["name"], "ordinal": items["ordinal"], "columns": columns}
        if items.get("until"):
            content["items"]["until"] = list(items["until"])
    if holder := drawn.get("holder"):
        numbers = [{**one, "kinds": dict(map(tuple, one["kinds"]))}
                   for one in holder.get("numbers") or ()]  # fmt: skip
        content["holder"] = {**holder, "numbers": numbers} if numbers else _without(holder)
    if drawn.get("rules"):
        content["rules"] = [dict(rule) for rule in drawn["rules"]]
    return content


def blank(template: str, *, title: str) -> dict[str, Any]:
    """A form on which nothing is drawn yet."""
    return {
        "id": template,
        "version": 1,
        "title": {"vi": title, "en": title},
        "recognised_by": {"all_of": [], "none_of": []},
        "sheet": list(A4),
        "anchors": [],
        "fields": [],
        "items": None,
        "holder": None,
        "rules": [],
    }


_MISSHAPEN = (TypeError, ValueError, KeyError, AttributeError)


def _drawn(content: Mapping[str, Any]) -> dict[str, Any]:
    recognised = content.get("recognised_by") or {}
    holder = content.get("holder")
    return {
        **blank(str(content.get("id", "")), title=""),
        "version": content.get("version", 1),
        "title": _label(content.get("title")),
        "recognised_by": {way: _texts(recognised.get(way)) for way in ("all_of", "none_of")},
        "sheet": [float(side) for side in content.get("sheet") or A4],
        "anchors": [_placed(one) for one in content.get("anchors") or ()],
        "fields": [field(name, one) for name, one in (content.get("fields") or {}).items()],
        "items": items(given) if (given := content.get("items")) else None,
        "holder": {
            **holder,
            "numbers": [
                {**one, "kinds": [[str(p), k] for p, k in one["kinds"].items()]}
                for one in holder.get("numbers") or ()
            ],
        }
        if holder
        else None,
        "rules": [
            {
                **rule,
                "severity": rule.get("severity", "warning"),
                "fields": _texts(rule["fields"]),
                "says": _label(rule.get("says")),
            }
            for rule in content.get("rules") or ()
        ],
    }


def field(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """One field as it stands in a file, in the board's shape."""
    told = {**given, "name": str(name), "label": _label(given.get("label"))}
    if zone := given.get("zone"):
        texts = {way: _texts(zone[way]) for way in ("after", "until") if way in zone}
        sides = {"box": [float(side) for side in zone["box"]]} if zone.get("box") else {}
        told["zone"] = {**zone, **texts, **sides}
    return told


def items(given: Mapping[str, Any]) -> dict[str, Any]:
    """The table of line items as it stands in a file, in the board's shape."""
    return {
        "name": str(given.get("name", "")),
        "ordinal": str(given.get("ordinal", "")),
        "until": _texts(given.get("until")),
        "columns": [field(name, one) for name, one in (given.get("columns") or {}).items()],
    }


def _placed(given: Any) -> dict[str, Any]:
    if isinstance(given, str):
        return {"text": given}
    place = {"at": [float(side) for side in given["at"]]} if given.get("at") else {}
    return {"text": str(given["text"]), **place, "page": int(given.get("page", 1))}


def _anchor(one: Mapping[str, Any]) -> Any:
    if not one.get("at"):
        return one["text"]
    page = {"page": one["page"]} if one.get("page", 1) != 1 else {}
    return {"text": one["text"], "at": list(one["at"]), **page}


def _unnamed(field: Mapping[str, Any]) -> dict[str, Any]:
    told = {key: value for key, value in field.items() if key != "name"}
    zone = told.get("zone")
    if zone and zone.get("page", 1) == 1:
        told["zone"] = {key: value for key, value in zone.items() if key != "page"}
    return told


def _without(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in holder.items() if key != "numbers"}


def _label(given: Any) -> dict[str, str]:
    words = given if isinstance(given, Mapping) else {}
    return {language: str(words.get(language) or "") for language in ("vi", "en")}


def _texts(given: Any) -> list[str]:
    if given is None:
        return []
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise TypeError
    return [str(text) for text in given]

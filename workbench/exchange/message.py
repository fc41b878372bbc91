"""The message that tells another system of one result: from a record, and back to its values.

What stands in which field is data (`catalogues/messages`); every value is text, empty where nothing
is known. `check` names what a receiver would refuse before it is sent, and what real systems get
wrong: a procedure's code where the result's belongs, a file name for a title.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from workbench import vietnamese
from workbench.catalogues import messages
from workbench.errors import Sentence, TemplateError, UnreadableFileError
from workbench.model import Finding, Record, Severity, day
from workbench.template import Label

DEFAULT = "result"
_ANY_KIND = "*"


class Part(BaseModel):
    """One field of the message: where its value comes from, and what it must look like."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    record: dict[str, tuple[str, ...]] = {}  # kind of paper ("*": any) -> fields, first filled one
    context: str = ""
    says: dict[str, str] = {}  # kind of paper -> a pattern of record fields
    written: Literal["text", "day"] = Field(default="text", alias="as")
    check: str = ""
    needed: bool = False

    @model_validator(mode="after")
    def _has_a_source(self) -> Part:
        if not (self.record or self.context or self.says):
            raise ValueError("give record, context or says")
        if self.check and self.check not in _CHECKS:
            raise ValueError(f"unknown check: {self.check}")
        return self

    def fields(self, kind: str) -> tuple[str, ...]:
        return self.record.get(kind, self.record.get(_ANY_KIND, ()))


class Profile(BaseModel):
    """Whose message it is, its fields in order, and how days are written in it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: int
    title: Label
    day: str
    fields: dict[str, Part]

    @property
    def context(self) -> tuple[str, ...]:
        """The names that a message may be given beside its record."""
        return tuple(dict.fromkeys(p.context for p in self.fields.values() if p.context))


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says in our words: values by field of the record, in their normal form (ISO
    for days), and what it says beyond the record."""

    values: Mapping[str, str]
    context: Mapping[str, str]


@cache
def profiles() -> Mapping[str, Profile]:
    """Every profile that the workbench comes with, by its id. TemplateError for a bad one."""
    found: dict[str, Profile] = {}
    for name, source in messages.sources().items():
        try:
            found[name] = Profile.model_validate(source)
        except ValidationError as error:
            raise TemplateError(
                "The message profile {name} is not valid: {problem}.",
                "Correct the file of the profile.",
                name=name,
                problem=error.errors()[0]["msg"],
            ) from error
    return found


def of(record: Record, context: Mapping[str, str], profile: Profile) -> dict[str, str]:
    """The message of a record; `context` fills what no paper says (`profile.context` names it).

    Where a field has both, what the context says goes first. Days are given as ISO text.
    """
    values = {f.name: vietnamese.nfc(f.normalised or f.value) for f in record.fields}
    message = {}
    for name, part in profile.fields.items():
        said = context.get(part.context, "") if part.context else ""
        said = said or _first(part.fields(record.kind), values)
        said = said or _worded(part.says.get(record.kind, ""), values)
        message[name] = _day_out(said, profile) if part.written == "day" else said
    return message


def read(message: Mapping[str, object], profile: Profile, *, kind: str) -> Told:
    """What a message of a paper of this kind says. A field that is missing says nothing.

    Raises UnreadableFileError for a value that is no text.
    """
    values: dict[str, str] = {}
    context: dict[str, str] = {}
    for name, part in profile.fields.items():
        said = message.get(name, "")
        if not isinstance(said, str):
            raise UnreadableFileError(
                "The field {name} of the message is no text.",
                "Every value of the message stands between quotation marks.",
                name=name,
            )
        said = vietnamese.nfc(said)
        if part.written == "day":
            said = _day_in(said, profile)
        if not said:
            continue
        if part.context:
            context[part.context] = said
        elif fields := part.fields(kind):
            values[fields[0]] = said
        else:
            values |= _unworded(part.says.get(kind, ""), said, values)
    return Told(values, context)


def written(message: Mapping[str, str]) -> bytes:
    """The message as it travels: JSON in UTF-8, its fields in their order."""
    return json.dumps(message, ensure_ascii=False, indent=1).encode() + b"\n"


def check(message: Mapping[str, object], profile: Profile) -> tuple[Finding, ...]:
    """Everything for which a receiver would refuse the message, or should."""
    found: list[Finding] = []
    for name in message:
        if name not in profile.fields:
            found.append(
                _error("unknown", Sentence("The message has a field that its profile lacks."), name)
            )
    texts = {n: v for n in profile.fields if isinstance(v := message.get(n), str)}
    for name, part in profile.fields.items():
        if name not in message:
            found.append(_error("absent", Sentence("The field is missing from the message."), name))
        elif name not in texts:
            found.append(_error("text", Sentence("The value of the field is no text."), name))
        elif not texts[name].strip():
            if part.needed:
                found.append(
                    _error("needed", Sentence("The field is empty, and it is needed."), name)
                )
        elif part.written == "day" and not _day_in(texts[name], profile):
            found.append(
                _error("day", Sentence("This is no day as the message writes days."), name)
            )
        elif part.check:
            found += _CHECKS[part.check](name, texts, profile)
    return tuple(found)


def check_all(messages_: Sequence[Mapping[str, object]], profile: Profile) -> tuple[Finding, ...]:
    """What only shows in many messages together: one number or one code for all of them."""
    found: list[Finding] = []
    for name, part in profile.fields.items():
        if part.check != "result_code" and part.record.get(_ANY_KIND) != ("so",):
            continue
        said = [text for m in messages_ if isinstance(text := m.get(name), str) and text]
        if len(said) > 2 and len(set(said)) == 1:
            found.append(_error("constant", Sentence("Every message says the same here."), name))
        elif part.check == "result_code" and len(set(said)) < len(said):
            found.append(_error("twice", Sentence("Two messages have the same result code."), name))
    return tuple(found)


# --- values --------------------------------------------------------------------------------------


def _first(fields: Sequence[str], values: Mapping[str, str]) -> str:
    return next((values[name] for name in fields if values.get(name)), "")


def _worded(pattern: str, values: Mapping[str, str]) -> str:
    """The pattern with its fields filled in; nothing where one of them is empty."""
    names = [name for _, name, _, _ in string.Formatter().parse(pattern) if name]
    if not pattern or not all(values.get(name) for name in names):
        return ""
    return pattern.format(**{name: values[name] for name in names})


def _unworded(pattern: str, said: str, known: Mapping[str, str]) -> dict[str, str]:
    """The fields of a pattern out of what it came to, given those that are known already; empty
    where it did not come from this pattern."""
    if not pattern:
        return {}
    parts = []
    for text, name, _, _ in string.Formatter().parse(pattern):
        parts.append(re.escape(text))
        if name:
            parts.append(re.escape(known[name]) if name in known else f"(?P<{name}>.+)")
    found = re.fullmatch("".join(parts), said, re.DOTALL)
    return found.groupdict() if found else {}


def _day_out(said: str, profile: Profile) -> str:
    when = day(said)
    return when.strftime(profile.day) if when else said


def _day_in(said: str, profile: Profile) -> str:
    try:
        return datetime.strptime(said, profile.day).date().isoformat()
    except ValueError:
        return ""


# --- checks: domain rules 2.3 and 5 --------------------------------------------------------------

_PROCEDURE = re.compile(r"\d\.\d{6}")  # mã TTHC on CSDLQG; never with leading zeros before the dot
_DOSSIER = re.compile(r"[0-9A-Z][0-9A-Z.]*-(\d{6})-\d{4,6}")  # Thông tư 01/2018/TT-VPCP, Điều 19
_AGENCY = re.compile(r"[A-Z]\d{2}(\.\d{2,3}){0,3}|(\d{2,3}\.){1,3}[A-Z]\d{2}")  # QĐ 20/2020/QĐ-TTg
_FILE = re.compile(r"\.(pdf|docx?|xlsx?|jpe?g|png|tiff?|zip)$", re.IGNORECASE)

Texts = Mapping[str, str]


def _procedure(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    said = texts[name]
    if said.isdigit():
        yield _error(
            "portal_id",
            Sentence("This is a number inside a portal, not the code of a procedure."),
            name,
        )
    elif not _PROCEDURE.fullmatch(said):
        yield _error("procedure", Sentence("A procedure's code looks like 2.001478."), name)


def _result_code(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    said = texts[name]
    if _PROCEDURE.fullmatch(said):
        yield _error(
            "procedure_as_result",
            Sentence("A procedure's code stands where the result's code belongs."),
            name,
        )
    elif said.isdigit() and len(said) < 9:
        yield _error(
            "portal_id", Sentence("This is a number inside a portal, not a result's code."), name
        )


def _title(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    said = texts[name]
    files = [texts[n] for n, part in profile.fields.items() if part.check == "file_name"
             and texts.get(n)]  # fmt: skip
    stems = {vietnamese.fold(_FILE.sub("", file)) for file in files}
    if _FILE.search(said) or vietnamese.fold(said) in stems:
        yield _error(
            "title", Sentence("The name of a file stands where the paper's title belongs."), name
        )


def _dossier(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    found = _DOSSIER.fullmatch(texts[name])
    if found is None:
        yield _error(
            "dossier", Sentence("A dossier's code looks like 000.00.00.G01-220701-0001."), name
        )
        return
    try:
        datetime.strptime(found[1], "%y%m%d")
    except ValueError:
        yield _error("dossier_day", Sentence("The dossier's code holds no possible day."), name)


def _agency(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    if not _AGENCY.fullmatch(texts[name]):
        yield _error("agency", Sentence("An agency's code looks like G01 or 000.00.00.G01."), name)


def _file_name(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    if not texts[name].lower().endswith(".pdf"):
        yield _error("file_name", Sentence("The attached file must be a PDF."), name)


def _day(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    when = date.fromisoformat(_day_in(texts[name], profile))
    if not 1945 <= when.year <= 2100:
        yield Finding(Severity.WARNING, "year", Sentence("The year is implausible."), (name,))


def _term(name: str, texts: Texts, profile: Profile) -> Iterator[Finding]:
    until = _day_in(texts[name], profile)
    issued = next(
        (_day_in(texts[n], profile) for n, p in profile.fields.items()
         if p.check == "day" and texts.get(n)), "",
    )  # fmt: skip
    if issued and until < issued:
        yield _error("order", Sentence("The term ends before the day of issue."), name)


_CHECKS: Mapping[str, Callable[[str, Texts, Profile], Iterator[Finding]]] = {
    "agency": _agency,
    "day": _day,
    "dossier": _dossier,
    "file_name": _file_name,
    "procedure": _procedure,
    "result_code": _result_code,
    "term": _term,
    "title": _title,
}


def _error(rule: str, sentence: Sentence, name: str) -> Finding:
    return Finding(Severity.ERROR, f"message.{rule}", sentence, (name,))

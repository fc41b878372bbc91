"""What people read, in their language: message ids are English, Vietnamese stands in `vi/*.po`.

`say` speaks the language that `speak` chose for this thread of work (Vietnamese until then).
Catalogues are read as text at start, so no compiled file can fall behind its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Literal

from babel.messages.pofile import read_po

from workbench.errors import Sentence, WorkbenchError

Language = Literal["vi", "en"]

_learned: dict[str, str] = {}  # English -> Vietnamese that templates bring along
_language: ContextVar[Language] = ContextVar("language", default="vi")


def speak(language: Language) -> None:
    """Choose the language for what follows in this context (a session, a command)."""
    _language.set(language)


def language() -> Language:
    return _language.get()


def say(text: str | Sentence | WorkbenchError, /, **values: object) -> str:
    """The words of `text` in the chosen language, with its values filled in."""
    if isinstance(text, WorkbenchError):
        text = text.message
    if isinstance(text, Sentence):
        values = {**text.values, **values}
        text = text.text
    spoken = text
    if _language.get() == "vi":
        spoken = catalogue().get(text) or _learned.get(text, text)
    return spoken.format(**values) if values else spoken


def remedy(error: WorkbenchError) -> str:
    """What the person can do about it; empty where nothing helps."""
    return say(error.remedy) if error.remedy.text else ""


def learn(pairs: Mapping[str, str]) -> None:
    """Take in sentences that a template brings in both languages."""
    _learned.update(pairs)


@cache
def catalogue() -> Mapping[str, str]:
    """Every message id with its Vietnamese, from all files in `vi/`."""
    spoken: dict[str, str] = {}
    for file in sorted(files(__package__).joinpath("vi").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".po"):
            with file.open("rb") as source:
                for message in read_po(source, locale="vi"):
                    if isinstance(message.id, str) and message.id and message.string:
                        spoken[message.id] = str(message.string)
    return spoken

"""Everything that can go wrong and that a person can act on.

An error says two things, both as a `Sentence` that screens and the command line translate:
what happened to the person's thing, and what to do next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from traceback import extract_tb
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words for a person: an English pattern (the message id) and the values that fill it.

    Kept as data, so that what was written by a worker at night is read in the reader's language.
    Values are counts, file names as given, field names and codes; never what a paper says.
    """

    text: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text.format(**self.values)

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "values": dict(self.values)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Sentence:
        return cls(kept["text"], dict(kept.get("values", {})))


class WorkbenchError(Exception):
    """Something went wrong."""

    exit_code: ClassVar[int] = 1

    def __init__(self, text: str = "", remedy: str = "", **values: str | int | float) -> None:
        default = (type(self).__doc__ or "").split("\n", 1)[0]
        self.message = Sentence(text or default, values)
        self.remedy = Sentence(remedy, values)
        super().__init__(str(self.message))

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders: keyword-only values would be lost by the default pickling.
        return (_rebuild, (type(self), self.message, self.remedy))


def _rebuild(kind: type[WorkbenchError], message: Sentence, remedy: Sentence) -> WorkbenchError:
    values = {**message.values, **remedy.values}
    return kind(message.text, remedy.text, **values)


class UnreadableFileError(WorkbenchError):
    """The file cannot be taken in."""

    exit_code = 3


class EngineUnavailableError(WorkbenchError):
    """The engine cannot run on this machine."""

    exit_code = 4


class StoppedError(WorkbenchError):
    """The work was stopped before it was done."""

    exit_code = 4


class ReadingFailedError(WorkbenchError):
    """The page could not be read."""

    exit_code = 4


class NoTemplateError(WorkbenchError):
    """No template fits this form."""

    exit_code = 5


class PoorPageError(WorkbenchError):
    """The page is too poor to be read."""

    exit_code = 5


class TemplateError(WorkbenchError):
    """The template is not valid."""

    exit_code = 6


class StaleDocumentError(WorkbenchError):
    """Somebody else changed this document while you looked at it."""

    exit_code = 7


class NotAllowedError(WorkbenchError):
    """You may not do this."""

    exit_code = 8


class NotReadyError(WorkbenchError):
    """This cannot be done yet."""

    exit_code = 9


class SigningError(WorkbenchError):
    """The document was not signed."""

    exit_code = 10


class WrongPinError(SigningError):
    """The PIN is wrong."""


class RefusedError(SigningError):
    """Whoever had to confirm the seal refused it."""


class ExpiredError(SigningError):
    """Nobody confirmed the seal in time."""


class UnreachableServiceError(SigningError):
    """The signing service cannot be reached."""


class LostAnswerError(UnreachableServiceError):
    """The order may have reached the signing service, but its answer did not reach us."""


class DepositError(WorkbenchError):
    """The repository did not take the package."""

    exit_code = 11


class StorageError(WorkbenchError):
    """The store cannot be written."""

    exit_code = 12


class MissingFileError(StorageError):
    """A kept file is missing."""


class OutdatedLakeError(StorageError):
    """The event lake was written by another version of the workbench."""


class SettingsError(WorkbenchError):
    """A setting is not valid."""

    exit_code = 13


def places(error: BaseException) -> list[str]:
    """Where an unforeseen error came from, for the log: files and lines, never its message.

    A message may quote what a paper says (a database names the row it refuses).
    """
    return [f"{Path(f.filename).name}:{f.lineno}" for f in extract_tb(error.__traceback__)]

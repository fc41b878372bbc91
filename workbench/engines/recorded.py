"""What real engines said, kept as JSON and said again: for tests, and to look into a dispute.

A recording is found by the SHA-256 of the image file and by the lines that were asked for, so
another image, or one more line, has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from workbench.errors import EngineUnavailableError, ReadingFailedError
from workbench.model import Box, Identity, Word
from workbench.seams import OcrEngine

_IDENTITY: Final = "identity.json"


class Recorded:
    """An engine that says again what the engine `name` said when it was recorded in `folder`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._folder = folder / name

    def identity(self) -> Identity:
        try:
            kept = json.loads((self._folder / _IDENTITY).read_text("utf-8"))
        except FileNotFoundError as missing:
            raise EngineUnavailableError(
                "There are no recordings of {engine}.",
                "Record it where it can run.",
                engine=self.name,
            ) from missing
        return Identity(**kept)

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        try:
            kept = json.loads((self._folder / _key(image, lines)).read_text("utf-8"))
        except FileNotFoundError as missing:
            raise ReadingFailedError(
                "There is no recording of this page by {engine}.",
                "Record it where {engine} can run.",
                engine=self.name,
            ) from missing
        return tuple(Word.from_json(word) for word in kept)


class Recorder:
    """Lets `engine` read, and keeps in `folder` what it said."""

    def __init__(self, engine: OcrEngine, folder: Path) -> None:
        self.name = engine.name
        self._engine = engine
        self._folder = folder / engine.name

    def identity(self) -> Identity:
        who = self._engine.identity()
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(who), ensure_ascii=False, indent=1)
        (self._folder / _IDENTITY).write_text(f"{text}\n", "utf-8")
        return who

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        self.identity()
        words = self._engine.recognise(image, lines)
        # One word a line: a recording made anew is looked at as a diff.
        rows = ",\n".join(json.dumps(word.as_json(), ensure_ascii=False) for word in words)
        (self._folder / _key(image, lines)).write_text(f"[\n{rows}\n]\n", "utf-8")
        return words


def _key(image: Path, lines: Sequence[Box]) -> str:
    page = hashlib.sha256(image.read_bytes()).hexdigest()[:24]
    if not lines:
        return f"{page}.json"
    asked = json.dumps([line.as_list() for line in lines]).encode()
    return f"{page}-{hashlib.sha256(asked).hexdigest()[:8]}.json"

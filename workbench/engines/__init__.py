"""Readers: every installed OCR engine, found through entry points, each behind one protocol."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from workbench.errors import EngineUnavailableError
from workbench.model import Identity
from workbench.seams import OcrEngine

ENTRY_POINTS = "workbench.engines"


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Whether an engine can run on this machine: who it is, or why not."""

    name: str
    identity: Identity | None
    why_not: EngineUnavailableError | None

    @property
    def available(self) -> bool:
        return self.identity is not None


def discover(weights: Path | None = None, learned: Path | None = None) -> tuple[OcrEngine, ...]:
    """Every engine that is registered, by name, whether or not it can run here; loads no model.

    `weights` is the folder with weights the user brings (EasyOCR's latin_g2.pth, say), `learned`
    the network that was accepted here. An engine's class is called with `weights`, and with
    `learned` too where the class says of itself that it `learns`.
    """
    found = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    kinds = [point.load() for point in found]
    return tuple(
        kind(weights, learned) if getattr(kind, "learns", False) else kind(weights)
        for kind in kinds
    )


def status(engine: OcrEngine) -> EngineStatus:
    """Whether `engine` can run here, found out without reading anything."""
    try:
        return EngineStatus(engine.name, engine.identity(), None)
    except EngineUnavailableError as why_not:
        return EngineStatus(engine.name, None, why_not)

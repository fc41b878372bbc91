"""Teaching in a process of its own, a while at a time: it can be stopped, killed, gone on with."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, TypeVar

from rapidfuzz.distance import Levenshtein

from workbench import copybook, vietnamese
from workbench.engines import easyocr, line_network, networks, strips
from workbench.errors import NotReadyError, WorkbenchError
from workbench.executors import Processes
from workbench.lab import Share
from workbench.model import Taught
from workbench.training import course, network, texts, typefaces
from workbench.training.course import Course, Plan
from workbench.training.lines import Fonts, Line

R = TypeVar("R")

FONTS: Final = (Path("/usr/share/fonts"), Path("/usr/share/texmf/fonts/opentype"))
FEWEST_FAMILIES: Final = 3  # fewer teach the fonts, not the letters
# Gently: it knows the letters, and is to learn this site's scans without losing others'.
PLAN: Final = Plan(steps=2_000, pace=1.5e-4, examine_every=100, patience=8)
_OVERTIME: Final = 600.0  # seconds a while may take longer than it was given: an exam, a slow disk
_LONGEST: Final = 30  # widths by height of a line; wider ones cost more than they teach


@dataclass(frozen=True, slots=True)
class _While:
    folder: Path
    fonts: tuple[Path, ...]
    plan: Plan
    seconds: float
    name: str = ""


class Apart:
    """Fills the seam `Teacher`: one process, begun with the first while, that then stays warm."""

    def __init__(self, fonts: Sequence[Path] = FONTS, plan: Plan = PLAN) -> None:
        self._fonts = tuple(fonts)
        self._plan = plan
        self._pool: Processes | None = None

    def begin(self, folder: Path, learned: Path | None) -> str:
        easyocr.package()
        fonts_of(self._fonts)
        alone = learned or networks.SHIPPED
        start = alone.with_suffix(".pth")
        if not start.is_file():
            raise NotReadyError(
                "The weights of the network that reads are missing.", "Install the workbench again."
            )
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(start, folder / "start.pth")
        shutil.copyfile(alone, folder / "before.onnx")
        return strips.weights_name(alone)

    def go_on(self, folder: Path, *, seconds: float) -> Taught:
        return self._run(_teach, _While(folder, self._fonts, self._plan, seconds))

    def finish(self, folder: Path, name: str) -> Mapping[str, Any]:
        return self._run(_finish, _While(folder, self._fonts, self._plan, _OVERTIME, name))

    def close(self) -> None:
        if self._pool is not None:
            self._pool.close()

    def _run(self, task: Callable[[_While], R], given: _While) -> R:
        if self._pool is None:
            self._pool = Processes(1, seconds=given.seconds + _OVERTIME)
        ((_, result),) = self._pool.run(task, [given])
        if isinstance(result, WorkbenchError):
            raise result
        return result


@lru_cache(maxsize=1)
def fonts_of(folders: tuple[Path, ...]) -> Fonts:
    """The fonts to learn from. Raises NotReadyError where they are too few."""
    faces = typefaces.find([f for f in folders if f.is_dir()], texts.CHARACTERS)
    families = {face.family for face in faces}
    if len(families) < FEWEST_FAMILIES:
        raise NotReadyError(
            "Only {n} families of fonts here can draw every Vietnamese letter and may be used.",
            "Install more, as docs/training.md says, or name their folders with --fonts.",
            n=len(families),
        )
    return Fonts.of(faces)


def _teach(task: _While) -> Taught:
    _give_way()
    parent = os.getppid()
    done = course.train(
        task.folder,
        fonts_of(task.fonts),
        task.folder / "start.pth",
        plan=task.plan,
        seconds=task.seconds,
        confirmed=_lines(task.folder / "learn"),
        asked=_lines(task.folder / "choose"),
        is_left=lambda: os.getppid() != parent,
    )
    return _taught(done)


@cache
def _give_way() -> None:
    """Once in a process: whoever reads for people goes first."""
    os.nice(10)


def _taught(done: Course) -> Taught:
    best = done.best
    return Taught(
        step=done.step, steps=done.plan.steps, seconds=round(done.seconds, 1),
        loss=done.exams[-1].loss if done.exams else None,
        character_errors=best.character_errors if best else None, is_over=done.is_over,
    )  # fmt: skip


def _lines(folder: Path) -> list[Line]:
    """The crops that the network can write, and that are no wider than it is worth."""
    known = set(texts.CHARACTERS)
    return [
        Line(example.image, example.text)
        for example in copybook.read(folder)
        if set(example.text) <= known
        and example.image.shape[1] <= _LONGEST * example.image.shape[0]
    ]


def _finish(task: _While) -> dict[str, Any]:
    best = task.folder / "best" / f"{network.NAME}.pth"
    # Ended before its first exam, there is only what it knows by now; the report tells how good.
    state = network.kept(best) if best.is_file() else course.weights(task.folder)
    into = task.folder / "network"
    alone = network.export(state, into, task.name).with_suffix(".onnx")
    network.export_alone(state, alone)
    judged = list(copybook.read(task.folder / "judge"))
    made_up = [
        copybook.Example(line.image, line.text, "made up", "")
        for line in course.exam_lines(fonts_of(task.fonts))
    ]
    return {
        "network": strips.weights_name(alone),
        "digest": hashlib.sha256(alone.read_bytes()).hexdigest(),
        "documents": len({example.document for example in judged}),
        **compared(task.folder / "before.onnx", alone, judged),
        "made_up": compared(task.folder / "before.onnx", alone, made_up)["all"],
    }


def compared(old: Path, new: Path, examples: Sequence[copybook.Example]) -> dict[str, Any]:
    """Both networks on these lines: exact and edits a character, over all and by kind of field."""
    tallies: dict[str, dict[str, list[int]]] = defaultdict(
        lambda: {"old": [0, 0], "new": [0, 0], "of": [0, 0]}
    )
    networks_ = {"old": line_network.load(old), "new": line_network.load(new)}
    for example in examples:
        for kind in ("all", example.kind):
            tallies[kind]["of"][0] += 1
            tallies[kind]["of"][1] += len(example.text)
        for which, loaded in networks_.items():
            said = "".join(seen.text for seen in line_network.read(loaded, example.image)).strip()
            right = vietnamese.key(said) == vietnamese.key(example.text)
            edits = Levenshtein.distance(said, example.text)
            for kind in ("all", example.kind):
                tallies[kind][which][0] += right
                tallies[kind][which][1] += edits
    found = {kind: _side_by_side(tally) for kind, tally in tallies.items()}
    return {"all": found.pop("all", None), "kinds": dict(sorted(found.items()))}


def _side_by_side(tally: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    of, letters = tally["of"]
    return {
        which: {
            **Share(tally[which][0], of).as_json(),
            "cer": round(tally[which][1] / max(letters, 1), 4),
        }
        for which in ("old", "new")
    }

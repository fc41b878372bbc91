"""A training: lessons in an order told by the seed, checkpoints, and exams on lines held back."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import structlog
from rapidfuzz.distance import Levenshtein

from workbench.training import lines, network
from workbench.training.lines import Fonts, Line

log = structlog.get_logger()

_CLASSES: Final = ((12, 24), (24, 16), (42, 10))  # longest text of a batch, lines in it
_WARM: Final = 150  # steps until the full pace
_MEMORY: Final = 0.998  # of the average over the last weights, which is what is kept
EXAM: Final = 400  # lines held back
_EXAM_SEED: Final = 990_001


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be trained: the same plan on the same fonts gives the same network."""

    steps: int = 8_000
    pace: float = 8e-4  # Adam's, at its highest; falls to nothing along a cosine
    seed: int = 1
    examine_every: int = 250
    patience: int = 12  # exams without a better one, then it ends


@dataclass(frozen=True, slots=True)
class Exam:
    """How it did on lines that it never learned from."""

    step: int
    loss: float  # of the lessons since the exam before
    character_errors: float  # edits a character, 0-1
    exact: float  # share of lines without an error

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Course:
    """Where a training stands."""

    plan: Plan
    step: int = 0
    exams: tuple[Exam, ...] = ()
    seconds: float = 0.0

    @property
    def best(self) -> Exam | None:
        return min(self.exams, key=lambda exam: exam.character_errors, default=None)

    @property
    def is_over(self) -> bool:
        best = self.best
        since = 0 if best is None else sum(exam.step > best.step for exam in self.exams)
        return self.step >= self.plan.steps or since >= self.plan.patience


def train(
    folder: Path,
    fonts: Fonts,
    start: Path,
    *,
    plan: Plan,
    seconds: float,
    threads: int = 1,
    confirmed: Sequence[Line] = (),
    asked: Sequence[Line] = (),
    tell: Callable[[Course], None] = lambda course: None,
    is_left: Callable[[], bool] = lambda: False,
) -> Course:
    """Train in `folder` for at most so many seconds; begun before, it goes on where it stood.

    `start`: the weights to begin from, English or of this kind. `confirmed`: crops with values that
    people vouch for; a quarter of the lessons is theirs. `asked`: more of them, for the exams
    alone. A GPU is used where there is one. `is_left`: nobody waits for it any more; it ends at
    once and keeps nothing, since another may have gone on already.
    """
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(plan.seed)
    folder.mkdir(parents=True, exist_ok=True)
    device, precise = _device()
    model = network.begun(start).to(device)
    slow = {name: value.clone() for name, value in model.state_dict().items()}
    adam = torch.optim.AdamW(model.parameters(), lr=plan.pace, weight_decay=1e-4)
    course = Course(plan)
    if (kept := folder / "checkpoint.pt").is_file():
        state = torch.load(kept, map_location=device, weights_only=True)
        course = _course(json.loads(state["course"]))
        model.load_state_dict(state["model"])
        adam.load_state_dict(state["adam"])
        slow = state["slow"]
    ctc = torch.nn.CTCLoss(zero_infinity=True)
    began, so_far = time.monotonic(), course.seconds
    losses: list[float] = []
    while not course.is_over and time.monotonic() - began < seconds:
        if is_left():
            return course
        model.train()
        lesson = lesson_of(plan.seed, course.step, fonts, confirmed)
        for group in adam.param_groups:
            group["lr"] = plan.pace * _pace(course.step, plan.steps)
        images = torch.from_numpy(network.batch([line.image for line in lesson]))
        targets = [network.codes(line.text) for line in lesson]
        with torch.autocast(device, dtype=torch.bfloat16, enabled=not precise):
            said = model(images.to(device), None)
        # The loss on the processor: a GPU sums it up in another order each time.
        odds = said.float().cpu().log_softmax(2).permute(1, 0, 2)
        lengths = torch.full((len(lesson),), odds.shape[0], dtype=torch.long)
        loss = ctc(
            odds, torch.tensor([c for t in targets for c in t]), lengths,
            torch.tensor([len(t) for t in targets]),
        )  # fmt: skip
        adam.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        adam.step()
        losses.append(float(loss.detach()))
        memory = min(_MEMORY, (course.step + 1) / (course.step + 20))
        with torch.no_grad():
            for name, value in model.state_dict().items():
                if value.is_floating_point():
                    slow[name].mul_(memory).add_(value, alpha=1 - memory)
                else:
                    slow[name].copy_(value)
        course = replace(course, step=course.step + 1, seconds=so_far + time.monotonic() - began)
        if course.step % plan.examine_every == 0 or course.step == plan.steps:
            questions = [*exam_lines(fonts), *asked]
            exam = examine(slow, questions, step=course.step, loss=sum(losses) / len(losses))
            losses = []
            course = replace(course, exams=(*course.exams, exam))
            if course.best == exam:
                network.export(slow, folder / "best")
            _keep(kept, model, adam, slow, course)
            log.info("training.exam", **exam.as_json(), seconds=round(course.seconds))
            tell(course)
    _keep(kept, model, adam, slow, course)
    return course


def _device() -> tuple[str, bool]:
    """Where to train, and whether with all digits: half of them where the hardware counts in such.

    On the way back the same machine always takes the same steps.
    """
    import torch

    if torch.cuda.is_available():
        torch.backends.cudnn.deterministic = True
        return "cuda", not torch.cuda.is_bf16_supported()
    counts_so = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    return "cpu", not counts_so()


def stands(folder: Path) -> Course | None:
    """Where the training in this folder stands; None where none was begun there."""
    import torch

    kept = folder / "checkpoint.pt"
    if not kept.is_file():
        return None
    return _course(json.loads(torch.load(kept, map_location="cpu", weights_only=True)["course"]))


def weights(folder: Path) -> dict[str, Any]:
    """What the training in this folder has come to, the average over its last steps."""
    import torch

    state: dict[str, Any] = torch.load(
        folder / "checkpoint.pt", map_location="cpu", weights_only=True
    )["slow"]
    return state


def lesson_of(seed: int, step: int, fonts: Fonts, confirmed: Sequence[Line]) -> list[Line]:
    """The lines of one step: always the same."""
    longest, count = _CLASSES[(step * 7 + step // 3) % len(_CLASSES)]
    made = []
    for place in range(count):
        if confirmed and place % 4 == 3:
            at = int(hashlib.sha256(f"{seed} {step} {place}".encode()).hexdigest()[:8], 16)
            made.append(confirmed[at % len(confirmed)])
        else:
            made.append(lines.make((seed, step, place), fonts, longest=longest))
    return made


def exam_lines(fonts: Fonts) -> Iterator[Line]:
    """The lines that are never learned from."""
    for place in range(EXAM):
        yield lines.make((_EXAM_SEED, place), fonts, longest=_CLASSES[place % len(_CLASSES)][0])


def examine(state: Any, questions: Sequence[Line], *, step: int, loss: float) -> Exam:
    """How the weights do on these lines."""
    errors = length = right = total = 0
    for said, line in zip(answers(state, [q.image for q in questions]), questions, strict=True):
        errors += Levenshtein.distance(said, line.text)
        length += len(line.text)
        right += said == line.text
        total += 1
    return Exam(step, loss, errors / max(length, 1), right / total)


def answers(state: Any, images: Sequence[lines.Image]) -> list[str]:
    """What a network with these weights reads on each image, widths alike read together."""
    import torch

    model = network.of(state)  # on the processor, wherever it is taught
    order = sorted(range(len(images)), key=lambda i: images[i].shape[1] / images[i].shape[0])
    said = [""] * len(images)
    with torch.inference_mode():
        for start in range(0, len(order), 16):
            chosen = order[start : start + 16]
            out = model(torch.from_numpy(network.batch([images[i] for i in chosen])), None)
            for i, text in zip(chosen, network.texts_of(out), strict=True):
                said[i] = text.strip()
    return said


def _pace(step: int, steps: int) -> float:
    if step < _WARM:
        return (step + 1) / _WARM
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - _WARM) / max(1, steps - _WARM)))) + 1e-3


def _keep(place: Path, model: Any, adam: Any, slow: Any, course: Course) -> None:
    """The whole state, or the one before: a kill in between leaves a file that nobody reads."""
    import torch

    part = place.with_suffix(f".{os.getpid()}.part")
    torch.save(
        {
            "model": model.state_dict(), "adam": adam.state_dict(), "slow": slow,
            "course": json.dumps(asdict(course)),
        },
        part,
    )  # fmt: skip
    with part.open("rb+") as written:
        os.fsync(written.fileno())
    part.replace(place)


def _course(kept: dict[str, Any]) -> Course:
    return Course(
        Plan(**kept["plan"]), kept["step"], tuple(Exam(**exam) for exam in kept["exams"]),
        kept["seconds"],
    )  # fmt: skip

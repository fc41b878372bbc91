"""What a model card says of the network it stands beside: digests, steps and the exam."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from workbench.errors import NotReadyError
from workbench.training.course import Course

_STATE: Final = re.compile(r"(<!-- state -->\n).*?(<!-- /state -->)", re.DOTALL)


def write_state(card: Path, weights: Path, stands: Course | None) -> None:
    """Name the files by their SHA-256, and how long and how well the network was taught.

    Raises NotReadyError for a file without a place for it.
    """
    text = card.read_text(encoding="utf-8")
    if _STATE.search(text) is None:
        raise NotReadyError(
            "The model card has no place for these figures.",
            "Take the card that comes with the workbench.",
        )
    rows = ["| | |", "|---|---|"]
    for file in (weights.with_suffix(".onnx"), weights):
        rows.append(f"| SHA-256 of `{file.name}` | `{_digest(file)}` |")
    if stands is not None and (best := stands.best) is not None:
        rows += [
            f"| Steps | {best.step:,} of {stands.plan.steps:,} (10 to 24 lines each), seed "
            f"{stands.plan.seed}, {stands.seconds / 60:.0f} minutes on one processor core |",
            f"| Exam on made-up lines held back | CER {100 * best.character_errors:.2f} %, "
            f"{100 * best.exact:.1f} % of the lines without an error |",
        ]
    told = "\n".join(rows) + "\n"
    card.write_text(_STATE.sub(lambda m: m[1] + told + m[2], text), encoding="utf-8")


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()

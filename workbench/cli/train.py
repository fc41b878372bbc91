"""`workbench train …`: teach a recognition network to write Vietnamese."""

from __future__ import annotations

import json as json_
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from workbench.engines import easyocr as engine
from workbench.engines import networks
from workbench.errors import NotReadyError
from workbench.training import card, course, lines, network, texts, typefaces
from workbench.training.course import Course
from workbench.words import say

app = typer.Typer(no_args_is_help=True, help="Teach a recognition network to write Vietnamese.")

_FONTS = (Path("/usr/share/fonts"), Path("/usr/share/texmf/fonts/opentype"))
_FEWEST = 3  # families; fewer teach the fonts, not the letters


@app.command()
def easyocr(
    to: Annotated[Path, typer.Option(help="Folder of the training; one begun there goes on.")],
    minutes: Annotated[float, typer.Option(help="End after so many minutes, wherever it is.")] = 60,
    steps: Annotated[int, typer.Option(help="Steps of the whole training.")] = 14_000,
    fonts: Annotated[list[Path] | None, typer.Option(help="Folders of fonts.")] = None,
    threads: Annotated[int, typer.Option(help="Processor cores to use.")] = 1,
    seed: Annotated[int, typer.Option(help="The same seed and fonts: the same network.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Train EasyOCR's network on made-up lines; killed or timed out, it goes on where it stood.

    What comes out stands in the folder `best` below: put its files where the setting `weights` of
    EasyOCR points.
    """
    faces = typefaces.find(tuple(fonts or _FONTS), texts.CHARACTERS)
    families = sorted({face.family for face in faces})
    if len(families) < _FEWEST:
        raise NotReadyError(
            "Only {n} families of fonts here can draw every Vietnamese letter and may be used.",
            "Install more, as docs/training.md says, or name their folders with --fonts.",
            n=len(families),
        )
    _tell_fonts(families, json)
    done = course.train(
        to,
        lines.Fonts.of(faces),
        engine.english_weights(),
        plan=course.Plan(steps=steps, seed=seed),
        seconds=60 * minutes,
        threads=threads,
        tell=lambda stands: _tell(stands, json),
    )
    best = to / "best" / f"{network.NAME}.pth"
    if json:
        print(json_.dumps({
            "step": done.step, "over": done.is_over, "seconds": round(done.seconds),
            "best": done.best.as_json() if done.best else None, "weights": str(best),
        }))  # fmt: skip
        return
    print(say("Stands at step {step} of {steps}.", step=done.step, steps=done.plan.steps))
    if done.best:
        print(say("The best network so far: {file}", file=str(best)))


@app.command()
def export(
    training: Annotated[Path, typer.Argument(help="Folder of the training, or weights (.pth).")],
    to: Annotated[Path, typer.Argument(help="Folder to put the network's files into.")],
) -> None:
    """Put the best network of a training where it is to be used: weights, ONNX, description.

    A model card (MODEL_CARD.md) that stands there is told its digests, steps and exam.
    """
    engine.package()
    weights = training if training.is_file() else training / "best" / f"{network.NAME}.pth"
    state = network.kept(weights)
    made = network.export(state, to)
    network.export_alone(state, made.with_suffix(".onnx"))
    if (told := to / networks.CARD.name).is_file():
        card.write_state(told, made, None if training.is_file() else course.stands(training))
    print(say("The network stands in {folder}.", folder=str(to)))


def _tell_fonts(families: Sequence[str], json: bool) -> None:
    if json:
        print(json_.dumps({"fonts": families}, ensure_ascii=False), flush=True)
    else:
        print(say("Learning from {n} families of fonts.", n=len(families)), flush=True)


def _tell(stands: Course, json: bool) -> None:
    exam = stands.exams[-1]
    if json:
        print(json_.dumps({**exam.as_json(), "seconds": round(stands.seconds)}), flush=True)
        return
    print(
        f"{exam.step:>7}/{stands.plan.steps}  loss {exam.loss:6.3f}  "
        f"CER {100 * exam.character_errors:5.2f} %  exact {100 * exam.exact:5.1f} %  "
        f"{stands.seconds / 60:6.1f} min",
        flush=True,
    )

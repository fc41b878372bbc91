"""`workbench train …`: teach a recognition network to write Vietnamese."""

from __future__ import annotations

import json as json_
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from workbench.engines import easyocr as engine
from workbench.engines import networks
from workbench.errors import NotReadyError, Sentence
from workbench.flow import teaching
from workbench.model import NetworkTraining, now
from workbench.store import networks as kept
from workbench.training import apart, card, course, network
from workbench.training.course import Course
from workbench.words import say
from workbench.workspace import Workspace, load_settings, open_workspace

app = typer.Typer(no_args_is_help=True, help="Teach a recognition network to write Vietnamese.")
dataset = typer.Typer(no_args_is_help=True, help="What networks learn from: take along, forget.")
app.add_typer(dataset, name="dataset")


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

    What comes out stands in the folder `best` below; `workbench train export` puts it where the
    setting `weights` points.
    """
    engine.package()
    found = apart.fonts_of(tuple(fonts or apart.FONTS))
    families = sorted(faces[0].family for faces in (*found.print_, *found.hand))
    _tell_fonts(families, json)
    done = course.train(
        to,
        found,
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


# --- learning from corrections -------------------------------------------------------------------

By = Annotated[str, typer.Option(help="Sign-in name of who does it.")]
Reason = Annotated[str, typer.Option(help="Why, in a few words.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Training = Annotated[str, typer.Argument(help="Its id, or how it begins; see `train list`.")]


@app.command()
def corrections(
    by: By,
    minutes: Annotated[float, typer.Option(help="It may take so many minutes.")] = 120,
    wait: Annotated[bool, typer.Option("--wait", help="Teach here and now.")] = False,
) -> None:
    """Order a training on what people confirmed here; a worker teaches in the background."""
    work = open_workspace(load_settings())
    ordered = teaching.start(work, by=by, minutes=minutes)
    print(say("Training {id} is ordered; a worker does it.", id=ordered.id[:8]))
    if wait:
        _teach_here(work)
        _print_report(_found(work, ordered.id))


def _teach_here(work: Workspace) -> None:
    holder = f"here-{os.getpid()}"
    if (taken := kept.take_up(work.store, holder=holder, at=now())) is None:
        raise NotReadyError("A worker teaches already.", "Look at `workbench train list`.")
    try:
        teaching.carry_on(work, taken, holder=holder, stop=lambda: False)
    finally:
        work.teacher.close()


@app.command("list")
def list_trainings(json: Json = False) -> None:
    """What could be learned from now, and every training with its state."""
    work = open_workspace(load_settings())
    there, found = teaching.supply(work), kept.trainings(work.store)
    if json:
        print(json_.dumps({
            "crops": there.crops, "fresh": there.fresh, "documents": there.documents,
            "kinds": dict(there.by_kind), "trainings": [_as_json(one) for one in found],
        }, ensure_ascii=False))  # fmt: skip
        return
    print(
        say(
            "{crops} confirmed fields of {documents} documents, {fresh} of them since the last "
            "training.",
            crops=there.crops,
            documents=there.documents,
            fresh=there.fresh,
        )
    )
    for one in found:
        how = one.progress.get("step", 0)
        print(f"{one.id[:8]}  {one.state.value:10}  {one.at:%Y-%m-%d %H:%M}  {one.by}  {how}"
              f"  {one.network}")  # fmt: skip


@app.command()
def report(training: Training, json: Json = False) -> None:
    """The new network beside the one before, on documents that were held back, by kind of field."""
    found = _found(open_workspace(load_settings()), training)
    if json:
        print(json_.dumps(_as_json(found), ensure_ascii=False))
    else:
        _print_report(found)


@app.command()
def accept(training: Training, by: By, reason: Reason) -> None:
    """Let papers be read with its network. Never by who started it."""
    work = open_workspace(load_settings())
    teaching.accept(work, _found(work, training).id, by=by, reason=reason)
    print(say("From now on papers are read with this network."))


@app.command()
def reject(training: Training, by: By, reason: Reason) -> None:
    """Let nothing be read with its network; the report is kept."""
    work = open_workspace(load_settings())
    teaching.reject(work, _found(work, training).id, by=by, reason=reason)
    print(say("Nothing is read with this network."))


@app.command()
def withdraw(training: Training, by: By, reason: Reason) -> None:
    """Read with its network no longer; the one that came with the workbench reads again."""
    work = open_workspace(load_settings())
    teaching.withdraw(work, _found(work, training).id, by=by, reason=reason)
    print(say("Nothing is read with this network."))


@app.command()
def stop(training: Training, by: By) -> None:
    """Give a training up before it has reported."""
    work = open_workspace(load_settings())
    teaching.stop(work, _found(work, training).id, by=by)
    print(say("The training was stopped."))


@dataset.command("export")
def export_dataset(folder: Annotated[Path, typer.Argument(help="A new folder.")], by: By) -> None:
    """Write every confirmed crop with its text as PNG and labels.jsonl. It is personal data."""
    count = teaching.export(open_workspace(load_settings()), folder, by=by)
    print(say("{n} crops written. They are personal data: keep them as you keep the papers.",
              n=count))  # fmt: skip


@dataset.command()
def forget(
    by: By,
    reason: Reason,
    document: Annotated[list[str] | None, typer.Option(help="Id of a document.")] = None,
    says: Annotated[
        str, typer.Option(help="Every document on which this stands, an identity number say.")
    ] = "",
) -> None:
    """Let no network learn from these documents any more; names those that already did."""
    work = open_workspace(load_settings())
    chosen = list(document or ())
    if says:
        chosen += [found.id for found in work.store.documents(text=says, limit=1_000_000)]
    forgot = teaching.forget(work, chosen, by=by, reason=reason)
    print(say("{n} documents left the dataset.", n=forgot.documents))
    for one in forgot.networks:
        print(say("Learned from them: {network} ({state}).", network=one.network or one.id[:8],
                  state=one.state.value))  # fmt: skip


def _found(work: Workspace, training: str) -> NetworkTraining:
    found = [one for one in kept.trainings(work.store) if one.id.startswith(training)]
    if len(found) != 1:
        raise NotReadyError("There is no such training.", "Look at the list of trainings.")
    return found[0]


def _as_json(one: NetworkTraining) -> dict[str, Any]:
    return one.model_dump(mode="json", exclude={"holder", "seen_at"})


def _print_report(one: NetworkTraining) -> None:
    if one.failure:
        print(say(Sentence.from_json(one.failure)))
    if not one.report:
        print(say("This training has not reported."))
        return
    print(f"{one.begun_from} → {one.network}")
    rows = {"all": one.report["all"], **one.report["kinds"], "made up": one.report["made_up"]}
    for kind, told in rows.items():
        if told:
            old, new = told["old"], told["new"]
            print(
                f"  {kind:18} {100 * old['share']:6.1f} % → {100 * new['share']:6.1f} %"
                f"   CER {100 * old['cer']:5.2f} % → {100 * new['cer']:5.2f} %   n={new['of']}"
            )


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

"""Learning from corrections: what people confirmed, a training of it, and who lets it be used.

Papers are parted by document into what is learned from, what chooses among the weights and what
judges them: no line of a paper that judges was ever learned from. Crops never leave the machine
but by `export`; a paper that is to be forgotten leaves every later dataset.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Final

import structlog
from rapidfuzz.distance import Levenshtein

from workbench import copybook, imaging, review, vietnamese
from workbench.copybook import Example
from workbench.errors import (
    NotAllowedError,
    NotReadyError,
    StaleDocumentError,
    StoppedError,
    WorkbenchError,
)
from workbench.flow import recognise
from workbench.flow.claimed import words_by_page
from workbench.flow.people import account, any_of
from workbench.flow.work import Work
from workbench.model import (
    Act,
    Box,
    Correction,
    Document,
    NetworkForgotten,
    NetworkLesson,
    NetworkTraining,
    Proposal,
    Role,
    Stage,
    TrainingState,
    Warp,
    Word,
    now,
)
from workbench.store import networks

FEWEST_DOCUMENTS: Final = 10
FEWEST_CROPS: Final = 100
MOST_DOCUMENTS: Final = 5_000  # the newest; older ones have taught before
LONGEST_MINUTES: Final = 24 * 60
WHILE_SECONDS: Final = 60.0  # of teaching between two signs of life
_SECONDS: Final = 1.0  # a decision of another process counts here after that
_TOLD: Final = frozenset((Act.ACCEPT, Act.CANDIDATE, Act.EDIT))  # say what stands on the paper
_VOUCHED: Final = (Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED, Stage.EXPORTED)
_ALIKE: Final = 0.7  # letters that an engine saw on the strip, by those that stand there
_TALL: Final = 1.7  # a crop that much higher than the paper's others holds two lines
_PAD: Final = 0.15  # of its height, around a crop
_JUDGES, _CHOOSERS = 5, 10  # every fifth document judges, of the others every tenth chooses

log = structlog.get_logger()


# --- what there is to learn from --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A field that a person vouched for, and where it stands on the readable page."""

    document: str
    page: str  # digest of the readable image
    box: Box
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Supply:
    """How many confirmed fields there are, and how many are newer than the last training."""

    crops: int
    fresh: int
    documents: int
    by_kind: Mapping[str, int]
    since: datetime | None

    @property
    def is_enough(self) -> bool:
        return self.documents >= FEWEST_DOCUMENTS and self.crops >= FEWEST_CROPS


def supply(work: Work) -> Supply:
    """What could be learned from now."""
    last = next(
        (t for t in networks.trainings(work.store) if t.state is not TrainingState.FAILED), None
    )
    crops = fresh = 0
    documents = set()
    kinds: Counter[str] = Counter()
    for document, fields in _vouched(work):
        for field, at in fields:
            crops += 1
            fresh += last is None or at > last.at
            documents.add(document.id)
            kinds[field.kind] += 1
    return Supply(
        crops, fresh, len(documents), dict(sorted(kinds.items())), last.at if last else None
    )


def _vouched(work: Work) -> Iterator[tuple[Document, list[tuple[Confirmed, datetime]]]]:
    """The newest documents that may be learned from, with their confirmed fields and since when."""
    forgotten = networks.forgotten(work.store)
    count = work.store.count(stage=_VOUCHED)
    for document in work.store.documents(
        stage=_VOUCHED, limit=MOST_DOCUMENTS, offset=max(0, count - MOST_DOCUMENTS)
    ):
        if document.id not in forgotten and (fields := _fields(work, document)):
            yield document, fields


def _fields(work: Work, document: Document) -> list[tuple[Confirmed, datetime]]:
    if document.template_digest is None:
        return []
    template = work.template(document.template_digest)
    pages = {page.number: page for page in work.store.pages(document.id)}
    acts = review.standing(work.store.corrections(document.id))
    seen: dict[str, list[str]] = {}
    for reading in work.store.field_readings(document.id):
        seen.setdefault(reading.field, []).append(reading.text)
    words = words_by_page(work, document)
    found = []
    for proposal in work.store.proposals(document.id):
        act = acts.get(proposal.field)
        if act is None or act.act not in _TOLD:
            continue
        text, _ = review.value_of(proposal, act)
        number, box = _place(proposal, act)
        page = pages.get(number) if number is not None else None
        if page is None or page.readable is None or page.warp is None or box is None:
            continue
        there = Warp.from_json(page.warp).to_readable(box)
        ink = _ink_of(text, there, words.get(page.number, {}))
        if ink is None and not _stands_alone(text, seen.get(proposal.field, ())):
            continue
        there = ink or there
        kind = template.spec(proposal.field).kind
        found.append((Confirmed(document.id, page.readable, there, text, kind), act.at))
    return _single_lines(found)


def _place(proposal: Proposal, act: Correction) -> tuple[int | None, Box | None]:
    """The page and box of a field: where the reviewer pointed, else where it was read."""
    if act.page is not None and act.box:
        return act.page, Box(*act.box)
    return proposal.page, Box(*proposal.box) if proposal.box else None


def _ink_of(text: str, there: Box, by_engine: Mapping[str, Sequence[Word]]) -> Box | None:
    """Around the words of the page that say this, without the label beside; None: none do."""
    wanted = _letters(text)
    inside = [
        word
        for word in by_engine.get(recognise.text_engine(by_engine), ())
        if there.left <= word.box.middle[0] <= there.right
        and there.top <= word.box.middle[1] <= there.bottom
    ]
    while len(inside) > 1:
        fewer = max(inside[1:], inside[:-1], key=lambda left: _like(left, wanted))
        if _like(fewer, wanted) < _like(inside, wanted):
            break
        inside = fewer
    return Box.around([w.box for w in inside]) if _like(inside, wanted) >= _ALIKE else None


def _like(words: Sequence[Word], wanted: str) -> float:
    said = _letters(" ".join(word.text for word in words))
    return Levenshtein.normalized_similarity(said, wanted) if wanted else 0.0


def _letters(text: str) -> str:
    return vietnamese.fold(text).replace(" ", "")


def _stands_alone(text: str, seen: Iterable[str]) -> bool:
    """Whether some engine saw just about this on the strip: on others stand labels, neighbours."""
    wanted = _letters(text)
    return bool(wanted) and any(
        Levenshtein.normalized_similarity(_letters(said), wanted) >= _ALIKE for said in seen
    )


def _single_lines(
    found: Sequence[tuple[Confirmed, datetime]],
) -> list[tuple[Confirmed, datetime]]:
    usual = median(field.box.height for field, _ in found) if found else 0.0
    return [(field, at) for field, at in found if field.box.height <= _TALL * usual]


def _examples(work: Work, documents: Iterable[Sequence[Confirmed]]) -> Iterator[Example]:
    for fields in documents:
        for field in fields:
            page = imaging.gray_page(work.store.path(field.page))
            image = imaging.crop(page, field.box, pad=_PAD)
            if min(image.shape) >= 8:
                yield Example(image, field.text, field.kind, field.document)


# --- a training --------------------------------------------------------------------------------


def start(work: Work, *, by: str, minutes: float) -> NetworkTraining:
    """Order a training; a worker takes it up. One at a time. Raises NotReadyError."""
    any_of(account(work, by), Role.MANAGER)
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise NotReadyError(
            "A training takes between 1 and {most} minutes.",
            "Choose how long it may take.",
            most=LONGEST_MINUTES,
        )
    there = supply(work)
    if not there.is_enough:
        raise NotReadyError(
            "There are {crops} confirmed fields of {documents} documents; {fewest} of {papers} are "
            "needed.",
            "Review more papers first.",
            crops=there.crops,
            documents=there.documents,
            fewest=FEWEST_CROPS,
            papers=FEWEST_DOCUMENTS,
        )
    training = NetworkTraining(by=by, minutes=minutes, begun_from="")
    training.begun_from = work.teacher.begin(_folder(work, training.id), Learned(work).now())
    if not networks.order(work.store, training):
        shutil.rmtree(_folder(work, training.id), ignore_errors=True)
        raise NotReadyError(
            "A training is under way already.", "Wait until it has ended, or stop it."
        )
    log.info("network.ordered", training=training.id, crops=there.crops)
    return training


def carry_on(
    work: Work, training: NetworkTraining, *, holder: str, stop: Callable[[], bool]
) -> None:
    """Teach until it is done, its time is over or `stop`; then report. Ours by `take_up`."""
    folder = _folder(work, training.id)
    try:
        if not (folder / "judge").is_dir() and not _part(work, training, folder, holder):
            _leave(work, training, folder)  # stopped while its crops were cut
            return
        while True:
            taught = work.teacher.go_on(folder, seconds=min(WHILE_SECONDS, 60 * training.minutes))
            if not networks.note(
                work.store, training.id, holder=holder, at=now(), progress=taught.as_json()
            ):
                _leave(work, training, folder)  # it was stopped, or a paper forgotten
                return
            if taught.is_over or taught.seconds >= 60 * training.minutes:
                break
            if stop():
                networks.free(work.store, holder)
                return
        report = work.teacher.finish(folder, f"learned_{training.id[:8]}")
    except StoppedError:  # the worker ends; whoever comes next goes on
        networks.free(work.store, holder)
        return
    except WorkbenchError as error:
        networks.decide(
            work.store, training.id, to=TrainingState.FAILED, only=(TrainingState.RUNNING,),
            failure=error.message.as_json(),
        )  # fmt: skip
        _sweep(folder)
        log.warning("network.failed", training=training.id, why=error.message.text)
        return
    networks.decide(
        work.store, training.id, to=TrainingState.REPORTED, only=(TrainingState.RUNNING,),
        report=dict(report), network=str(report["network"]), digest=str(report["digest"]),
    )  # fmt: skip
    _sweep(folder)
    log.info("network.reported", training=training.id)


def _leave(work: Work, training: NetworkTraining, folder: Path) -> None:
    """Leave nothing behind of a training that has ended; another worker's goes on in its folder."""
    if _known(work, training.id).state is not TrainingState.RUNNING:
        shutil.rmtree(folder, ignore_errors=True)


def _part(work: Work, training: NetworkTraining, folder: Path, holder: str) -> bool:
    """Write the copybooks, parted by document; `judge` comes last and says that all are there.

    False where the training is not this worker's any more.
    """
    papers = {document.id: [field for field, _ in fields] for document, fields in _vouched(work)}
    mixed = sorted(papers, key=lambda one: hashlib.sha256(one.encode()).hexdigest())
    judges = mixed[::_JUDGES]
    others = [one for one in mixed if one not in set(judges)]
    choosers = others[::_CHOOSERS]
    learners = [one for one in others if one not in set(choosers)]
    # Named before a crop is cut: who forgets a paper from now on finds the training, and ends it.
    networks.keep_lessons(
        work.store,
        [
            NetworkLesson(
                training=training.id, document=one, crops=len(papers[one]),
                held_back=one in set(judges),
            )
            for one in mixed
        ],
    )  # fmt: skip
    if networks.forgotten(work.store) & papers.keys():
        return _part(work, training, folder, holder)
    counts = {}
    for name, part in (("learn", learners), ("choose", choosers), ("judge", judges)):
        shutil.rmtree(folder / name, ignore_errors=True)
        counts[name] = copybook.write(folder / name, _examples(work, (papers[d] for d in part)))
    return networks.note(
        work.store, training.id, holder=holder, at=now(), documents=len(learners),
        crops=counts["learn"], held_back=counts["judge"],
    )  # fmt: skip


def _sweep(folder: Path) -> None:
    """Nothing of the papers stays behind: the network, what it began from, and no crop."""
    for name in ("learn", "choose", "judge", "best"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for kept in ("checkpoint*", "start.pth", "before.onnx"):
        for file in folder.glob(kept):
            file.unlink()


def stop(work: Work, training: str, *, by: str) -> None:
    """Give a training up before it has reported."""
    any_of(account(work, by), Role.MANAGER, Role.ADMINISTRATOR)
    if not networks.decide(
        work.store, training, to=TrainingState.FAILED,
        only=(TrainingState.WAITING, TrainingState.RUNNING), decided_by=by, decided_at=now(),
    ):  # fmt: skip
        raise StaleDocumentError(remedy="Look again.")
    shutil.rmtree(_folder(work, training), ignore_errors=True)
    log.info("network.stopped", training=training)


# --- decisions ---------------------------------------------------------------------------------

_DECIDERS: Final = (Role.MANAGER, Role.APPROVER, Role.ADMINISTRATOR)


def accept(work: Work, training: str, *, by: str, reason: str) -> None:
    """Let papers be read with the network of this training. Never by who started it."""
    person, found = account(work, by), _known(work, training)
    any_of(person, *_DECIDERS)
    if found.by == by:
        raise NotAllowedError(
            "Who started a training does not accept its network.",
            "Somebody else who may decide looks at the report.",
        )
    _with_reason(reason)
    if network_file(work.networks_folder, found) is None:
        raise NotReadyError(
            "The network of this training is missing, or is not the one that was reported on.",
            "Start another training.",
        )
    _decide(
        work, found, TrainingState.ACCEPTED, by=by, reason=reason,
        only=(TrainingState.REPORTED, TrainingState.REPLACED, TrainingState.WITHDRAWN),
    )  # fmt: skip


def reject(work: Work, training: str, *, by: str, reason: str) -> None:
    """Let nothing be read with it; the report is kept, the network is not."""
    any_of(account(work, by), *_DECIDERS)
    found = _known(work, training)
    _with_reason(reason)
    _decide(
        work, found, TrainingState.REJECTED, by=by, reason=reason, only=(TrainingState.REPORTED,)
    )
    shutil.rmtree(_folder(work, training), ignore_errors=True)


def withdraw(work: Work, training: str, *, by: str, reason: str) -> None:
    """Read with it no longer, from the next page on: the one that came along reads again."""
    any_of(account(work, by), *_DECIDERS)
    found = _known(work, training)
    _with_reason(reason)
    if not networks.decide(
        work.store, found.id, to=TrainingState.WITHDRAWN, only=(TrainingState.ACCEPTED,),
        withdrawn_by=by, withdrawn_at=now(), withdrawn_why=reason.strip(),
    ):  # fmt: skip
        raise StaleDocumentError(remedy="Look again.")
    log.info("network.withdrawn", training=found.id, network=found.network)


def _decide(
    work: Work,
    found: NetworkTraining,
    to: TrainingState,
    *,
    by: str,
    reason: str,
    only: Sequence[TrainingState],
) -> None:
    if not networks.decide(
        work.store, found.id, to=to, only=only, decided_by=by, decided_at=now(),
        reason=reason.strip(),
    ):  # fmt: skip
        raise StaleDocumentError(remedy="Look again.")
    log.info("network.decided", training=found.id, network=found.network, to=to.value)


def _known(work: Work, training: str) -> NetworkTraining:
    found = networks.training(work.store, training)
    if found is None:
        raise NotReadyError("There is no such training.", "Look at the list of trainings.")
    return found


def _with_reason(reason: str) -> None:
    if not reason.strip():
        raise NotReadyError("A reason is needed.", "Write in a few words why.")


def network_file(folder: Path, training: NetworkTraining) -> Path | None:
    """The file of its network; None where it is missing or is not the one that was reported on.

    `folder`: where all trainings lie.
    """
    file = folder / training.id / "network" / training.network.partition(":")[0]
    if not training.digest or not file.is_file():
        return None
    return file if hashlib.sha256(file.read_bytes()).hexdigest() == training.digest else None


class Learned:
    """The network that reads at this moment, wherever it was decided; asked after each second."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._asked_until = 0.0
        self._of: tuple[str, str] | None = None
        self._file: Path | None = None

    def now(self) -> Path | None:
        """Its file, proved by its digest when it came into use; None where none was accepted."""
        if monotonic() < self._asked_until:
            return self._file
        found = networks.accepted(self._work.store)
        told = (found.id, found.digest) if found else None
        if told != self._of:
            self._file = network_file(self._work.networks_folder, found) if found else None
            if found and self._file is None:
                log.error("network.unlike", training=found.id)
            self._of = told
        self._asked_until = monotonic() + _SECONDS
        return self._file


def _folder(work: Work, training: str) -> Path:
    return work.networks_folder / training


# --- the dataset -------------------------------------------------------------------------------


def export(work: Work, into: Path, *, by: str) -> int:
    """Write what may be learned from as a copybook, for a training elsewhere; how many crops.

    It is personal data, and leaves the care of the workbench.
    """
    any_of(account(work, by), Role.MANAGER)
    if into.exists():
        raise NotReadyError("{folder} is there already.", "Name a new folder.", folder=into.name)
    papers = ([field for field, _ in fields] for _, fields in _vouched(work))
    count = copybook.write(into, _examples(work, papers))
    log.info("dataset.exported", crops=count, by=by)
    return count


@dataclass(frozen=True, slots=True)
class Forgot:
    """What was taken out of the dataset, and which networks had learned from it."""

    documents: int
    networks: tuple[NetworkTraining, ...]


def forget(work: Work, documents: Iterable[str], *, by: str, reason: str) -> Forgot:
    """Let no network learn from these documents (any more). What learned from them is named.

    A training that is under way with one of them ends.
    """
    any_of(account(work, by), Role.MANAGER, Role.ADMINISTRATOR)
    _with_reason(reason)
    chosen = [one for one in documents if work.store.document(one) is not None]
    if not chosen:
        raise NotReadyError("No document matches.", "Name a document, or what stands on it.")
    touched: set[str] = set()
    for one in chosen:
        networks.forget(work.store, NetworkForgotten(document=one, by=by, reason=reason.strip()))
        touched |= {lesson.training for lesson in networks.lessons(work.store, document=one)}
    learned = [_known(work, one) for one in sorted(touched)]
    for training in learned:
        if training.state in (TrainingState.WAITING, TrainingState.RUNNING):
            stop(work, training.id, by=by)
    log.info("dataset.forgot", documents=len(chosen), networks=len(learned))
    return Forgot(len(chosen), tuple(learned))

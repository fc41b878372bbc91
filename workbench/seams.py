"""Where other people's software plugs in: engines, keys, repositories, places to compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from workbench.errors import WorkbenchError
from workbench.model import (
    Approved,
    Asked,
    Box,
    Check,
    Held,
    Identity,
    KeptVersion,
    Package,
    Proven,
    Receipt,
    Sealing,
    Signed,
    SignedApart,
    Taught,
    Unsealed,
    Word,
)

T = TypeVar("T")
R = TypeVar("R")


class OcrEngine(Protocol):
    """Reads an image. Picklable; loads its model on first use; starts no threads or processes.

    It knows nothing of documents, templates or rows.
    """

    name: str

    def identity(self) -> Identity:
        """Who it is. Raises EngineUnavailableError, with what to install, where it cannot run."""
        ...

    def recognise(self, image: Path, lines: Sequence[Box] = ()) -> tuple[Word, ...]:
        """The words of the page at `image`; with `lines`, of just those strips.

        With `lines`, `Word.line` is the index into `lines`, and a strip that holds no text gives
        no word. Boxes are fractions of the image. Raises ReadingFailedError.
        """
        ...


class Signer(Protocol):
    """Seals an archival PDF, or a record without pages. Never changes a byte that came before.

    `sign` does it all for one. For many, and where a person has to confirm elsewhere, the same is
    done in steps: `prepare`, `order`, (`answer`,) `finish`; only `order` and `answer` use the key.
    """

    name: str

    @property
    def common_name(self) -> str:
        """Who will have sealed, as the certificate says; shown before anybody orders a seal."""
        ...

    @property
    def trial(self) -> bool:
        """Whether the certificate proves nothing to others."""
        ...

    @property
    def at_once(self) -> int:
        """How many papers one order to the key may carry."""
        ...

    @property
    def asks(self) -> bool:
        """Whether somebody has to confirm each order elsewhere, so that `order` gives `Asked`."""
        ...

    def checks(self, profile: str = "") -> Sequence[Check]:
        """What is asked before a batch is sealed by this profile; nothing is sealed where one is
        bad."""
        ...

    def seals_of(self, profile: str) -> int:
        """How many signatures a profile asks for."""
        ...

    def sign(
        self, approved: Approved, pdf: bytes | None, sealing: Sealing = Sealing()
    ) -> Signed: ...

    def prepare(
        self, approved: Approved, pdf: bytes | None, sealing: Sealing = Sealing()
    ) -> Unsealed:
        """All of a seal but the signature; `pdf` is None for a record without pages."""
        ...

    def order(
        self, papers: Mapping[str, Unsealed], *, transaction: str
    ) -> Mapping[str, bytes] | Asked:
        """Have the key sign these papers, each under its own name, as one order. SigningError."""
        ...

    def answer(self, code: str) -> Mapping[str, bytes] | None:
        """What came of an order that was `Asked`; None while nobody answered.

        Raises RefusedError, ExpiredError, UnreachableServiceError.
        """
        ...

    def finish(self, unsealed: Unsealed, signature: bytes) -> Signed:
        """The sealed paper. Raises SigningError where this is no signature over it."""
        ...

    def sign_apart(self, content: bytes) -> SignedApart:
        """Sign any file beside itself. Waits for whoever has to confirm it. SigningError."""
        ...


class KeySource(Protocol):
    """Where a person's own key is. What it opens is understood by whoever signs with it."""

    def open(self) -> Any:
        """Raises SigningError where the key cannot be had."""
        ...


class Keeper(Protocol):
    """Keeps seals provable for longer than the certificate that made them."""

    def wants_proof(self, profile: str) -> bool:
        """Whether seals by this profile get more than they are made with, or are renewed."""
        ...

    def due(self, pdf: bytes, profile: str) -> datetime | None:
        """From when on `prove` has something to do; None where it never will."""
        ...

    def prove(self, pdf: bytes, profile: str, *, at: datetime) -> Proven | None:
        """The PDF with what it lacks at `at`, appended; None where nothing. Raises SigningError."""
        ...


class Repository(Protocol):
    """Keeps packages. The same package twice gives the first receipt."""

    name: str

    def deposit(self, package: Package) -> Receipt: ...

    def versions(self, object_id: str) -> tuple[KeptVersion, ...]:
        """Every version of an object, the first one first; none where it has no such object."""
        ...

    def content(self, object_id: str, version: str, *, only: str = "") -> Mapping[str, bytes]:
        """The files of a version by name, each proved against its digest; `only`: just this one.

        Raises DepositError where a file is missing or is not the one that was kept.
        """
        ...


class Executor(Protocol):
    """Runs page work. A failure is a result, not the end of the run."""

    def run(
        self, task: Callable[[T], R], items: Iterable[T]
    ) -> Iterator[tuple[T, R | WorkbenchError]]: ...

    def stop(self) -> None:
        """Begin no new task; `run` raises StoppedError where some are left."""
        ...


class Teacher(Protocol):
    """Teaches a recognition network in a folder of its own, a while at a time.

    The folder holds the copybooks `learn`, `choose` and `judge`. A kill costs no more than the
    while; what comes out is the same.
    """

    def begin(self, folder: Path, learned: Path | None) -> str:
        """Lay down what it goes on from (`learned`, or what came along); how readings name that.

        Raises NotReadyError where nothing can be taught here.
        """
        ...

    def go_on(self, folder: Path, *, seconds: float) -> Taught:
        """Teach for about so long, in another process. Raises WorkbenchError."""
        ...

    def finish(self, folder: Path, name: str) -> Mapping[str, Any]:
        """Make the best network readable under this name and set it beside the one before.

        The report says `network`, `digest` (SHA-256) and by kind how often each was right on what
        was held back.
        """
        ...


class Holdings(Protocol):
    """A folder of kept files that can be looked at one by one, in an order that never changes."""

    name: str

    @property
    def folder(self) -> Path: ...

    def held(self, after: str = "") -> Iterator[Held]:
        """Every file that lies there or must lie there, from behind the name `after`."""
        ...

    def now_expected(self, name: str) -> str:
        """What a file must be at this moment: it may have been replaced since it was told of."""
        ...

    def named(self, key: str) -> str:
        """The path of what a row names: a file, or the folder of an object."""
        ...

    def mend(self, held: Held, copy: Path, aside: Path) -> bool:
        """Put back what is damaged or missing from a copy of the folder; False where it has none.

        Only what is proved by its digest is taken, and nothing that is good is touched. What lay
        there is moved to `aside`. Raises StorageError where the disk cannot be written.
        """
        ...

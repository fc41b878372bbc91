"""What the flow works with: the store and whatever fills the seams."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from workbench.calibration import Calibration
from workbench.exchange.targets import Target
from workbench.flow.vouching import Judged
from workbench.model import SignedApart
from workbench.seams import (
    Executor,
    Holdings,
    Keeper,
    KeySource,
    OcrEngine,
    Repository,
    Signer,
    Teacher,
)
from workbench.store import Store
from workbench.template import Template


class Work(Protocol):
    """A workspace, as far as the flow needs to know it."""

    @property
    def store(self) -> Store: ...
    @property
    def engines(self) -> Sequence[OcrEngine]: ...
    @property
    def teacher(self) -> Teacher:
        """Teaches networks from what people confirmed."""
        ...

    @property
    def networks_folder(self) -> Path:
        """Where trainings and their networks lie, a folder each."""
        ...

    @property
    def learned_network(self) -> Path | None:
        """The network that was accepted here, proved by its digest; None where none was."""
        ...

    @property
    def calibration(self) -> Calibration: ...
    @property
    def templates(self) -> Mapping[str, Template]:
        """What documents are read with: the authorised versions by id, as they are now."""
        ...

    def templates_changed(self) -> None:
        """Something was decided here: the next question is answered by the store."""
        ...

    @property
    def executor(self) -> Executor: ...
    @property
    def signer(self) -> Signer: ...
    @property
    def seals_by_itself(self) -> bool:
        """Whether the key can be used here without somebody typing its PIN."""
        ...

    @property
    def asks_a_phone(self) -> bool: ...
    @property
    def keeper(self) -> Keeper: ...
    @property
    def repository(self) -> Repository: ...
    @property
    def holdings(self) -> Sequence[Holdings]:
        """Every folder of kept files, to be looked at and put right."""
        ...

    @property
    def targets(self) -> Mapping[str, Target]:
        """Where records may be delivered to, by name; nothing where the settings name none."""
        ...

    @property
    def sign_list(self) -> Callable[[bytes], bytes] | None:
        """Signs the list of what is delivered; None where nobody gave the PIN for it."""
        ...

    @property
    def agency(self) -> str: ...
    @property
    def result_code(self) -> str:
        """The pattern of result codes (`workbench.resultcode`)."""
        ...

    @property
    def scratch(self) -> Path: ...

    def template(self, digest: str) -> Template:
        """The template as it stood under this digest, also when a newer one is in use."""
        ...

    def sign_apart(self, content: bytes, keys: KeySource) -> SignedApart:
        """Sign in the name of whoever holds these keys. Raises SigningError."""
        ...

    def judge(self, content: bytes, signature: bytes) -> Judged:
        """What such a signature says."""
        ...

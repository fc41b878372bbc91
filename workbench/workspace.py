"""Settings, and the one place that chooses what fills each seam."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from workbench import accounts, engines, migrations, minimum, signing, words
from workbench.analytics import Lake
from workbench.calibration import Calibration, shipped
from workbench.catalogues.profiles import USUAL, Level, profiles
from workbench.errors import SettingsError, SigningError, StorageError
from workbench.exchange import targets
from workbench.exchange.targets import Target
from workbench.executors import Inline, Processes
from workbench.flow import granting, teaching
from workbench.flow.enrolling import enrol
from workbench.flow.in_use import InUse
from workbench.flow.vouching import Judged
from workbench.model import Person, SignedApart, Unit, now
from workbench.objects import ObjectHoldings
from workbench.repository.holdings import OcflHoldings
from workbench.repository.ocfl import OcflRepository
from workbench.seams import Executor, Holdings, Keeper, OcrEngine, Repository, Signer
from workbench.signing import (
    CscKeys,
    KeySource,
    Pkcs11Keys,
    Pkcs12Keys,
    Rules,
    SealKeeper,
    Service,
    SmartCaKeys,
    TimeStamps,
)
from workbench.store import Store, Unreachable, networks
from workbench.template import Template, load_all
from workbench.training import apart
from workbench.training.apart import Apart

_CALIBRATIONS = "calibrations"  # beside the store
_NETWORKS = "networks"  # and what learned here
ROOT = Path(__file__).resolve().parent.parent

# The survey list of the demo: who hands in papers. A real site gives its own with `workbench unit`.
_DEMO_UNITS = (
    ("PC06", "Phòng Cảnh sát quản lý hành chính về trật tự xã hội"),
    ("CA-TPST", "Công an thành phố Sóc Trăng"),
    ("CA-MX", "Công an huyện Mỹ Xuyên"),
    ("CA-VC", "Công an thị xã Vĩnh Châu"),
)


class Settings(BaseSettings):
    """What a site may choose, by environment (`WORKBENCH_…`) or a `.env` file beside the data."""

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", env_file=".env", extra="ignore")

    data: Path = Path("data")
    database: str = ""  # empty: SQLite in the data folder
    templates: Path = ROOT / "ocr_templates"
    keys: Path = Path(os.environ.get("XDG_CONFIG_HOME", "~/.config")) / "workbench"
    weights: Path | None = None  # a folder with EasyOCR weights that the site supplies
    fonts: tuple[Path, ...] = ()  # folders of fonts to teach with; empty: the system's
    engines: tuple[str, ...] = ()  # empty: all that can run
    readers: int = Field(default_factory=lambda: max(1, min(4, os.cpu_count() or 1)), ge=1, le=64)
    page_seconds: float = Field(default=300, gt=0)  # a task that takes longer is stopped
    # A reading process that asks for more is stopped; EasyOCR's takes about half of it.
    page_megabytes: int = Field(default=4000, ge=0)
    agency: str = "CÔNG AN TỈNH SÓC TRĂNG"
    # By whose key papers are sealed: the trial's, a PKCS#12 file's, a token's (PKCS#11), or one in
    # a service: by the CSC API, or SmartCA with confirmation on a phone (docs/remote-signing.md).
    sealing: Literal["trial", "file", "token", "csc", "smartca"] = "trial"
    sealing_file: Path | None = None
    token_module: Path | None = None  # the driver that came with the token
    token_name: str = ""
    token_key: str = ""  # empty: the only key of the token
    remote_url: str = ""  # of the signing service; nothing is called while it is empty
    remote_client: str = ""  # who this agency is there (client id, sp_id)
    remote_secret_file: Path | None = None  # holds the secret; it stands in no variable and no log
    remote_user: str = ""  # SmartCA: the subscriber
    remote_credential: str = ""  # CSC: the credential; SmartCA: the certificate's serial number
    remote_at_once: int = Field(default=50, ge=1, le=1000)  # papers that one confirmation covers
    # How a seal looks and how long it proves something; see docs/signing.md.
    profile: str = USUAL  # by which papers are sealed where nobody chooses another
    profiles: Path | None = None  # a file with the unit's own profiles
    seal_image: Path | None = None  # PNG of the agency's red seal, for profiles that show it
    seal_level: Literal["B-B", "B-T", "B-LT", "B-LTA"] = "B-B"  # at least
    tsa: str = ""  # address of a time stamping authority; nothing is called while it is empty
    trust: Path | None = None  # a folder with the roots and lists that signatures are judged by
    targets: Path | None = None  # a file of repositories that records may be delivered to
    audit_megabytes: float = Field(default=20, ge=0)  # a second that a look at what is kept reads
    result_code: str = ""  # pattern of result codes; empty: the one in catalogues/results.yaml
    # Who types the critical fields of a record without a scan a second time.
    typed_twice: Literal["nobody", "self", "other"] = "self"
    demo: bool = False
    language: Literal["vi", "en"] = "vi"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.data.resolve()}/workbench.db"

    @property
    def keys_folder(self) -> Path:
        return self.keys.expanduser()


def load_settings(**chosen: object) -> Settings:
    """Settings from the environment, with `chosen` on top. Raises SettingsError by name."""
    try:
        return Settings(**chosen)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(
            "The setting {name} is not valid: {problem}.",
            "Correct the environment variable or the file .env.",
            name="WORKBENCH_" + "_".join(str(part) for part in first["loc"]).upper(),
            problem=first["msg"],
        ) from error


@dataclass(frozen=True)
class Readers:
    """What reading needs, without any store: engines and templates."""

    engines: Sequence[OcrEngine]
    templates: Mapping[str, Template]
    calibration: Calibration = field(default_factory=shipped)

    def label(self, template: str | None, field: str, language: str) -> str:
        return self.templates[template].field_label(field, language) if template else field


def open_readers(settings: Settings) -> Readers:
    """The engines that can run here, and the templates."""
    return Readers(_engines(settings), _templates(settings), newest_calibration(settings))


def newest_calibration(settings: Settings) -> Calibration:
    """What was learned here last, else what the workbench comes with."""
    kept = sorted((settings.data / _CALIBRATIONS).glob("*.json"))
    return _calibration(kept[-1]) if kept else shipped()


@lru_cache(maxsize=4)
def _calibration(path: Path) -> Calibration:
    try:
        return Calibration.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(
            "The calibration {name} cannot be read.",
            "Remove the file; the one before it is used then.",
            name=path.name,
        ) from error


def keep_calibration(settings: Settings, learned: Calibration) -> Path:
    """Keep what was learned, dated and named by its digest; from now on it is in use."""
    folder = settings.data / _CALIBRATIONS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now():%Y%m%dT%H%M%S}-{learned.digest}.json"
    half = path.with_suffix(".half")
    half.write_text(
        json.dumps(learned.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    half.replace(path)
    return path


def _engines(settings: Settings, learned: Path | None = None) -> tuple[OcrEngine, ...]:
    return _engines_with(settings.engines, settings.weights, learned)


@lru_cache(maxsize=4)
def _engines_with(
    chosen: tuple[str, ...], weights: Path | None, learned: Path | None
) -> tuple[OcrEngine, ...]:
    return tuple(
        engine
        for engine in engines.discover(weights, learned)
        if (not chosen or engine.name in chosen) and engines.status(engine).available
    )


def learned_network(settings: Settings) -> Path | None:
    """The network that was accepted here, without opening the workspace; None also where the
    store cannot be asked."""
    if not settings.database and not (settings.data / "workbench.db").is_file():
        return None
    store = Store(settings.database_url, settings.data / "objects")
    try:
        accepted = networks.accepted(store)
        return teaching.network_file(settings.data / _NETWORKS, accepted) if accepted else None
    except (Unreachable, StorageError):
        return None
    finally:
        store.close()


class _EnginesNow:
    """The engines as they are now: another network may come into use at any moment.

    Like a cached property it gives way to what is laid into the instance itself.
    """

    def __get__(self, work: Workspace, owner: type | None = None) -> Sequence[OcrEngine]:
        return _engines(work.settings, work.learned_network)


def _templates(settings: Settings) -> Mapping[str, Template]:
    templates = load_all(settings.templates)
    for template in templates.values():
        words.learn({rule.says.en: rule.says.vi for rule in template.rules})
    return templates


@dataclass(frozen=True)
class Workspace:
    """An open store with everything that fills its seams."""

    settings: Settings
    store: Store
    executor: Executor
    pin: str | None = field(default=None, repr=False)  # of the agency's key, for one batch
    otp: Callable[[], str] | None = field(default=None, repr=False)  # asks for a one-time password

    engines = _EnginesNow()

    @property
    def agency(self) -> str:
        return self.settings.agency

    @property
    def result_code(self) -> str:
        """The pattern of result codes (Thông tư 01/2023/TT-VPCP, Điều 10)."""
        return self.settings.result_code or minimum.results().code

    @property
    def scratch(self) -> Path:
        """Where half-made files lie: beside the objects, on the same disk."""
        folder = self.settings.data / "scratch"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def _in_use(self) -> InUse:
        return InUse(self.store, self.judge)

    @property
    def templates(self) -> Mapping[str, Template]:
        """What documents are read with: the authorised versions, as the store says within 1 s."""
        return self._in_use.now()

    def templates_changed(self) -> None:
        """Something was decided here: the next question is answered by the store."""
        self._in_use.look_again()

    @cached_property
    def _learned(self) -> teaching.Learned:
        return teaching.Learned(self)

    @property
    def learned_network(self) -> Path | None:
        """The network that was accepted here, as the store says within 1 s."""
        return self._learned.now()

    @property
    def networks_folder(self) -> Path:
        return self.settings.data / _NETWORKS

    @cached_property
    def teacher(self) -> Apart:
        """Teaches in a process of its own, begun when something is taught."""
        return Apart(self.settings.fonts or apart.FONTS)

    @property
    def calibration(self) -> Calibration:
        """What readings are weighed by: the newest that was learned here."""
        return newest_calibration(self.settings)

    @property
    def seals_by_itself(self) -> bool:
        """Whether a worker may seal: not where somebody has to type a PIN for the batch."""
        return self.settings.sealing == "trial" or self.pin is not None

    @property
    def asks_a_phone(self) -> bool:
        """Whether a worker asks for seals that somebody confirms on a phone."""
        return self.settings.sealing == "smartca"

    @cached_property
    def signer(self) -> Signer:
        """By whose key papers are sealed. Raises SigningError where it cannot be had."""
        if self.settings.sealing == "trial":
            return signing.trial_signer(self.settings.keys_folder, seal_rules(self.settings))
        if self.pin is None and not self.asks_a_phone:
            raise SigningError(
                "Papers are sealed with the agency's key, and its PIN was not given.",
                "Seal them with `workbench sign`, where the key is; it asks for the PIN.",
            )
        return signing.agency_signer(
            agency_keys(self.settings, self.pin or "", otp=self.otp), seal_rules(self.settings)
        )

    @cached_property
    def keeper(self) -> Keeper:
        """Who keeps seals provable, by the lists that lie in the trust folder at that moment."""
        return SealKeeper(seal_rules(self.settings))

    @cached_property
    def lake(self) -> Lake:
        """What the managers' figures are told from."""
        return Lake(self.settings.data / "lake")

    @cached_property
    def repository(self) -> Repository:
        return OcflRepository(self.settings.data / "repository")

    @cached_property
    def targets(self) -> Mapping[str, Target]:
        """Where records may be delivered to. Raises SettingsError for a file that is not valid."""
        return targets.load(self.settings.targets)

    @property
    def sign_list(self) -> Callable[[bytes], bytes] | None:
        """Signs the list of what is delivered, by the key that papers are sealed with."""
        if self.settings.sealing == "trial":
            keys: KeySource = signing.trial_keys.ensure(self.settings.keys_folder).keys()
        elif self.settings.sealing in ("file", "token") and self.pin is not None:
            keys = agency_keys(self.settings, self.pin)
        else:
            return None
        return lambda listed: signing.sign_detached(listed, keys)

    @cached_property
    def holdings(self) -> Sequence[Holdings]:
        repository = OcflRepository(self.settings.data / "repository")
        return ObjectHoldings(self.store.objects), OcflHoldings(repository)

    def template(self, digest: str) -> Template:
        """The template as it stood under this digest, also when a newer one is in use."""
        return self._in_use.version(digest)

    def judge(self, content: bytes, signature: bytes) -> Judged:
        """What a signature beside an authorisation says, by the roots that this site trusts."""
        trusted = signing.trust(self.settings.keys_folder, bundle=self.settings.trust)
        told = signing.verify_detached(content, signature, trusted).signatures[0]
        return Judged(
            intact=told.state is not signing.State.ALTERED,
            signer=told.signer,
            trusted=told.state is signing.State.INTACT and not told.trial,
            trial=told.trial,
            at=told.at,
            lines=told.details,
        )

    def trial_keys(self, person: Person) -> KeySource | None:
        """A trial key in a person's own name; None where this site signs in earnest."""
        if self.settings.sealing != "trial":
            return None
        folder = self.settings.keys_folder
        return signing.trial_keys.ensure_personal(folder, person.name, person.shown_as).keys()

    def sign_apart(self, content: bytes, keys: KeySource) -> SignedApart:
        """Sign in the name of whoever holds these keys. Raises SigningError."""
        moment = now()
        signature = signing.sign_detached(content, keys, at=moment)
        judged = signing.verify_detached(
            content, signature, signing.trust(self.settings.keys_folder, bundle=self.settings.trust)
        ).signatures[0]
        return SignedApart(signature, judged.signer, judged.certificate, judged.trial, moment)


def seal_rules(settings: Settings) -> Rules:
    """How this unit seals. Raises SettingsError for a file of profiles that cannot be read."""
    return Rules(
        agency=settings.agency,
        profiles=profiles(settings.profiles),
        usual=settings.profile,
        stamp=settings.seal_image,
        stamps=TimeStamps(settings.tsa) if settings.tsa else None,
        least=Level.of(settings.seal_level),
        trust=lambda: signing.trust(settings.keys_folder, bundle=settings.trust),
    )


def agency_keys(settings: Settings, pin: str, *, otp: Callable[[], str] | None = None) -> KeySource:
    """Where the agency's own key is. Raises SettingsError for what is not said."""
    if settings.sealing in ("csc", "smartca"):
        return _remote_keys(settings, pin, otp)
    if settings.sealing == "file":
        if settings.sealing_file is None:
            raise _unsaid("WORKBENCH_SEALING_FILE")
        return Pkcs12Keys(settings.sealing_file.expanduser(), pin)
    if settings.token_module is None:
        raise _unsaid("WORKBENCH_TOKEN_MODULE")
    if not settings.token_name:
        raise _unsaid("WORKBENCH_TOKEN_NAME")
    return Pkcs11Keys(settings.token_module, settings.token_name, pin, settings.token_key)


def _remote_keys(settings: Settings, pin: str, otp: Callable[[], str] | None) -> KeySource:
    needed = ["remote_url"]
    needed += ["remote_credential"] if settings.sealing == "csc" else ["remote_user"]
    for name in needed:
        if not getattr(settings, name):
            raise _unsaid(f"WORKBENCH_{name.upper()}")
    service = Service(settings.remote_url, settings.remote_client, settings.remote_secret_file)
    if settings.sealing == "csc":
        return CscKeys(service, settings.remote_credential, pin, otp)
    return SmartCaKeys(
        service, settings.remote_user, settings.remote_credential, settings.remote_at_once
    )


def _unsaid(name: str) -> SettingsError:
    return SettingsError(
        "The setting {name} is missing.", "Set it beside WORKBENCH_SEALING.", name=name
    )


def open_workspace(
    settings: Settings,
    *,
    executor: Executor | None = None,
    pin: str | None = None,
    otp: Callable[[], str] | None = None,
) -> Workspace:
    """Open (and on first use make) the store; take in the templates that ship.

    The default executor runs here; `supervised` gives the one for workers. With the `pin` of the
    agency's key papers can be sealed here; it is kept in this process's memory only. `otp` asks a
    person for a one-time password, where a service wants one.
    """
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        store = Store(settings.database_url, settings.data / "objects")
        migrations.upgrade(store.engine)
    except (OSError, Unreachable) as error:
        raise StorageError(
            "The store at {place} cannot be opened.",
            "Check that the folder can be written and that the database runs.",
            place=str(settings.data),
        ) from error
    enrol(store, settings.templates)
    granting.enrol(store)
    return Workspace(settings, store, executor or Inline(), pin, otp)


def supervised(settings: Settings) -> Processes:
    """The executor of a worker: as many reading processes as the settings say."""
    return Processes(
        settings.readers, seconds=settings.page_seconds, megabytes=settings.page_megabytes
    )


def at_hand(settings: Settings) -> Processes:
    """The executor of the app: one process, started by the first task, that then stays warm.

    It reads what a person waits for; whole papers are the workers' affair.
    """
    return Processes(1, seconds=min(30, settings.page_seconds))


def prepare_demo(work: Workspace) -> None:
    """Give an empty store the demo's accounts and units; a store with people is left alone."""
    if work.store.persons():
        return
    work.store.keep(*accounts.demo_people())
    work.store.keep(*(Unit(code=code, name=name) for code, name in _DEMO_UNITS))

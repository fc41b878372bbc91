"""`workbench bench signing`: what a seal costs beside the bare signature and hash under it.

Keys are made up for the run, in files and, where SoftHSM 2 is installed, in a token; `--agency`
measures the agency's own key as the settings name it. Seal and bare work take turns in rounds, so
that a busy moment of the machine strikes both; the median over the rounds' ratios counts.
"""

from __future__ import annotations

import hashlib
import json as json_
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from PIL import Image

from workbench.bench import lots
from workbench.catalogues.profiles import USUAL, profiles
from workbench.model import Act, Approved, Record, SettledField, now
from workbench.rendition import RenditionPage, render
from workbench.signing import KeySource, PadesSigner, Pkcs11Keys, Pkcs12Keys, Rules
from workbench.signing.keys import Key
from workbench.words import say
from workbench.workspace import agency_keys, load_settings

LIMIT_RATIO = 6.0  # of the bare signature and hash
ROUNDS = 5
LIMIT_RENDER = 0.150  # CPU seconds for two pages
_WIDTH, _HEIGHT = 1654, 2339  # A4 at 200 dpi


@dataclass(frozen=True, slots=True)
class Sealed:
    """CPU seconds a document: the whole seal with its mark; the bare signature with one hash."""

    key: str
    documents: int
    rounds: int
    seal: float  # median
    bare: float  # median
    ratio: float  # median of the rounds' ratios
    per_second: float  # documents a second on one core, with all that is done once a second


@dataclass(frozen=True, slots=True)
class Measured:
    seals: tuple[Sealed, ...]
    pages: int
    rendered: int
    render: float  # CPU seconds for all pages of one document, median
    megabytes: float

    @property
    def is_within(self) -> bool:
        return self.render <= LIMIT_RENDER and all(s.ratio <= LIMIT_RATIO for s in self.seals)

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "limits": {"ratio": LIMIT_RATIO, "render_seconds": LIMIT_RENDER},
            "ratios": {
                **{s.key: round(s.ratio / LIMIT_RATIO, 3) for s in self.seals},
                "render": round(self.render / LIMIT_RENDER, 3),
            },
        }


def command(
    documents: Annotated[int, typer.Option(min=5, help="How many to seal with each key.")] = 200,
    agency: Annotated[
        bool, typer.Option("--agency", help="Also with the agency's key; asks for its PIN.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Time seals beside the bare signature, and the rendering of two pages; exit 1 past a limit."""
    with tempfile.TemporaryDirectory() as folder:
        keys = dict(_made_up(Path(folder)))
        if agency:
            pin = str(typer.prompt(say("PIN of the agency's key"), hide_input=True, err=True))
            keys["agency"] = agency_keys(load_settings(), pin)
        found = measure(keys, documents)
    if json:
        print(json_.dumps(found.as_json()))
    else:
        _tell(found)
    if not found.is_within:
        raise typer.Exit(1)


def measure(keys: dict[str, KeySource], documents: int) -> Measured:
    """Seal one rendered document `documents` times with each key."""
    approved = _approved()
    pages = list(_pages())
    renders = 10

    def rendered() -> bytes:
        return render(approved.record, pages, title="Giấy chứng nhận", at=approved.approved_at)

    pdf = rendered()
    seals = tuple(
        _against_bare(name, source, approved, pdf, documents) for name, source in keys.items()
    )
    return Measured(seals, len(pages), renders, _median(_spent(rendered, renders)), len(pdf) / 1e6)


def _against_bare(
    name: str, source: KeySource, approved: Approved, pdf: bytes, documents: int
) -> Sealed:
    rules = Rules("Công an tỉnh Sóc Trăng", profiles(), USUAL)
    key = source.open()  # once: a token lets nobody in twice
    signer = PadesSigner(_Opened(key), rules=rules)
    signer.sign(approved, pdf)  # what is done once a batch

    def bare() -> object:
        return hashlib.sha256(pdf).digest(), key.sign(b"x" * 200)

    def seal() -> object:
        return signer.sign(approved, pdf)

    a_round = max(1, documents // ROUNDS)
    seals, bares, ratios = list[float](), list[float](), list[float]()
    for _ in range(ROUNDS):
        sealed, plain = _spent(seal, a_round), _spent(bare, a_round)
        ratios.append(_median(sealed) / _median(plain))
        seals += sealed
        bares += plain
    return Sealed(
        key=name,
        documents=len(seals),
        rounds=ROUNDS,
        seal=_median(seals),
        bare=_median(bares),
        ratio=_median(ratios),
        per_second=len(seals) / sum(seals),
    )


@dataclass(frozen=True)
class _Opened:
    key: Key

    def open(self) -> Key:
        return self.key


def _spent(work: Callable[[], object], times: int) -> list[float]:
    """CPU seconds of this process for each call."""
    spent = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return spent


def _median(numbers: Sequence[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


def _approved() -> Approved:
    field = SettledField("so", "012/ĐKMD", "012/ĐKMD", Act.ACCEPT, None, None, "soat1")
    record = Record("d1", "con_dau", "con_dau@1", "0" * 64, ("1" * 64,), (field,), "soat1", 3)
    return Approved(record, record.digest, "duyet1", now())


def _pages() -> Iterator[RenditionPage]:
    """Two grey pages as a scanner leaves them: paper with a little noise."""
    for _ in range(2):
        out = BytesIO()
        Image.effect_noise((_WIDTH, _HEIGHT), 12).point(lambda v: min(255, v + 110)).save(
            out, "JPEG", quality=60
        )
        yield RenditionPage(out.getvalue(), _WIDTH, _HEIGHT, 200)


def _made_up(folder: Path) -> Iterator[tuple[str, KeySource]]:
    for name, private in (
        ("rsa-2048", rsa.generate_private_key(65537, 2048)),
        ("p-256", ec.generate_private_key(ec.SECP256R1())),
    ):
        who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Benchmark {name}")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(who)
            .issuer_name(who)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() - timedelta(days=1))
            .not_valid_after(now() + timedelta(days=1))
            .sign(private, hashes.SHA256())
        )
        file = folder / f"{name}.p12"
        locked = serialization.BestAvailableEncryption(b"bench")
        file.write_bytes(
            pkcs12.serialize_key_and_certificates(b"key", private, certificate, None, locked)
        )
        yield name, Pkcs12Keys(file, "bench")
    if lots.MODULE.exists():
        os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")  # read when it is loaded
        lots.make_token(folder, os.environ)
        yield "softhsm p-256", Pkcs11Keys(lots.MODULE, lots.TOKEN, lots.PIN)


def _tell(found: Measured) -> None:
    print(
        f"{'key':14} {'n':>5} {'rounds':>6} {'ms/doc':>8} {'docs/s':>8} {'bare ms':>8} "
        f"{'ratio':>6}  limit"
    )
    for s in found.seals:
        print(
            f"{s.key:14} {s.documents:5} {s.rounds:6} {1000 * s.seal:8.2f} {s.per_second:8.0f} "
            f"{1000 * s.bare:8.2f} {s.ratio:6.2f}  {LIMIT_RATIO:.0f}"
        )
    print(
        f"render: {1000 * found.render:.0f} ms CPU for {found.pages} pages (n={found.rendered}), "
        f"limit {1000 * LIMIT_RENDER:.0f} ms; the file has {found.megabytes:.2f} MB"
    )

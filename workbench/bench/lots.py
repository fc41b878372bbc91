"""`workbench bench batch-signing`: a batch signed by one session of a token, and killed on the way.

A token in software (SoftHSM 2) is made for the run, papers are made up and approved, and the real
command seals them: `workbench sign`. Killed (SIGKILL) as often as asked, it is started again. Then
it is counted whether each paper was signed once, holds what its receipt says, and has a receipt.
"""

from __future__ import annotations

import json as json_
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from hashlib import sha512
from io import BytesIO
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from workbench import flow
from workbench.errors import SettingsError
from workbench.flow import Work, validity
from workbench.flow.entering import Entered, enter
from workbench.model import Batch, Document, Intake, Origin, Page, SourceFile, Stage, Validity, now
from workbench.signing import State, trust, verify
from workbench.store import Store
from workbench.workspace import Settings, Workspace, open_workspace, prepare_demo

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "246810"
TOKEN = "workbench-bench"  # noqa: S105 - a name
_SECONDS = 1800.0  # for the whole run

# A registration of a seal, as a clerk would type it: whole, so that it can be approved.
PAPER: Mapping[str, str] = {
    "co_quan_cap_tren": "CÔNG AN TỈNH SÓC TRĂNG",
    "co_quan_cap": "PHÒNG CẢNH SÁT QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI",
    "so_quyet_dinh": "12/QĐ-UBND",
    "ngay_quyet_dinh": "03/01/2019",
    "co_quan_quyet_dinh": "UBND tỉnh Sóc Trăng",
    "ten_to_chuc": "Trung tâm Văn hoá huyện Mỹ Xuyên",
    "dia_chi": "Số 1 đường Trần Hưng Đạo, huyện Mỹ Xuyên",
    "loai_dau": "Dấu ướt",
    "so_luong": "01 (một) con dấu",
    "ngay_hieu_luc": "10/03/2020",
    "ngay_cap": "10/03/2020",
    "chuc_vu_ky": "TRƯỞNG PHÒNG",
    "cap_bac": "Thượng tá",
    "nguoi_ky": "Lê Văn Đức",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of the papers."""

    papers: int
    kills: int
    sealed_at_kill: tuple[int, ...]
    signed_once: int
    as_receipted: int  # the kept file has the digest of its signature row
    intact: int
    verified: int  # of how many that was asked
    receipts: int
    seconds: float  # of all sessions together, export and kills included
    sealing_seconds: float  # from the first seal kept to the last one

    @property
    def is_whole(self) -> bool:
        each = (self.signed_once, self.as_receipted, self.receipts)
        return all(n == self.papers for n in each) and self.intact == self.verified

    def as_json(self) -> dict[str, Any]:
        return {
            **asdict(self),
            "papers_a_second": round(self.papers / self.sealing_seconds, 2),
            "is_whole": self.is_whole,
        }


def command(
    papers: Annotated[int, typer.Option(min=3, help="How many to sign.")] = 1000,
    kills: Annotated[int, typer.Option(min=0, help="How often the session is killed.")] = 2,
    verified: Annotated[int, typer.Option(min=0, help="How many files to verify whole.")] = 100,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Sign many papers with a token in software, killed on the way; exit 1 if one is not whole."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site.made(Path(folder), papers)
        found = site.measure(kills=kills, verified=verified)
    if json:
        print(json_.dumps(found.as_json()))
    else:
        _tell(found)
    if not found.is_whole:
        raise typer.Exit(1)


def approved_papers(work: Work, papers: int, *, pages: int = 2, dpi: int = 200) -> list[str]:
    """Made-up papers with pages, approved by a second person; their ids."""
    batch = Batch(name="Lô ký thử", unit="PC06", by="soat1")
    entered = [
        Entered("con_dau", {**PAPER, "so": f"{n}/ĐKMD"}, Origin.TABLE, f"{batch.id}/{n}")
        for n in range(1, papers + 1)
    ]
    scan, size = _scan(dpi), (827 * dpi // 100, 1169 * dpi // 100)
    documents = enter(work, batch, entered, by="soat1")
    for document in documents:
        _with_pages(work.store, document, scan, size, pages=pages, dpi=dpi)
        vouch(work, document.id)
    return [document.id for document in documents]


def vouch(work: Work, document: str) -> None:
    """Approve a made-up record as the second person, who says that it holds without end."""
    validity.state_term(
        work, document, Validity.INDEFINITE, by="duyet1", reason="Hồ sơ đo thử, vô thời hạn"
    )
    seen = flow.sheet(work, document)
    for found in seen.errors:  # a made-up scan is not to the letter
        seen = flow.override(
            work, document, found.rule, found.fields, by="duyet1", reason="Hồ sơ đo thử"
        )
    flow.approve(work, document, by="duyet1", revision=seen.document.revision)


def _with_pages(
    store: Store, document: Document, image: bytes, size: tuple[int, int], *, pages: int, dpi: int
) -> None:
    scan = store.put(image)
    remark = document.id.encode()  # no two files are the same
    original = image[:2] + b"\xff\xfe" + (len(remark) + 2).to_bytes(2) + remark + image[2:]
    source = SourceFile(
        batch=document.batch, name=f"{document.number:04}.jpg", digest=store.put(original),
        intake=Intake.ACCEPTED, media_type="image/jpeg", size=len(original), pages=pages,
    )  # fmt: skip
    width, height = size
    store.add(
        source,
        *(
            Page(
                document=document.id, number=n, file_page=n, width=width, height=height, dpi=dpi,
                scan=scan, view=scan, source=source.id,
            )
            for n in range(pages)
        ),
    )  # fmt: skip
    document.source, document.origin = source.id, Origin.SCAN
    store.keep(document)


def _scan(dpi: int) -> bytes:
    """A page as a scanner leaves it: paper with a little noise."""
    out = BytesIO()
    noise = Image.effect_noise((827 * dpi // 100, 1169 * dpi // 100), 12)
    paper = noise.point(lambda v: min(255, v + 110)).convert("RGB")
    paper.save(out, "JPEG", quality=60, dpi=(dpi, dpi))
    return out.getvalue()


class Site:
    """A data folder with approved papers, a token, and the environment of the command."""

    def __init__(self, folder: Path, papers: int, work: Workspace) -> None:
        self.folder = folder
        self.papers = papers
        self.work = work
        self.environment = {
            **os.environ,
            "SOFTHSM2_CONF": str(folder / "softhsm2.conf"),
            "WORKBENCH_DATA": str(folder / "data"),
            "WORKBENCH_KEYS": str(folder / "keys"),
            "WORKBENCH_SEALING": "token",
            "WORKBENCH_TOKEN_MODULE": str(MODULE),
            "WORKBENCH_TOKEN_NAME": TOKEN,
        }

    @classmethod
    def made(cls, folder: Path, papers: int, *, pages: int = 2, dpi: int = 200) -> Site:
        """Everything made up. Raises SettingsError where SoftHSM 2 is not installed."""
        work = open_workspace(Settings(data=folder / "data", keys=folder / "keys", demo=True))
        prepare_demo(work)
        approved_papers(work, papers, pages=pages, dpi=dpi)
        site = cls(folder, papers, work)
        make_token(folder, site.environment)
        return site

    def measure(self, *, kills: int, verified: int) -> Counted:
        """Sign them all with so many kills on the way, and count."""
        begun = time.monotonic()
        at_kill = []
        for number in range(kills):
            session = self._start()
            self._wait(session, beyond=self.papers * (number + 1) // (kills + 1))
            with suppress(ProcessLookupError):  # on a small lot it may have come to its end
                os.killpg(session.pid, signal.SIGKILL)
            session.wait()
            at_kill.append(self._sealed())
        last = self._start()
        while last.wait(timeout=_SECONDS) not in (0, 10):
            raise RuntimeError(self._log()[-2000:])
        return self._counted(tuple(at_kill), time.monotonic() - begun, verified)

    def _start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            session = subprocess.Popen(
                [sys.executable, "-m", "workbench", "sign", "--by", "duyet1", "--json"],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # without a terminal the PIN is read from stdin
            )
        assert session.stdin is not None  # noqa: S101 - a pipe was asked for
        session.stdin.write(f"{PIN}\n".encode())
        session.stdin.close()
        return session

    def _wait(self, session: subprocess.Popen[bytes], *, beyond: int) -> None:
        end = time.monotonic() + _SECONDS
        while self._sealed() <= beyond and session.poll() is None:
            if time.monotonic() > end:
                raise RuntimeError(self._log()[-2000:])
            time.sleep(0.02)

    def _sealed(self) -> int:
        counts = self.work.store.counts()
        return counts[Stage.SIGNED] + counts[Stage.EXPORTED]

    def _log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def _counted(self, at_kill: tuple[int, ...], seconds: float, verified: int) -> Counted:
        store = self.work.store
        documents = store.documents(limit=self.papers + 1)
        signatures = {d.id: store.signatures(d.id) for d in documents}
        once = sum(len(found) == 1 for found in signatures.values())
        root = trust(self.folder / "keys", (self.folder / "root.pem",))
        step = max(1, len(documents) // verified) if verified else 0
        told: Counter[bool] = Counter()
        as_receipted = intact = 0
        for number, document in enumerate(documents):
            pdf = store.get(document.pdf_digest) if document.pdf_digest else b""
            digests = [s.pdf_digest for s in signatures[document.id]]
            as_receipted += digests == [sha512(pdf).hexdigest()]
            if step and number % step == 0:
                told[True] += 1
                intact += verify(pdf, root).state is State.INTACT
        moments = [s.at for found in signatures.values() for s in found]
        return Counted(
            papers=self.papers,
            kills=len(at_kill),
            sealed_at_kill=at_kill,
            signed_once=once,
            as_receipted=as_receipted,
            intact=intact,
            verified=told[True],
            receipts=sum(len(store.receipts(d.id)) == 1 for d in documents),
            seconds=round(seconds, 1),
            sealing_seconds=max(1.0, (max(moments) - min(moments)).total_seconds()),
        )


def make_token(folder: Path, environment: Mapping[str, str]) -> None:
    """A token with a P-256 key and its certificates under `folder`; the root in `root.pem`."""
    if not MODULE.exists():
        raise SettingsError(
            "SoftHSM 2 is not installed; this measurement signs with it.",
            "Install the package softhsm2.",
        )
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\n")

    def tool(*arguments: str) -> None:
        subprocess.run(  # noqa: S603 - arguments of our own
            ["softhsm2-util", *arguments],  # noqa: S607 - where the system has it
            check=True,
            capture_output=True,
            env=dict(environment),
        )

    key = ec.generate_private_key(ec.SECP256R1())
    authority = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("Lab root", authority.public_key(), "Lab root", authority)
    signer = _certificate("Lab agency", key.public_key(), "Lab root", authority)
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    pem = folder / "key.pem"
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tool("--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "13579246")
    tool("--import", str(pem), "--token", TOKEN, "--label", "seal", "--id", "01", "--pin", PIN)
    pem.unlink()
    # The driver looks for its tokens once a process; this one may have another by now.
    subprocess.run(  # noqa: S603 - our own program
        [
            *(sys.executable, "-m", "workbench.bench.soft_token", str(MODULE), TOKEN, PIN),
            signer.public_bytes(Encoding.DER).hex(),
        ],
        check=True,
        env=dict(environment),
    )


def _certificate(
    name: str,
    public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer: str,
    private: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    authority = name == issuer
    usage = x509.KeyUsage(
        not authority, not authority, False, False, False, authority, authority, False, False
    )
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, issuer)]))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=2))
        .not_valid_after(now() + timedelta(days=400))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(private, hashes.SHA256())
    )


def _tell(found: Counted) -> None:
    print(f"n={found.papers} papers, {found.kills} kills at {list(found.sealed_at_kill)} sealed")
    print(f"signed once      {found.signed_once:6} of {found.papers}")
    print(f"as receipted     {found.as_receipted:6} of {found.papers}")
    print(f"receipts         {found.receipts:6} of {found.papers}")
    print(f"verified intact  {found.intact:6} of {found.verified}")
    rate = found.papers / found.sealing_seconds
    print(f"{found.seconds:.0f} s in all; sealing {found.sealing_seconds:.0f} s ({rate:.1f}/s)")

"""A throw-away site for measuring the review station: made-up papers behind the real app."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import dumps
from pathlib import Path
from typing import Any, Self
from urllib.error import URLError
from urllib.request import urlopen

from workbench import accounts, imaging, intake
from workbench.errors import NotReadyError
from workbench.model import (
    Batch,
    Box,
    Document,
    Intake,
    Page,
    Person,
    Proposal,
    Reading,
    Role,
    SourceFile,
    Stage,
    TemplateVersion,
    Unit,
    Warp,
    Word,
    now,
)
from workbench.template import Template, parse
from workbench.workspace import ROOT, Workspace, load_settings, open_workspace

FIELDS = 12
FLAGGED = 3
BOXES = 5000  # words on the fullest page
PASSWORD = "bench-only"  # noqa: S105 - of accounts that live as long as the measurement
_SAMPLE = ROOT / "data" / "sample" / "files"
_PICTURES = 4  # scans of the sample that the papers take turns with


@dataclass(frozen=True, slots=True)
class Case:
    """A made-up paper: what its fields truly say, and which of them the machine doubts."""

    document: str
    number: int
    truth: Mapping[str, str]
    flagged: tuple[str, ...]


@dataclass
class Site:
    """A store in a folder of its own, and the app over it in a process of its own."""

    folder: Path
    port: int
    environment: Mapping[str, str]
    work: Workspace
    template: Template
    pictures: Sequence[bytes]
    process: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.folder / "server.log"

    @classmethod
    def found(cls, folder: Path, *, data: Path) -> Self:
        """Found a site in `folder`, with its store in `data`; nobody works there yet."""
        environment = {
            **os.environ,
            "WORKBENCH_DATA": str(data),
            "WORKBENCH_KEYS": str(folder / "keys"),
            "WORKBENCH_DATABASE": "",
            "WORKBENCH_LANGUAGE": "vi",
            "WORKBENCH_SUPERVISED": "1",  # ends with us
        }
        work = open_workspace(
            load_settings(data=data, keys=folder / "keys", database="", language="vi")
        )
        template = _template()
        work.store.keep(
            TemplateVersion(
                digest=template.digest,
                template=template.id,
                version=template.version,
                source=template.source,
            ),
            Unit(code="BENCH", name="Đơn vị đo thử"),
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        return cls(folder, port, environment, work, template, _pictures(folder))

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # --- people and papers ----------------------------------------------------------------------

    def employ(self, count: int) -> list[str]:
        """Give `count` reviewers an account; their names."""
        secret = accounts.hash_password(PASSWORD)
        names = [f"bench{n:02}" for n in range(count)]
        self.work.store.keep(
            *(
                Person(
                    name=name,
                    shown_as=f"Cán bộ soát {name}",
                    password_hash=secret,
                    roles=[Role.REVIEWER.value],
                    unit="BENCH",
                )
                for name in names
            )
        )
        return names

    def take_in(self, doubtful: Sequence[bool], *, full: bool = False) -> list[Case]:
        """Papers that wait for review, in this order; with `full`, the first has `BOXES` words."""
        store, at = self.work.store, now()
        batch = Batch(name="Đo bàn soát", unit="BENCH", by="bench00", at=at)
        rows: list[Any] = [batch]
        cases = []
        for number, doubts in enumerate(doubtful, start=1):
            case, made = self._paper(batch, number, doubts, at=at + timedelta(milliseconds=number))
            cases.append(case)
            rows += made
        store.add(*rows)
        if full:
            store.add(self._words(cases[0]))
        return cases

    def _paper(
        self, batch: Batch, number: int, doubts: bool, *, at: datetime
    ) -> tuple[Case, list[Any]]:
        # Each paper has an image of its own: what follows a picture's end is nobody's.
        picture = self.pictures[number % len(self.pictures)] + f"{batch.id}{number:06}".encode()
        image = self.work.store.put(picture)
        source = SourceFile(
            batch=batch.id, name=f"{number:04}.pdf", intake=Intake.ACCEPTED, digest=image, pages=1
        )
        document = Document(
            batch=batch.id, source=source.id, unit="BENCH", number=number, stage=Stage.PROPOSED,
            kind=self.template.id, template_digest=self.template.digest,
            created_at=at, changed_at=at,
        )  # fmt: skip
        page = Page(
            document=document.id, number=0, file_page=0, width=2480, height=3508, dpi=300,
            scan=image, view=image, readable=image,
            warp=Warp((1, 0, 0, 0, 1, 0, 0, 0, 1), (2480, 3508), (2480, 3508)).as_json(),
        )  # fmt: skip
        names = list(self.template.fields)
        truth = {
            name: f"Trường Mầm non Hoa Sen {number}-{place}" for place, name in enumerate(names)
        }
        flagged = tuple(names[1 :: FIELDS // FLAGGED][:FLAGGED]) if doubts else ()
        proposals = [
            _proposal(document.id, place, name, truth[name], name in flagged, self.template.digest)
            for place, name in enumerate(names)
        ]
        return Case(document.id, number, truth, flagged), [source, document, page, *proposals]

    def _words(self, case: Case) -> Reading:
        across, rows = 50, BOXES // 50
        words = [
            Word(
                "chữ",
                Box((x + 0.1) / across, (y + 0.1) / rows, (x + 0.9) / across, (y + 0.9) / rows),
                0.9,
                y,
            )
            for y in range(rows)
            for x in range(across)
        ]
        (page,) = self.work.store.pages(case.document)
        return Reading(
            document=case.document, page=page.id, engine="tesseract", version="made-up",
            weights="made-up", words=self.work.store.keep_words(words), count=len(words),
        )  # fmt: skip

    # --- the app --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the app, and come back when it answers."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "workbench", "serve", "--port", str(self.port)],
                env=dict(self.environment), stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        end = time.monotonic() + 90
        while True:
            try:
                with urlopen(f"{self.address}/health", timeout=5):  # noqa: S310 - our own address
                    return
            except (URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise NotReadyError(
                        "The app that is to be measured did not start.",
                        "Run `workbench doctor`.",
                    ) from None
                time.sleep(0.1)

    def kill(self) -> None:
        """kill -9: nothing is said, nothing is tidied up."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def cpu_seconds(self) -> float:
        """What the app has spent so far, all its threads; 0 where the system does not say."""
        place = Path(f"/proc/{self.process.pid}/stat") if self.process else None
        if place is None or not place.exists():
            return 0.0
        user, system = place.read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def freeze(self) -> None:
        """Let the app hear and answer nothing; it is still there."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGSTOP)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        self.work.store.close()


def _proposal(
    document: str, place: int, name: str, truth: str, flagged: bool, template: str
) -> Proposal:
    wrong = truth.replace("Mầm", "Mâm")
    other = truth.replace("Sen", "Sẻn")
    # The truth is the first, the second or the third candidate, in turn.
    said = (
        [truth]
        if not flagged
        else [[truth, wrong], [wrong, truth], [wrong, other, truth]][place % 3]
    )
    engines = ("tesseract", "asterocr", "trueocr")
    left, top = 0.1 + 0.45 * (place % 2), 0.18 + 0.055 * place
    return Proposal(
        document=document, field=name, position=place, value=said[0], normalised=said[0],
        page=0, box=[left, top, left + 0.35, top + 0.02],
        candidates=dict(zip(engines, said, strict=False)), confidence=0.55 if flagged else 0.99,
        agreement=0.5 if flagged else 1.0, accepted=not flagged, template_digest=template,
    )  # fmt: skip


def _template() -> Template:
    fields = {
        f"truong_{n:02}": {
            "label": {"vi": f"Trường số {n}", "en": f"Field {n}"},
            "zone": {"after": [f"Trường số {n}:"]},
        }
        for n in range(1, FIELDS + 1)
    }
    source = dumps(
        {
            "id": "do_thu",
            "version": 1,
            "title": {"vi": "Giấy đo thử", "en": "Paper for measuring"},
            "recognised_by": {"all_of": ["giấy đo thử"]},
            "anchors": ["GIẤY ĐO THỬ", "Trường số"],
            "fields": fields,
        }
    )
    return parse(source.encode(), "do_thu.yaml")


def _pictures(folder: Path) -> list[bytes]:
    """Scans of the sample as the station shows them: real sizes, real bytes."""
    found = []
    for file in sorted(_SAMPLE.glob("*.pdf"))[:_PICTURES]:
        examined = intake.examine(file, file.name)
        with tempfile.TemporaryDirectory(dir=folder) as place:
            scan = next(iter(intake.page_images(file, examined.media_type, Path(place))))
            view = Path(place) / "view.jpg"
            imaging.make_readable(scan.path, Path(place) / "readable.png", view=view)
            found.append(view.read_bytes())
    if not found:
        raise NotReadyError(
            "The sample scans are not here.", "Run this in a checkout with data/sample."
        )
    return found


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the values do not exceed; the nearest that was measured."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def windows(stamps: Sequence[float], seconds: float = 1.0) -> Iterator[int]:
    """How many of the moments `stamps` (seconds, rising) fall in each window that ends at one."""
    start = 0
    for end, stamp in enumerate(stamps):
        while stamps[start] <= stamp - seconds:
            start += 1
        if stamp - stamps[0] >= seconds:
            yield end - start + 1

"""A made-up province at work, for tests and pictures: rows as the real steps would keep them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from workbench.model import (
    Act,
    Batch,
    Correction,
    Decision,
    Document,
    Event,
    FieldReading,
    Page,
    Proposal,
    Reading,
    Review,
    Stage,
    Unit,
)
from workbench.store import Store

UNITS = (
    ("PC06", "Phòng Cảnh sát quản lý hành chính về trật tự xã hội"),
    ("CA-TPST", "Công an thành phố Sóc Trăng"),
    ("CA-MX", "Công an huyện Mỹ Xuyên"),
    ("CA-VC", "Công an thị xã Vĩnh Châu"),
    ("CA-NN", "Công an thị xã Ngã Năm"),
    ("CA-KS", "Công an huyện Kế Sách"),
    ("CA-LP", "Công an huyện Long Phú"),
    ("CA-CLD", "Công an huyện Cù Lao Dung"),
    ("CA-MT", "Công an huyện Mỹ Tú"),
    ("CA-CT", "Công an huyện Châu Thành"),
    ("CA-TD", "Công an huyện Trần Đề"),
    ("CA-TT", "Công an huyện Thạnh Trị"),
)
KINDS = ("antt", "con_dau", "vu_khi")
FIELDS = {
    "so": "221/ĐKMD",
    "ngay_cap": "",
    "ten_to_chuc": "Trường Mầm non Hoa Sen",
    "dia_chi": "Số 1, đường Trần Hưng Đạo",
    "co_quan_cap": "PHÒNG CẢNH SÁT QLHC VỀ TTXH",
    "chuc_vu_ky": "TRƯỞNG PHÒNG",
    "nguoi_ky": "Nguyễn Văn Ba",
}
ITEMS = {"muc.1.so_hieu": "K54-0011", "muc.2.so_hieu": "K54-0012", "muc.1.so_luong": "02"}
ENGINES = {
    "tesseract": (0.9, 1.6), "trueocr": (0.82, 0.5), "asterocr": (0.87, 3.0), "easyocr": (0.45, 13)
}  # fmt: skip
WAY = (
    Stage.RECEIVED, Stage.READ, Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED, Stage.SIGNED,
    Stage.EXPORTED,
)  # fmt: skip
HELD = (
    ("No template fits this form.", {}),
    ("All {n} pages are blank.", {"n": 2}),
)


def fill(
    store: Store, *, documents: int, until: datetime, days: int = 60, units: int = 12, seed: int = 1
) -> None:
    """Fill an empty store with documents that came in over the `days` before `until`."""
    dice = random.Random(seed)
    rows: list[SQLModel] = [Unit(code=code, name=name) for code, name in UNITS[:units]]
    begin = until - timedelta(days=days)
    for number in range(documents):
        code = dice.choices(UNITS[:units], [1 / (n + 1) ** 0.6 for n in range(units)])[0][0]
        came = begin + (until - begin) * dice.random() ** 1.3
        rows += _document(dice, number, code, came, until)
    rows += [Batch(id=code, name=code, unit=code, by="soat1", at=begin) for code, _ in UNITS]
    _keep(store, rows)


def _document(
    dice: random.Random, number: int, unit: str, came: datetime, until: datetime
) -> Sequence[SQLModel]:
    """One paper as far along the way as its age allows."""
    name = f"{number:032x}"
    kind = dice.choice(KINDS)
    moments = [came]
    for _ in WAY[1:]:
        moments.append(moments[-1] + timedelta(hours=dice.expovariate(1 / 80)))
    reached = max(n for n, moment in enumerate(moments) if moment <= until)
    held = dice.random() < 0.04
    if held:
        reached = min(reached, 1)
    stage = Stage.HELD if held else WAY[reached]
    text, values = dice.choice(HELD)
    document = Document(
        id=name,
        batch=unit,
        source=name,
        unit=unit,
        number=number,
        stage=stage,
        held_at=WAY[reached] if held else None,
        reason={"text": text, "values": values} if held else None,
        kind=None if held or reached == 0 else kind,
        created_at=came,
        changed_at=moments[reached],
    )
    rows: list[SQLModel] = [document]
    for step, moment in list(zip(WAY, moments, strict=True))[: reached + 1]:
        before = WAY[WAY.index(step) - 1] if step is not Stage.RECEIVED else None
        rows.append(
            Event(
                document=name, batch=unit, unit=unit, kind=kind, before=before, after=step,
                by="worker", at=moment,
            )
        )  # fmt: skip
    for page in range(dice.choice((1, 1, 1, 2))):
        rows += _page(dice, name, page, came, read=reached > 0)
    if reached >= WAY.index(Stage.PROPOSED) and not held:
        rows += _fields(dice, name, kind, moments, reviewed=reached >= WAY.index(Stage.REVIEWED))
    return rows


def _page(
    dice: random.Random, document: str, number: int, came: datetime, *, read: bool
) -> list[SQLModel]:
    key = f"{document}-{number}"
    rows: list[SQLModel] = [
        Page(
            id=key, document=document, number=number, file_page=number, width=2480, height=3508,
            dpi=300, scan="0" * 64, view="0" * 64,
        )
    ]  # fmt: skip
    for engine, (_, cost) in ENGINES.items() if read else ():
        rows.append(
            Reading(
                document=document, page=key, engine=engine, version="1", weights="w",
                count=dice.randint(60, 240), cpu_seconds=cost * dice.uniform(0.6, 1.7),
                seconds=cost * 1.3, at=came,
                failure={"text": "The page could not be read.", "values": {}}
                if dice.random() < 0.004 else None,
            )
        )  # fmt: skip
    return rows


def _fields(
    dice: random.Random, document: str, kind: str, moments: Sequence[datetime], *, reviewed: bool
) -> list[SQLModel]:
    rows: list[SQLModel] = []
    issued = f"{dice.randint(2019, 2025)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
    truths = FIELDS | {"ngay_cap": issued} | (ITEMS if kind == "vu_khi" else {})
    spent = 0
    for place, (field, truth) in enumerate(truths.items()):
        hard = 0.75 if field in ("dia_chi", "nguoi_ky") else 1.0
        said = {
            engine: truth if dice.random() < skill * hard else f"{truth[:-2]}{dice.choice('01')}?"
            for engine, (skill, _) in ENGINES.items()
        }
        votes: dict[str, int] = defaultdict(int)
        for text in said.values():
            votes[text] += 1
        value = max(votes, key=lambda text: votes[text])
        accepted = votes[value] >= 3
        rows.append(
            Proposal(
                document=document, field=field, position=place, value=value, normalised=value,
                candidates=said, confidence=votes[value] / 4, agreement=votes[value] / 4,
                accepted=accepted,
            )
        )  # fmt: skip
        rows += [
            FieldReading(
                document=document, field=field, engine=engine, text=text, value=text,
                confidence=0.9, cpu_seconds=0.05,
            )
            for engine, text in said.items()
        ]  # fmt: skip
        if not reviewed or (accepted and value == truth):
            continue
        act = Act.ACCEPT
        if value != truth:
            act = Act.CANDIDATE if truth in said.values() else Act.EDIT
            if dice.random() < 0.05:
                act = Act.ILLEGIBLE
        took = dice.randint(900, 9000) if act is Act.EDIT else dice.randint(400, 2500)
        spent += took
        rows.append(
            Correction(
                id=f"{document}-{field}", document=document, field=field, act=act, before=value,
                after=truth if act is not Act.ILLEGIBLE else "",
                normalised=truth if act is not Act.ILLEGIBLE else "",
                by="soat1", at=moments[3], revision=place, serial=place,
                keys=dice.randint(4, 20) if act is Act.EDIT else 1, milliseconds=took,
            )
        )  # fmt: skip
    if reviewed:
        rows.append(
            Review(
                document=document, by="soat1", duty="review", decision=Decision.PASS, revision=9,
                at=moments[3], milliseconds=spent + dice.randint(5_000, 40_000),
            )
        )  # fmt: skip
    return rows


def _keep(store: Store, rows: Sequence[SQLModel]) -> None:
    # Thousands of rows: one INSERT a table, where the rows one by one would take half a minute.
    tables: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        kept = row.model_dump()
        if isinstance(row, Event):
            kept.pop("id")
        tables[type(row)].append(kept)
    with store.change() as session:
        for kind, kept_rows in tables.items():
            session.execute(sa.insert(kind), kept_rows)

"""The result message: out of a record and back, and what a receiver would refuse in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import UnreadableFileError
from workbench.exchange import message
from workbench.model import Act, Record, SettledField, Severity

PROFILE = message.profiles()[message.DEFAULT]
CONTEXT = {
    "dossier": "000.01.12.G01-220315-0042",
    "procedure": "2.001478",
    "agency": "000.01.12.G01",
    "result_code": "5900000001.KQ.G01.000001.GCN.01",
    "holder_number": "5900000001",
    "received_on": "2022-03-15",
    "file_name": "000.01.12.G01-220315-0042.01.pdf",
}
VALUES = {
    "loai_giay_to": "Giấy chứng nhận đủ điều kiện về an ninh, trật tự",
    "so": "62/GCN",
    "ten_co_so": "Nhà nghỉ Hoà Bình",
    "so_dkkd": "5900000001",
    "ngay_cap": "2022-03-20",
    "het_han": "2032-03-20",
}


def record(values: dict[str, str], kind: str = "antt") -> Record:
    fields = tuple(
        SettledField(name, value, value, Act.EDIT, None, None, "soat1")
        for name, value in values.items()
    )
    return Record("d", kind, f"{kind}@1", "0" * 64, (), fields, "soat1", 3)


def test_a_message_has_the_26_fields_as_text_in_the_order_of_its_profile() -> None:
    told = message.of(record(VALUES), CONTEXT, PROFILE)
    assert len(told) == 26
    assert list(told) == list(PROFILE.fields)
    assert told["NgayCap"] == "20/03/2022"
    assert told["TrichYeuNoiDung"].endswith("cấp cho Nhà nghỉ Hoà Bình")
    assert message.check(json.loads(message.written(told)), PROFILE) == ()


_TEXT = st.text(st.sampled_from('aăâbcdđeêghơưỲỹỨ 0123/-,{}()"\\'), min_size=1, max_size=30).map(
    lambda t: " ".join(t.split())
)


@given(
    kind=st.sampled_from(["antt", "con_dau", "vu_khi"]),
    name=_TEXT.filter(bool),
    number=_TEXT.filter(bool),
    day=st.dates().filter(lambda d: d.year >= 1000),
    until=st.one_of(st.just(""), st.dates().filter(lambda d: d.year >= 1000).map(str)),
)
def test_a_message_read_back_gives_the_record_and_the_same_message_again(
    kind: str, name: str, number: str, day: object, until: str
) -> None:
    title = "ten_giay_phep" if kind == "vu_khi" else "loai_giay_to"
    holder = "ten_co_so" if kind == "antt" else "ten_to_chuc"
    values = {title: "Giấy phép", "so": number, holder: name, "ngay_cap": str(day)}
    values |= {"het_han": until} if until else {}
    out = message.of(record(values, kind), CONTEXT, PROFILE)
    told = message.read(json.loads(message.written(out)), PROFILE, kind=kind)
    assert told.values == values
    assert told.context == CONTEXT
    again = message.of(record(dict(told.values), kind), told.context, PROFILE)
    assert again == out


@pytest.mark.parametrize(
    ("field", "said", "rule"),
    [
        ("MaGiayToKetQua", "2.001478", "procedure_as_result"),
        ("MaGiayToKetQua", "26340", "portal_id"),
        ("MaGiayToKetQua", "", "needed"),
        ("MaTTHC", "26340", "portal_id"),
        ("MaTTHC", "TTHC-1", "procedure"),
        ("TenGiayToKetQua", "giay-phep-so-1.pdf", "title"),
        ("TenGiayToKetQua", "000.01.12.G01-220315-0042.01", "title"),
        ("MaHoSo", "12345", "dossier"),
        ("MaHoSo", "000.01.12.G01-221345-0042", "dossier_day"),
        ("MaCoQuan", "Công an tỉnh", "agency"),
        ("NgayCap", "2022-03-20", "day"),
        ("NgayCap", "31/02/2022", "day"),
        ("ThoiHanHieuLuc", "01/01/2020", "order"),
        ("TenFileGiayToKetQuaDinhKem", "scan.jpg", "file_name"),
        ("SoKyHieu", 62, "text"),
        ("SoKyHieu", None, "text"),
        ("LaGi", "x", "unknown"),
    ],
)
def test_what_a_receiver_would_refuse_is_named(field: str, said: object, rule: str) -> None:
    told = message.of(record(VALUES), CONTEXT, PROFILE)
    (found,) = message.check({**told, field: said}, PROFILE)
    assert (found.rule, found.fields, found.severity) == (
        f"message.{rule}", (field,), Severity.ERROR,
    )  # fmt: skip


def test_a_missing_field_is_named_and_a_number_is_not_read_as_text() -> None:
    told: dict[str, object] = dict(message.of(record(VALUES), CONTEXT, PROFILE))
    del told["HinhThuc"]
    assert [f.rule for f in message.check(told, PROFILE)] == ["message.absent"]
    with pytest.raises(UnreadableFileError):
        message.read({**told, "SoKyHieu": 62}, PROFILE, kind="antt")


def test_one_number_in_all_messages_shows_in_many_of_them_only() -> None:
    told = [
        message.of(record(VALUES), {**CONTEXT, "result_code": f"5900000001.{n}"}, PROFILE)
        for n in range(3)
    ]
    assert [(f.rule, f.fields) for f in message.check_all(told, PROFILE)] == [
        ("message.constant", ("SoKyHieu",))
    ]
    assert message.check_all(told[:1], PROFILE) == ()

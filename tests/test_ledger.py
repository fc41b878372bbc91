"""What units keep in tables: every form of a date, every fault with its row, nothing silent."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import catalogues
from workbench.errors import TemplateError, UnreadableFileError
from workbench.ledger import (
    COERCIONS,
    Cell,
    Checked,
    Choices,
    Column,
    Merge,
    Profile,
    Sheet,
    check,
    headings,
    letters,
    propose,
)
from workbench.ledger.coercion import Refused, value_of
from workbench.ledger.profile import header_of, read
from workbench.ledger.reckoning import tally
from workbench.legacy import Encoding
from workbench.template import load_all
from workbench.words import catalogue, say

FORMS = load_all(Path(__file__).resolve().parent.parent / "ocr_templates")
ANTT, ARMS = FORMS["antt"], FORMS["vu_khi"]
TODAY = date(2026, 1, 15)
FIELDS = ("so", "ngay_cap", "co_quan_cap", "ten_co_so", "so_giay_to", "nguoi_dung_dau")
PROFILE = Profile(name="Sổ", kind="antt", columns={f: Column(heading=f) for f in FIELDS})
GOOD = ("1/GCN", "20/03/2019", "Công an huyện Mỹ Xuyên", "Nhà nghỉ An", "094085001234", "Lê An")


def sheet(*rows: tuple[Any, ...], **more: Any) -> Sheet:
    """Rows below one row of headings; what is no cell yet becomes one."""
    made = tuple(
        tuple(said if isinstance(said, Cell) else Cell(said) for said in row)
        for row in (FIELDS, *rows)
    )
    return Sheet("Sổ", made, **more)


def checked(*rows: tuple[Any, ...], choices: Choices = Choices(), **more: Any) -> Checked:
    return check(sheet(*rows, **more), PROFILE, ANTT, choices=choices, today=TODAY)


def row(**said: Any) -> tuple[Any, ...]:
    return tuple({**dict(zip(FIELDS, GOOD, strict=True)), **said}.values())


def faults(found: Checked) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.code) for fault in found.faults]


# --- dates (domain rules, 3.4) -------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        "08/05/2020", "8/5/2020", "8-5-2020", "08.05.2020", "08052020", "8 / 5 / 2020",
        "ngày 08 tháng 05 năm 2020", "Ngày 8 tháng 5 năm 2020", "08 tháng 5 năm 2020",
        "2020-05-08", "2020-05-08 00:00:00", "'08/05/2020", 8052020, 43959.0, 43959.75,
        date(2020, 5, 8), datetime(2020, 5, 8, 7, 30),
    ],
)  # fmt: skip
def test_a_date_is_read_in_every_form_that_units_write(said: Any) -> None:
    text, steps = value_of(Cell(said), "date", epoch=1900)
    assert text == "08/05/2020"
    assert bool(steps) == (said != "08/05/2020")  # whatever was done is said
    assert all(step.what in COERCIONS for step in steps)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("31/02/2020", "impossible_date"), ("00/05/2020", "impossible_date"),
        ("03/25/2020", "swapped"), ("8/5/20", "short_year"), ("1985", "year_only"),
        (1985, "year_only"), ("tháng 5/2020", "no_date"), ("không rõ", "no_date"),
        (-3, "serial"), (432019, "serial"), (True, "logical"), (time(7, 30), "time"),
        ("4.4E+4", "scientific"),
    ],
)  # fmt: skip
def test_what_is_no_whole_date_is_refused(said: Any, code: str) -> None:
    with pytest.raises(Refused) as why:
        value_of(Cell(said), "date", epoch=1900)
    assert why.value.code == code


def test_the_days_of_old_macs_are_counted_from_1904() -> None:
    assert value_of(Cell(42497.0), "date", epoch=1904)[0] == "08/05/2020"
    assert value_of(Cell(59.0), "date", epoch=1900)[0] == "28/02/1900"
    assert value_of(Cell(61.0), "date", epoch=1900)[0] == "01/03/1900"


@given(st.dates(date(1901, 1, 1), date(2099, 12, 31)))
def test_every_day_comes_back_from_its_serial_number(when: date) -> None:
    serial = (when - date(1899, 12, 30)).days
    if not 1900 <= serial <= 2100:  # those numbers are taken for years
        text, _ = value_of(Cell(float(serial)), "date", epoch=1900)
        assert text == f"{when:%d/%m/%Y}"


# --- texts and numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept", "what"),
    [
        ("Số 1,\nấp 2", "Số 1, ấp 2", ["lines"]),
        ("Số\u00a01  ấp\u200b 2", "Số 1 ấp 2", ["spaces"]),
        ("１２/GCN", "12/GCN", ["wide"]),
        ("Ho\u0300a", "Hòa", ["composed"]),
        (12.0, "12", ["number"]),
        (12.5, "12,5", ["number"]),
        ("Sơn Thị Sà Rết", "Sơn Thị Sà Rết", []),
    ],
)
def test_whatever_is_done_to_a_cell_is_said(said: Any, kept: str, what: list[str]) -> None:
    text, steps = value_of(Cell(said), "text", epoch=1900)
    assert (text, [step.what for step in steps]) == (kept, what)


@pytest.mark.parametrize(
    ("cell", "kind", "code"),
    [
        (Cell(None, error="#REF!"), "text", "error"),
        (Cell(None, formula=True), "text", "no_result"),
        (Cell(-1.0), "count", "negative"),
        (Cell(12.5), "count", "fraction"),
        (Cell(1e16), "id_number", "digits_lost"),
        (Cell("9,4085E+10"), "id_number", "scientific"),
        (Cell(date(2020, 5, 1)), "document_number", "became_date"),
        (Cell("C?ng an"), "text", "broken"),
        (Cell("C\ufffdng an"), "text", "broken"),
        (Cell("a\x01b"), "text", "control"),
        (Cell("a" * 3000), "text", "long"),
    ],
)
def test_what_cannot_be_known_is_refused(cell: Cell, kind: str, code: str) -> None:
    with pytest.raises(Refused) as why:
        value_of(cell, kind, epoch=1900)
    assert why.value.code == code


def test_the_result_of_a_formula_is_taken_and_said() -> None:
    text, steps = value_of(Cell("Nhà nghỉ An", formula=True), "text", epoch=1900)
    assert (text, steps[0].what) == ("Nhà nghỉ An", "formula")


# --- rows ----------------------------------------------------------------------------------------


def test_a_good_row_is_a_paper() -> None:
    found = checked(GOOD)
    (line,) = found.lines
    assert (found.faults, found.rows, line.rows) == ((), 1, (2,))
    assert line.values == dict(zip(FIELDS, GOOD, strict=True))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"so": None}, (2, "A", "unnamed")),
        ({"ngay_cap": None}, (2, "B", "unnamed")),
        ({"ten_co_so": " "}, (2, "D", "needed")),
        ({"so": "1 GCN"}, (2, "A", "number_form")),
        ({"so": date(2020, 5, 1)}, (2, "A", "became_date")),
        ({"ngay_cap": "20/03/2030"}, (2, "B", "future")),
        ({"nguoi_dung_dau": "Lê 4n"}, (2, "F", "name_digits")),
        ({"so_giay_to": 94085001234.0}, (2, "E", "zero")),
        ({"so_giay_to": "36512345"}, (2, "E", "zero")),
        ({"so_giay_to": "0940850012345"}, (2, "E", "identity_digits")),
        ({"so_giay_to": "09408500I234"}, (2, "E", "identity_letters")),
        ({"so": "//"}, (2, "A", "ditto_number")),
        ({"co_quan_cap": "nt"}, (2, "C", "ditto_nothing")),
    ],
)
def test_a_fault_is_told_with_row_and_column(
    said: dict[str, Any], expected: tuple[int, str, str]
) -> None:
    found = checked(row(**said))
    assert faults(found) == [expected]
    assert found.lines == ()
    assert found.faulty == {2}


def test_no_fault_quotes_what_stands_in_the_cell() -> None:
    found = checked(row(so_giay_to=94085001234.0, nguoi_dung_dau="Lê 4n", ngay_cap="31/02/2020"))
    told = " ".join(say(fault.sentence) for fault in found.faults)
    assert not any(said in told for said in ("94085001234", "Lê", "31/02"))
    assert {fault.shown for fault in found.faults} >= {"Lê 4n", "31/02/2020"}


def test_a_lost_zero_comes_back_only_where_a_person_chose_it() -> None:
    asked = checked(row(so_giay_to=94085001234.0))
    assert [fault.settles for fault in asked.faults] == ["zero"]
    chosen = checked(row(so_giay_to=94085001234.0), choices=Choices(zeros=True))
    assert chosen.lines[0].values["so_giay_to"] == "094085001234"
    assert [c.what for c in chosen.coercions] == ["number", "zero"]


@pytest.mark.parametrize("said", ["nt", "NT", "//", '"', "- nt -", "như trên", "-//-"])
def test_ditto_is_taken_from_the_row_above_and_said(said: str) -> None:
    found = checked(GOOD, row(so="2/GCN", co_quan_cap=said), row(so="3/GCN", co_quan_cap=said))
    assert [line.values["co_quan_cap"] for line in found.lines] == [GOOD[2]] * 3
    done = [(c.row, c.column, c.what) for c in found.coercions]
    assert done == [(3, "C", "ditto"), (4, "C", "ditto")]


def test_merged_cells_hold_for_every_row_they_span_but_never_a_number() -> None:
    over = (Merge(1, 2, 2, 2),)
    found = checked(GOOD, row(so="2/GCN", co_quan_cap=None), merged=over)
    assert found.lines[1].values["co_quan_cap"] == GOOD[2]
    assert [c.what for c in found.coercions] == ["merged"]
    number = checked(GOOD, row(so=None), merged=(Merge(1, 0, 2, 0),))
    assert (3, "A", "merged_number") in faults(number)
    across = checked(GOOD, merged=(Merge(1, 2, 1, 3),))
    assert {code for _, _, code in faults(across)} == {"merged_across"}


def test_a_hidden_row_is_taken_or_left_as_somebody_chose() -> None:
    rows = (GOOD, row(so="2/GCN"))
    assert faults(checked(*rows, hidden_rows=frozenset({2}))) == [(3, "", "hidden")]
    left = checked(*rows, hidden_rows=frozenset({2}), choices=Choices(hidden="leave"))
    assert (len(left.lines), left.left, left.rows) == (1, (3,), 2)
    taken = checked(*rows, hidden_rows=frozenset({2}), choices=Choices(hidden="take"))
    assert len(taken.lines) == 2
    assert checked(GOOD, hidden_columns=frozenset({3})).hidden_columns == ("D",)


def test_totals_are_no_paper_but_an_office_is() -> None:
    found = checked(GOOD, ("Tổng cộng: 1",), ("Cộng", None, None, "1"))
    assert faults(found) == [(3, "", "total"), (4, "", "total")]
    assert len(checked(row(ten_co_so="Công ty Tổng hợp")).lines) == 1


def test_the_same_row_goes_in_once_and_a_contradiction_not_at_all() -> None:
    twice = checked(GOOD, GOOD)
    assert (len(twice.lines), faults(twice)) == (1, [(3, "", "twice")])
    apart = checked(GOOD, row(ten_co_so="Nhà nghỉ khác"))
    assert (apart.lines, faults(apart)) == ((), [(2, "", "contradicts"), (3, "", "contradicts")])


# --- TCVN3 and VNI -------------------------------------------------------------------------------


def test_old_letters_wait_for_a_decision_that_sees_before_and_after() -> None:
    old = Cell("Nhµ nghØ B×nh An", (".VnTime",))
    asked = checked(row(ten_co_so=old))
    assert faults(asked) == [(2, "D", "tcvn3")]
    (sample,) = asked.samples
    assert (sample.encoding, sample.column, sample.by_font) == (Encoding.TCVN3, "D", True)
    assert sample.texts == (("Nhµ nghØ B×nh An", "Nhà nghỉ Bình An"),)
    turned = checked(row(ten_co_so=old), choices=Choices(turn=frozenset({Encoding.TCVN3})))
    assert turned.lines[0].values["ten_co_so"] == "Nhà nghỉ Bình An"
    assert [(c.what, c.before) for c in turned.coercions] == [("tcvn3", "Nhµ nghØ B×nh An")]


def test_a_cell_of_two_encodings_is_never_turned() -> None:
    everything = Choices(turn=frozenset(Encoding))
    for mixed in (Cell("C«ng ty tỉnh"), Cell("C«ng ty Mỹ Xuyên", (".VnTime", "Arial"))):
        assert faults(checked(row(ten_co_so=mixed), choices=everything)) == [(2, "D", "mixed")]


def test_a_doubtful_word_follows_its_column() -> None:
    # "Bé" is Vietnamese as it stands, and also "Bộ" in TCVN3.
    rows = [row(so=f"{n}/GCN", ten_co_so="Nhµ nghØ B×nh An") for n in range(2, 5)]
    choices = Choices(turn=frozenset(Encoding))
    among = checked(*rows, row(ten_co_so="Bé"), choices=choices)
    assert among.lines[-1].values["ten_co_so"] == "Bộ"
    alone = checked(row(so="2/GCN"), row(ten_co_so="Bé"), choices=choices)
    assert alone.lines[-1].values["ten_co_so"] == "Bé"


# --- papers of several rows ----------------------------------------------------------------------

ARMED = Profile(
    name="VK",
    kind="vu_khi",
    columns={f: Column(letter=letters(n)) for n, f in enumerate(
        ("so", "ngay_cap", "co_quan_cap", "ten_to_chuc", "hieu_luc_tu", "het_han",
         "muc.ten", "muc.so_hieu"))},
    header_rows=0,
    key=("co_quan_cap", "so", "ngay_cap"),
)  # fmt: skip
_PERMIT = ("12/GP", "01/03/2021", "Công an tỉnh", "Ngân hàng A", "01/03/2021", "01/03/2026")


def permits(*rows: tuple[Any, ...], merged: tuple[Merge, ...] = ()) -> Checked:
    above = Sheet("", ((Cell("x"),), *(tuple(map(Cell, r)) for r in rows)), merged)
    mapped = ARMED.model_copy(update={"header": 2})
    return check(above, mapped, ARMS, choices=Choices(), today=TODAY)


def test_rows_with_items_alone_are_further_lines_of_the_paper_above() -> None:
    blank = (None,) * 6
    found = permits((*_PERMIT, "Dùi cui điện", "A1234"), (*blank, "Súng bắn điện", "B5678"),
                    ("13/GP", *_PERMIT[1:], "Dùi cui điện", "C1111"))  # fmt: skip
    assert [line.rows for line in found.lines] == [(2, 3), (4,)]
    assert found.lines[0].values["muc.2.so_hieu"] == "B5678"
    merges = tuple(Merge(1, column, 2, column) for column in range(6))
    again = permits((*_PERMIT, "Dùi cui điện", "A1234"), (*blank, "Súng bắn điện", "B5678"),
                    merged=merges)  # fmt: skip
    assert again.lines[0].content == found.lines[0].content


def test_a_paper_with_one_wrong_line_stays_out_whole() -> None:
    found = permits((*_PERMIT, "Dùi cui điện", "A1234"), (*(None,) * 6, "Súng", date(2020, 1, 1)))
    assert found.lines == ()
    assert faults(found) == [(2, "", "part"), (3, "H", "became_date")]


# --- profiles ------------------------------------------------------------------------------------


def test_headings_of_two_levels_are_found_and_mapped_by_likeness() -> None:
    said = (
        ("DANH SÁCH",),
        ("STT", "Giấy chứng nhận", None, "Tên cơ sở KD", "Người đứng đầu", None),
        (None, "Số GCN", "Ngày, tháng, năm cấp", None, "Họ và tên", "Số CMND/CCCD"),
    )
    rows = (*said, (1, "1/GCN", "20/03/2019", "An", "Lê An", "094085001234"))
    merged = (Merge(0, 0, 0, 5), Merge(1, 1, 1, 2), Merge(1, 4, 1, 5), Merge(1, 0, 2, 0),
              Merge(1, 3, 2, 3))  # fmt: skip
    given = Sheet("S", tuple(tuple(map(Cell, r)) for r in rows), merged)
    header = header_of(given, ANTT)
    assert header == (2, 2)
    found = propose(headings(given, *header), ANTT, header=header)
    assert found is not None
    assert {field: column.letter for field, column in found.columns.items()} == {
        "so": "B", "ngay_cap": "C", "ten_co_so": "D", "nguoi_dung_dau": "E", "so_giay_to": "F",
    }  # fmt: skip


def test_headings_typed_in_an_old_encoding_are_read_as_they_were_meant() -> None:
    given = Sheet("S", (tuple(Cell(t, (".VnTime",)) for t in ("Sè", "Ngµy cÊp", "Hä vµ tªn")),))
    assert headings(given, 1, 1) == ("Số", "Ngày cấp", "Họ và tên")


def test_a_profile_goes_into_a_file_and_comes_back() -> None:
    assert read(PROFILE.written()) == PROFILE
    assert list(read(PROFILE.written()).columns) == list(FIELDS)


@pytest.mark.parametrize("broken", [b"\xff", b"[", b"{}", b'{"name": "x", "kind": "antt"}'])
def test_a_broken_profile_is_refused_in_words(broken: bytes) -> None:
    with pytest.raises(TemplateError):
        read(broken, "x.json")


def test_a_missing_column_and_an_unknown_field_are_named() -> None:
    other = Profile(name="x", kind="antt", columns={"so": Column(heading="Số hiệu khác")})
    with pytest.raises(UnreadableFileError, match="Số hiệu khác"):
        check(sheet(GOOD), other, ANTT, choices=Choices(), today=TODAY)
    strange = Profile(name="x", kind="antt", columns={"la_gi": Column(heading="so")})
    with pytest.raises(TemplateError, match="la_gi"):
        check(sheet(GOOD), strange, ANTT, choices=Choices(), today=TODAY)


def test_every_heading_that_ships_names_a_field_of_a_form() -> None:
    for kind, known in catalogues.headings().items():
        forms = FORMS.values() if kind == "*" else [FORMS[kind]]
        fields = {f for form in forms for f in form.fields}
        for form in forms:
            if form.items:
                fields |= {f"{form.items.name}.{column}" for column in form.items.columns}
        assert set(known) <= fields


def test_of_columns_headed_alike_the_letter_tells_which() -> None:
    profile = Profile(
        name="x", kind="antt",
        columns={"so": Column(heading="Số"), "ngay_cap": Column(heading="Ngày cấp", letter="B"),
                 "ngay_dkkd": Column(heading="Ngày cấp", letter="D")},
    )  # fmt: skip
    given = Sheet("S", (tuple(map(Cell, ("Số", "Ngày cấp", "ĐKKD", "NGÀY CẤP"))),
                        tuple(map(Cell, ("1/GCN", "02/03/2020", "x", "01/03/2020")))))  # fmt: skip
    found = check(given, profile, ANTT, choices=Choices(), today=TODAY)
    assert found.lines[0].values["ngay_dkkd"] == "01/03/2020"
    moved = Sheet("S", tuple((Cell("y"), *row) for row in given.rows))
    again = check(moved, profile, ANTT, choices=Choices(), today=TODAY)
    assert again.lines[0].values == found.lines[0].values


def test_columns_are_called_as_excel_calls_them() -> None:
    assert [letters(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.permutations(["a", "b", "b", "", "02 (hai)", "10/03/2020"]))
def test_a_tally_does_not_mind_the_order(values: list[str]) -> None:
    assert tally(values) == tally(["a", "b", "b", "", "02 (hai)", "10/03/2020"])
    found = tally(values)
    assert (found.filled, found.distinct, found.total) == (5, 4, 2)
    assert tally(["a", "b", "c"]).digest != found.digest


def test_every_coercion_has_its_words() -> None:
    assert all(sentence.text in catalogue() for sentence in COERCIONS.values())

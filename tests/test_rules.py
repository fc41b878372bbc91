"""The rules of papers: what each finds and lets be, how bad it is, on which days it holds."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import validation, words
from workbench.catalogues import papers
from workbench.model import Finding, Severity
from workbench.template import Label, Template, load_all
from workbench.validation import Facts
from workbench.workspace import ROOT

ERROR, WARNING, INFORMATION = Severity.ERROR, Severity.WARNING, Severity.INFORMATION
TODAY = Facts(on=date(2026, 11, 20), entered=date(2026, 5, 31))
TEMPLATES = load_all(ROOT / "ocr_templates")


def found(kind: str, values: dict[str, str]) -> dict[str, Finding]:
    return {f.rule: f for f in validation.validate(values, TEMPLATES[kind], TODAY)}


CASES = [
    # numbers of persons (Thông tư 07/2016/TT-BCA)
    ("antt", {"so_giay_to": "094085001234"}, None, None),
    ("antt", {"so_giay_to": "365560086"}, None, None),
    ("antt", {"so_giay_to": "C1234567"}, None, None),
    ("antt", {"so_giay_to": "94085001234"}, "identity_zero", WARNING),
    ("antt", {"so_giay_to": "36556008"}, "identity_zero", WARNING),
    ("antt", {"so_giay_to": "99985001234"}, "identity_length", ERROR),
    ("antt", {"so_giay_to": "0940850012345"}, "identity_length", ERROR),
    ("antt", {"so_giay_to": "1234567890"}, "identity_length", ERROR),
    ("antt", {"so_giay_to": "099085001234"}, "identity_province", WARNING),
    ("antt", {"so_giay_to": "094230001234", "ngay_cap": "2020-05-08"}, "identity_year", WARNING),
    ("antt", {"so_giay_to": "094085001234", "ngay_sinh": "1986-01-02"}, "born_before", WARNING),
    ("antt", {"so_giay_to": "094105001234", "ngay_sinh": "2005-01-02"}, "born_before", WARNING),
    ("antt", {"so_giay_to": "094205001234", "ngay_sinh": "2005-01-02"}, None, None),
    (
        "antt",
        {"so_giay_to": "094085001234", "ngay_cap_giay_to": "2009-01-02"},
        "identity_kind_then",
        WARNING,
    ),
    (
        "antt",
        {"so_giay_to": "365560086", "ngay_cap_giay_to": "2025-01-02"},
        "identity_kind_then",
        WARNING,
    ),
    ("antt", {"so_giay_to": "365560086", "ngay_cap_giay_to": "2009-01-02"}, None, None),
    # numbers of organisations
    ("antt", {"so_dkkd": "0100109106"}, None, None),  # Viettel's, as printed on every invoice
    ("antt", {"so_dkkd": "0100109106-001"}, None, None),
    ("antt", {"so_dkkd": "0100109107"}, "check_digit", INFORMATION),
    ("antt", {"so_dkkd": "0100101906"}, "check_digit", INFORMATION),
    ("antt", {"so_dkkd": "0000000000"}, "never_issued", INFORMATION),
    ("antt", {"so_dkkd": "100109106"}, "organisation_zero", WARNING),
    ("antt", {"so_dkkd": "59A8001234"}, None, None),
    # numbers of papers
    ("con_dau", {"so": "370/2019/GCN-CD", "ngay_cap": "2019-03-11"}, None, None),
    ("con_dau", {"so": "370/2019/GCN-CD", "ngay_cap": "2020-03-11"}, "number_year", WARNING),
    ("con_dau", {"so": "l2/GCN"}, "number_signs", WARNING),
    ("con_dau", {"so": "82 GCN"}, "number_signs", WARNING),
    ("con_dau", {"so_quyet_dinh": "12–QĐ"}, "pattern", WARNING),
    # days
    ("antt", {"ngay_cap": "2026-11-21"}, "not_yet", ERROR),
    ("antt", {"ngay_cap": "2026-11-20"}, None, None),
    ("antt", {"ngay_cap": "30/02/2020"}, "date", ERROR),
    ("antt", {"ngay_cap": "08/05/20"}, "short_year", ERROR),
    ("antt", {"ngay_sinh": "1954"}, "year_only", INFORMATION),
    ("antt", {"ngay_cap": "1954"}, "date", ERROR),
    ("antt", {"het_han": "không thời hạn"}, "no_term", INFORMATION),
    ("antt", {"het_han": "Vô thời hạn"}, "no_term", INFORMATION),
    ("antt", {"ngay_cap": "2020-05-08", "ngay_dkkd": "2020-08-05"}, "swapped", WARNING),
    ("antt", {"ngay_cap": "2020-05-08", "ngay_dkkd": "2020-08-08"}, "in_order", WARNING),
    ("antt", {"ngay_cap": "2020-05-08", "het_han": "2020-05-07"}, "in_order", ERROR),
    ("antt", {"het_han": "2026-11-30"}, "six_months", WARNING),  # there is no 31/11
    ("antt", {"het_han": "2026-12-01"}, None, None),
    # units and authorities by their own time
    ("antt", {"co_quan_cap": "CÔNG AN HUYỆN LONG PHÚ", "ngay_cap": "2025-02-28"}, None, None),
    (
        "antt",
        {"co_quan_cap": "CÔNG AN HUYỆN LONG PHÚ", "ngay_cap": "2025-03-01"},
        "issuer_then",
        WARNING,
    ),
    (
        "antt",
        {"co_quan_cap": "CÔNG AN PHƯỜNG AN BÌNH", "ngay_cap": "2021-05-08"},
        "issuer_then",
        WARNING,
    ),
    ("antt", {"co_quan_cap": "CÔNG AN PHƯỜNG AN BÌNH", "ngay_cap": "2026-06-10"}, None, None),
    (
        "antt",
        {"co_quan_cap_tren": "CÔNG AN THÀNH PHỐ CẦN THƠ", "ngay_cap": "2021-05-08"},
        "issuer_then",
        WARNING,
    ),
    ("antt", {"co_quan_cap": "CÔNG AN TỈNH NÀO ĐÓ", "ngay_cap": "2021-05-08"}, None, None),
    (
        "antt",
        {"dia_chi": "ấp 1, xã Tham Đôn, huyện Mỹ Xuyên, tỉnh Sóc Trăng", "ngay_cap": "2024-04-09"},
        None,
        None,
    ),
    (
        "antt",
        {"dia_chi": "ấp 1, xã Tham Đôn, huyện Mỹ Xuyên, tỉnh Sóc Trăng", "ngay_cap": "2025-07-02"},
        "unit_then",
        WARNING,
    ),
    (
        "antt",
        {"dia_chi": "ấp 1, phường Mỹ Xuyên, thành phố Cần Thơ", "ngay_cap": "2024-04-09"},
        "unit_then",
        WARNING,
    ),
    (
        "antt",
        {"dia_chi": "ấp 1, xã Tham Đôn, huyện Kế Sách, tỉnh Sóc Trăng", "ngay_cap": "2024-04-09"},
        "unit_within",
        WARNING,
    ),
    (
        "antt",
        {
            "dia_chi": "ấp 1, xã Đông Phú, huyện Châu Thành, tỉnh Hậu Giang",
            "ngay_cap": "2024-04-09",
        },
        "unit_within",
        WARNING,
    ),
    ("antt", {"dia_chi": "QUYÉT thắng"}, "spelling", INFORMATION),
    # security and order (Nghị định 96/2016/NĐ-CP)
    ("antt", {"ngay_cap": "2016-06-30"}, "antt_before_2016", WARNING),
    ("antt", {"ngay_cap": "2016-07-01"}, None, None),
    (
        "antt",
        {"nganh_nghe": "Kinh doanh dịch vụ đòi nợ", "ngay_cap": "2021-01-01"},
        "line_then",
        WARNING,
    ),
    ("antt", {"nganh_nghe": "Kinh doanh dịch vụ đòi nợ", "ngay_cap": "2020-12-31"}, None, None),
    # seals (Nghị định 99/2016/NĐ-CP)
    (
        "con_dau",
        {"ten_to_chuc": "CÔNG TY TNHH Hương Sen", "ngay_cap": "2020-05-08"},
        "seal_of_company",
        WARNING,
    ),
    ("con_dau", {"ten_to_chuc": "Công ty Luật TNHH A", "ngay_cap": "2020-05-08"}, None, None),
    ("con_dau", {"ten_to_chuc": "Trường Mầm non Hoa Sen", "ngay_cap": "2020-05-08"}, None, None),
    ("con_dau", {"ten_to_chuc": "Công ty TNHH Hương Sen", "ngay_cap": "2015-05-08"}, None, None),
    # weapons, support tools, fireworks
    (
        "vu_khi",
        {
            "ten_giay_phep": "GIẤY PHÉP SỬ DỤNG VŨ KHÍ THỂ THAO",
            "ngay_cap": "2020-05-08",
            "het_han": "2024-05-08",
        },
        "five_years",
        WARNING,
    ),
    (
        "vu_khi",
        {
            "ten_giay_phep": "GIẤY PHÉP SỬ DỤNG VŨ KHÍ THỂ THAO",
            "ngay_cap": "2020-02-29",
            "het_han": "2025-02-28",
        },
        None,
        None,
    ),
    (
        "vu_khi",
        {
            "ten_giay_phep": "GIẤY PHÉP SỬ DỤNG VŨ KHÍ THỂ THAO",
            "ngay_cap": "2025-05-08",
            "het_han": "2027-05-08",
        },
        None,
        None,
    ),
    (
        "vu_khi",
        {
            "ten_giay_phep": "GIẤY PHÉP SỬ DỤNG PHÁO HOA",
            "ngay_cap": "2020-05-08",
            "het_han": "2021-05-08",
        },
        None,
        None,
    ),
    ("vu_khi", {"ngay_cap": "2020-05-08", "het_han": "2020-06-08"}, "bound_to_a_trip", WARNING),
    ("vu_khi", {"muc.1.so_hieu": "K1234", "muc.2.so_hieu": "K1234"}, "serial_twice", WARNING),
    (
        "vu_khi",
        {"muc.1.so_hieu": "K1234, K1235", "muc.1.so_luong": "03"},
        "serials_counted",
        WARNING,
    ),
    ("vu_khi", {"muc.1.so_hieu": "K1234", "muc.1.so_luong": "03"}, None, None),
    (
        "vu_khi",
        {"ten_giay_phep": "GIẤY PHÉP SỬ DỤNG PHÁO HOA", "muc.1.ten": "Súng trường hơi"},
        "kind_in_class",
        WARNING,
    ),
    (
        "vu_khi",
        {"ten_giay_phep": "GIẤY PHÉP SỬ DỤNG PHÁO HOA", "muc.1.ten": "Pháo hoa tầm thấp"},
        None,
        None,
    ),
]


@pytest.mark.parametrize(("kind", "values", "rule", "severity"), CASES)
def test_a_rule_finds_what_does_not_hold_and_nothing_else(
    kind: str, values: dict[str, str], rule: str | None, severity: Severity | None
) -> None:
    told = found(kind, values)
    if rule is None:
        assert not told
        return
    assert rule in told
    assert told[rule].severity is severity


def test_every_rule_has_a_case_of_its_own() -> None:
    of_other_kinds = {"phone_shape", "phone_old", "number_shape"}  # below: no form has such a field
    shown = {rule for _, _, rule, _ in CASES} | of_other_kinds
    assert {rule.id for rule in validation.rules() if not rule.among} <= shown


def test_every_rule_says_on_what_ground_it_stands_and_speaks_both_languages() -> None:
    spoken = words.catalogue() | words._learned
    for rule in validation.rules():
        assert rule.source
        assert spoken[rule.says.en] == rule.says.vi


def _with_field(kind: str) -> Template:
    """The form of seals with one more field, of this kind and without a pattern."""
    template = TEMPLATES["con_dau"]
    own = template.fields["so_luong"].model_copy(
        update={"kind": kind, "pattern": "", "catalogue": "", "label": Label(vi="X", en="X")}
    )
    return template.model_copy(update={"fields": {**template.fields, "them": own}})


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("0912 345 678", None),
        ("+84 912 345 678", None),
        ("0299.3822.333", None),
        ("0693.751.250", None),  # the Ministry's own network, as the letter of 11/01/2024 has it
        ("0169 123 4567", "phone_old"),
        ("04 3822 2333", "phone_old"),
        ("0112", "phone_shape"),
        ("12345678", "phone_shape"),
    ],
)
def test_a_telephone_number_is_a_mobile_a_landline_or_of_the_ministry(
    number: str, rule: str | None
) -> None:
    told = validation.validate({"them": number}, _with_field("phone"), TODAY)
    assert [f.rule for f in told] == ([rule] if rule else [])


@pytest.mark.parametrize(
    "number",
    ["62/GCN", "01/GCN-CĐ2", "82/TD-PCCC", "633/CAT-PV01", "03/HD-V01-TTTTCH", "12A/2020/QĐ-UBND",
     "82/TD–PCCC", "12/\u00d0KMD", "８２/GCN"],
)  # fmt: skip
def test_numbers_of_papers_are_known_by_their_shape(number: str) -> None:
    assert not validation.validate({"them": number}, _with_field("document_number"), TODAY)


@pytest.mark.parametrize("number", ["GCN", "/GCN", "62/", "62//GCN", "62/gcn", "62-GCN"])
def test_what_has_another_shape_is_told(number: str) -> None:
    told = validation.validate({"them": number}, _with_field("document_number"), TODAY)
    assert [f.rule for f in told] == ["number_shape"]


_NINE = st.text("0123456789", min_size=9, max_size=9)


@given(_NINE, st.integers(0, 8), st.integers(1, 9))
def test_a_check_digit_catches_every_digit_that_is_wrong(nine: str, at: int, more: int) -> None:
    weights = (31, 29, 23, 19, 17, 13, 7, 5, 3)
    rest = sum(int(d) * w for d, w in zip(nine, weights, strict=True)) % 11
    if rest == 0:  # no number with these nine digits was ever given out
        assert "never_issued" in found("antt", {"so_dkkd": f"{nine}0"})
        return
    check = str(10 - rest)
    assert not found("antt", {"so_dkkd": nine + check})
    wrong = nine[:at] + str((int(nine[at]) + more) % 10) + nine[at + 1 :] + check
    assert {"check_digit", "never_issued"} & set(found("antt", {"so_dkkd": wrong}))


def test_true_papers_are_hardly_ever_doubted(sample: Path) -> None:
    """What the sample's papers really say: no error, and no warning but for what is odd on them."""
    told: Counter[Severity] = Counter()
    for line in (sample / "truth.jsonl").read_text("utf-8").splitlines():
        for paper in json.loads(line)["documents"]:
            if paper["form_type"] in TEMPLATES:
                values = {name: field["norm"] for name, field in paper["fields"].items()}
                made = validation.validate(values, TEMPLATES[paper["form_type"]], TODAY)
                told.update(f.severity for f in made)
    assert told[ERROR] == told[WARNING] == 0


def test_without_a_day_of_checking_nothing_depends_on_today() -> None:
    values = {"ngay_cap": "2026-11-21", "het_han": "2026-11-30"}
    assert not validation.validate(values, TEMPLATES["antt"])


def test_the_rules_are_written_as_data_with_their_days() -> None:
    dated = [rule for rule in papers.paper_rules() if "in_force" in rule or "until" in rule]
    assert {rule["id"] for rule in dated} >= {"antt_before_2016", "five_years", "seal_of_company"}

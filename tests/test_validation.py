"""What does not hold is told, by field and in words; what holds is not mentioned."""

from __future__ import annotations

import pytest

from workbench import validation
from workbench.model import Severity
from workbench.template import Template, load_all
from workbench.workspace import ROOT

GOOD = {
    "so": "12/GCN",
    "so_dkkd": "2200123450",
    "ngay_dkkd": "2015-06-05",
    "ngay_sinh": "1990-12-17",
    "so_giay_to": "094190001234",
    "ngay_cap_giay_to": "2018-02-28",
    "ngay_cap": "2021-04-09",
    "cap_bac": "Trung tá",
    "het_han": "",
}


@pytest.fixture(scope="module")
def templates() -> dict[str, Template]:
    return dict(load_all(ROOT / "ocr_templates"))


def rules(templates: dict[str, Template], kind: str = "antt", **changed: str) -> set[str]:
    return {f.rule for f in validation.validate({**GOOD, **changed}, templates[kind])}


def test_nothing_is_said_of_a_paper_in_order(templates: dict[str, Template]) -> None:
    assert validation.validate(GOOD, templates["antt"]) == ()


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"so": "12GCN"}, "pattern"),
        ({"so": ""}, "required"),
        ({"ngay_cap": "ngày 31 tháng 02"}, "date"),
        ({"cap_bac": "Thượng sĩ nhất"}, "catalogue"),
        ({"so_giay_to": "999190001234"}, "identity_province"),
        ({"so_giay_to": "94190001234"}, "identity_zero"),
        ({"so_giay_to": "094191001234"}, "born_before"),
        ({"so_dkkd": "2200123451"}, "check_digit"),
        ({"het_han": "2020-01-01"}, "in_order"),
        ({"ngay_dkkd": "2022-01-01"}, "in_order"),
    ],
)
def test_what_does_not_hold_is_told(
    templates: dict[str, Template], changed: dict[str, str], rule: str
) -> None:
    assert rule in rules(templates, **changed)


def test_an_optional_field_may_be_empty(templates: dict[str, Template]) -> None:
    assert "required" not in rules(templates, het_han="")


def test_an_impossible_order_of_dates_is_an_error(templates: dict[str, Template]) -> None:
    found = validation.validate({**GOOD, "het_han": "2020-01-01"}, templates["antt"])
    assert [(f.severity, f.fields) for f in found] == [(Severity.ERROR, ("ngay_cap", "het_han"))]


def test_an_old_identity_number_of_nine_digits_is_in_order(templates: dict[str, Template]) -> None:
    assert rules(templates, so_giay_to="365560086") == set()


def _permit(**changed: str) -> dict[str, str]:
    values = {"so": "1/GPSD-VKTT", "so_khoan": "03"}
    for row in (1, 2, 3):
        values[f"muc.{row}.so_hieu"] = f"VN1234{row}"
        values[f"muc.{row}.so_luong"] = "01"
    return {**values, **changed}


def test_the_items_are_counted(templates: dict[str, Template]) -> None:
    assert validation.validate(_permit(), templates["vu_khi"]) == ()
    found = validation.validate(_permit(so_khoan="04"), templates["vu_khi"])
    assert [f.rule for f in found] == ["counts_items"]


def test_a_number_unlike_the_others_of_its_column_is_told(templates: dict[str, Template]) -> None:
    found = validation.validate(_permit(**{"muc.2.so_hieu": "762760"}), templates["vu_khi"])
    assert [(f.rule, f.fields) for f in found] == [("alike", ("muc.2.so_hieu",))]


@pytest.mark.parametrize("quantity", ["00", "1", "031", "5a"])
def test_a_quantity_is_a_number_of_two_digits_at_least(
    templates: dict[str, Template], quantity: str
) -> None:
    found = validation.validate(_permit(**{"muc.1.so_luong": quantity}), templates["vu_khi"])
    assert {f.rule for f in found if f.severity is not Severity.INFORMATION} == {"pattern"}

"""The nine data of each kind of paper, and the code that is made of them."""

from __future__ import annotations

import pytest

from workbench import catalogues, minimum, resultcode
from workbench.errors import TemplateError
from workbench.minimum import Given
from workbench.model import Validity
from workbench.template import load_all
from workbench.workspace import ROOT

NINE = [
    "kind_code", "holder_number", "name", "number", "issued", "issuer", "abstract", "validity",
    "area",
]  # fmt: skip
TEMPLATES = load_all(ROOT / "ocr_templates")


def full(kind: str) -> dict[str, str]:
    """Every field of the form filled in."""
    return {name: f"({name})" for name in TEMPLATES[kind].fields}


@pytest.mark.parametrize("kind", TEMPLATES)
def test_each_of_the_nine_is_found_on_a_paper_that_is_filled_in(kind: str) -> None:
    stands = minimum.stand(full(kind), kind, Given(kind_code="KQ.G01.000001", until="2030-01-01"))
    assert [one.datum.id for one in stands] == NINE
    assert not [one.datum.id for one in stands if one.is_missing]
    assert minimum.findings(stands) == ()


@pytest.mark.parametrize("kind", TEMPLATES)
def test_what_the_catalogue_names_are_fields_of_the_form(kind: str) -> None:
    """A field that is renamed on the form must be renamed here, or nobody could approve it."""
    empty = dict.fromkeys(TEMPLATES[kind].fields, "")
    missing = {f.rule: f.severity.value for f in minimum.findings(minimum.stand(empty, kind))}
    assert missing == {
        "minimum.kind_code": "warning",
        **dict.fromkeys(
            (f"minimum.{name}" for name in NINE if name not in ("kind_code", "area")), "error"
        ),
    }


def test_identifying_data_stand_in_for_a_holder_without_a_number() -> None:
    values = {**full("antt"), "so_dkkd": ""}
    (one,) = [s for s in minimum.stand(values, "antt") if s.datum.id == "holder_number"]
    assert (one.value, one.instead) == ("", "(ten_co_so), (dia_chi)")
    assert not one.is_missing
    values["dia_chi"] = ""
    (one,) = [s for s in minimum.stand(values, "antt") if s.datum.id == "holder_number"]
    assert one.is_missing


def test_a_blank_term_is_missing_until_somebody_says_that_there_is_none() -> None:
    values = {**full("antt"), "het_han": ""}

    def term(given: Given) -> str:
        return next(
            s.value for s in minimum.stand(values, "antt", given) if s.datum.id == "validity"
        )

    assert term(Given()) == ""
    assert term(Given(validity=Validity.INDEFINITE)) == minimum.INDEFINITE


def test_only_what_the_law_asks_for_if_there_is_any_may_be_let_pass() -> None:
    passing = {name for name in NINE if minimum.may_pass(f"minimum.{name}")}
    assert passing == {"validity", "area"}
    assert minimum.may_pass("file.resolution.1")


def test_a_form_that_the_catalogue_does_not_know_is_asked_by_the_usual_names() -> None:
    usual = ("so", "ngay_cap", "co_quan_cap", "loai_giay_to", "ten_to_chuc", "trich_yeu", "het_han")
    values = {name: f"({name})" for name in usual}
    missing = [f.rule for f in minimum.findings(minimum.stand(values, "something_new"))]
    assert missing == ["minimum.kind_code"]


def test_a_code_has_no_part_that_is_made_up() -> None:
    pattern = resultcode.pattern(catalogues.results()["code"])
    prefix = pattern.prefix({"number": "219/GPSD-PH"})
    assert pattern.write(prefix, 1) == "..219/GPSD-PH.01"
    full_ = {"holder_number": "2200123456", "kind_code": "KQ.G01.000001", "number": "244/GCN"}
    assert pattern.write(pattern.prefix(full_), 12) == "2200123456.KQ.G01.000001.244/GCN.12"
    assert pattern.write(pattern.prefix(full_), 100) == "2200123456.KQ.G01.000001.244/GCN.100"


@pytest.mark.parametrize("text", ["{number}", "{nn}.{number}", "{secret}.{nn}", "{number.{nn}"])
def test_a_pattern_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(TemplateError):
        resultcode.pattern(text)

"""The templates that are shipped: whole, in both languages, and with nothing that does not exist.

That each reads its sample is shown with real engines in `test_recognise`.
"""

from __future__ import annotations

import json

import pytest

from workbench import catalogues
from workbench.template import Template, load_all
from workbench.workspace import ROOT

TEMPLATES = load_all(ROOT / "ocr_templates")
TRUTH = [
    document
    for line in (ROOT / "data" / "sample" / "truth.jsonl").read_text("utf-8").splitlines()
    for document in json.loads(line)["documents"]
]


def specs(template: Template):  # type: ignore[no-untyped-def]
    yield from template.fields.items()
    if template.items:
        yield from template.items.columns.items()


def test_the_three_forms_are_there() -> None:
    assert sorted(TEMPLATES) == ["antt", "con_dau", "vu_khi"]


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_every_word_for_people_stands_in_both_languages(template: Template) -> None:
    labels = [spec.label for _, spec in specs(template)]
    labels += [rule.says for rule in template.rules]
    assert all(label.vi.strip() and label.en.strip() for label in labels)
    assert template.title["vi"] and template.title["en"]


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_every_catalogue_that_is_named_exists(template: Template) -> None:
    named = {spec.catalogue for _, spec in specs(template) if spec.catalogue}
    assert named <= catalogues.names()


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_every_field_of_the_truth_has_its_place(template: Template) -> None:
    told = {name for d in TRUTH if d["form_type"] == template.id for name in d["fields"]}
    assert told
    for name in told:
        assert template.spec(name)


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_number_and_dates_are_critical(template: Template) -> None:
    assert template.spec("so").critical
    assert template.spec("ngay_cap").critical
    assert template.spec("so").pattern


# --- what stands in the catalogues ------------------------------------------------------------


def test_the_province_had_eleven_districts_and_109_communes() -> None:
    assert len(catalogues.districts()) == 11
    assert sum(len(district.communes) for district in catalogues.districts()) == 109
    assert catalogues.provinces()["094"] == "Sóc Trăng"
    assert len(catalogues.provinces()) == 63


def test_an_entry_is_never_chosen_over_another_digit() -> None:
    assert catalogues.match("05 (nam) con dâu", "seal_counts") == "05 (năm) con dấu"
    assert catalogues.nearest("Phường 7", ["Phường 1", "Phường 8"]) is None


def test_an_entry_is_found_with_dirt_behind_it() -> None:
    assert catalogues.match("Dấu tròn (dấu ướt) --nrreer", "seal_kinds") == "Dấu tròn (dấu ướt)"
    assert catalogues.match("Kinh doanh thứ khác hẳn", "business_lines") is None


def test_the_kind_and_the_unit_of_a_body_are_known_and_its_name_is_left_alone() -> None:
    assert catalogues.organisation("Hạt Kiểm lậm huyện Long Phu") == "Hạt Kiểm lâm huyện Long Phú"
    assert catalogues.organisation("Cộng ty TNHH Thạch Bịnh") == "Công ty TNHH Thạch Bịnh"


def test_a_maker_is_known_and_the_model_is_left_alone() -> None:
    assert catalogues.make("Anschutz 1903") == "Anschütz 1903"
    assert catalogues.make("2121-GP36") == "Z121-GP36"
    assert catalogues.make("AK-47") == "AK-47"


def test_units_of_an_address_are_known_and_the_rest_is_left_alone() -> None:
    read = "Số 7, ấp Xẹc Gừa, xã Phú Hưu, huyên Long Phú, tinh Sóc Trăng"
    assert catalogues.address(read) == (
        "Số 7, ấp Xẹc Gừa, xã Phú Hữu, huyện Long Phú, tỉnh Sóc Trăng"
    )

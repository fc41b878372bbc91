"""A template says what a paper is; a broken one is explained by file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import TemplateError
from workbench.template import load, load_all, parse
from workbench.words import say

SMALL = """\
id: giay
version: 1
title: {vi: Giấy, en: Paper}
recognised_by: {all_of: [giấy]}
anchors: [GIẤY, SỐ]
fields:
  so:
    label: {vi: Số, en: Number}
    kind: document_number
    pattern: '\\d+'
    zone: {after: ["Số:"]}
  ngay:
    label: {vi: Ngày, en: Date}
    kind: date
    zone: {closing: date}
items:
  name: muc
  ordinal: STT
  columns:
    ten:
      label: {vi: Tên, en: Name}
      heading: Tên
rules:
  - check: in_order
    fields: [ngay, ngay]
    says: {vi: Sai thứ tự., en: Out of order.}
"""


def test_a_whole_template_is_read() -> None:
    template = parse(SMALL.encode(), "giay.yaml")
    assert template.id == "giay"
    assert template.title["en"] == "Paper"
    assert template.spec("so").pattern == r"\d+"
    assert template.field_label("so", "vi") == "Số"
    assert template.spec("muc.3.ten").label.en == "Name"
    assert template.field_label("muc.3.ten", "en") == "3. Name"


def test_the_digest_names_this_very_text() -> None:
    one, other = parse(SMALL.encode(), "a"), parse(SMALL.encode() + b"\n", "a")
    assert one.digest != other.digest
    assert one.source == SMALL.encode()


@pytest.mark.parametrize("name", ["nobody", "muc.ten", "muc.1.nothing", "khac.1.ten"])
def test_a_stranger_has_no_spec(name: str) -> None:
    with pytest.raises(KeyError):
        parse(SMALL.encode(), "giay.yaml").spec(name)


@pytest.mark.parametrize(
    ("good", "bad", "line", "place"),
    [
        ("kind: date", "kind: dates", 14, "fields.ngay.kind"),
        ("pattern: '\\d+'", "pattern: '('", 10, "fields.so.pattern"),
        ("version: 1", "version: 0", 2, "version"),
        ("[ngay, ngay]", "[ngay, gone]", 1, "template"),
        ("zone: {closing: date}", "zone: {closing: date, heading: true}", 15, "fields.ngay.zone"),
        ("heading: Tên", "headline: Tên", 20, "items.columns.ten"),
    ],
)
def test_a_broken_template_is_explained_by_file_line_and_place(
    good: str, bad: str, line: int, place: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        parse(SMALL.replace(good, bad).encode(), "giay.yaml")
    values = caught.value.message.values
    assert values["name"] == "giay.yaml"
    assert str(values["place"]).startswith(place)
    assert abs(int(values["line"]) - line) <= 1


def test_broken_yaml_is_explained_by_line() -> None:
    with pytest.raises(TemplateError) as caught:
        parse(b"id: x\nversion: [1\nfields: {}\n", "x.yaml")
    assert int(caught.value.message.values["line"]) >= 2
    assert "x.yaml" in say(caught.value)


def test_a_file_that_is_missing_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"gone\.yaml"):
        load(tmp_path / "gone.yaml")


def test_one_broken_template_stops_them_all(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL, "utf-8")
    (tmp_path / "b.yaml").write_text("id: b\n", "utf-8")
    with pytest.raises(TemplateError, match=r"b\.yaml"):
        load_all(tmp_path)


def test_the_same_template_twice_is_an_error(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(SMALL, "utf-8")
    with pytest.raises(TemplateError, match="giay"):
        load_all(tmp_path)

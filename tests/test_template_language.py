"""The language of templates: written and read again, checked in words, compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import TemplateError
from workbench.model import Severity
from workbench.template import (
    Anchor,
    Column,
    FieldSpec,
    HolderNames,
    HolderNumber,
    Items,
    Label,
    Recognition,
    Rule,
    Template,
    Zone,
    check,
    content,
    diff,
    load,
    parse,
    patterns,
    write,
    write_unfinished,
)
from workbench.words import say, speak

SHIPPED = sorted((Path(__file__).parent.parent / "ocr_templates").glob("*.yaml"))

# --- whatever the designer can draw --------------------------------------------------------------

_AWKWARD = (
    "no", "yes", "null", "~", "012", "0x1F", "1e3", "12:30:45", "2020-01-31", "- a", "? b", "#c",
    "a # b", "a: b", "{a}", "[b]", "it's", '"x"', "\\d", "Số:", "1. Cơ quan:", "*", "&a", "!t", "%",
    "@", "`", "|", ">", " ", " a", "a ", "=", "<<", "…", "ngày\u00a0sinh", "hai\ndòng", "\t", "–",
    "Nguyễn Thị Ỷ", "đ", "Ư", "true", "3.14", ".5", "+1", "...", "---",
)  # fmt: skip
_LETTERS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Cn"))
    | st.sampled_from("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉĩịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ:#'\"-,{}[]0"),
    min_size=1,
    max_size=24,
)
texts = st.sampled_from(_AWKWARD) | _LETTERS
names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True) | st.sampled_from(("no", "y", "on"))
labels = st.builds(Label, vi=texts, en=texts)
several = st.lists(texts, min_size=1, max_size=3).map(tuple)
regexes = st.sampled_from((r"\d+", r"'", r"a: #b", "[A-ZĐ]{2}", r"\\", r'"', "(?:no|yes)", "")) | (
    _LETTERS.map(re.escape)
)
millimetres = st.integers(0, 2000).map(lambda tenth: tenth / 10)


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[float, float, float, float]:
    left, top = draw(millimetres), draw(millimetres)
    return (left, top, round(left + draw(st.integers(1, 99)) / 10, 1),
            round(top + draw(st.integers(1, 970)) / 10, 1))  # fmt: skip


zones = st.one_of(
    st.builds(Zone, after=several, until=several | st.just(())),
    st.builds(Zone, letterhead=st.sampled_from(("superior", "issuer", "number"))),
    st.just(Zone(heading=True)),
    st.builds(Zone, closing=st.sampled_from(("date", "office", "rank", "signer"))),
    st.builds(Zone, constant=texts | st.just("")),
    st.builds(Zone, box=rectangles(), page=st.integers(1, 4)),
    st.builds(Zone, line=regexes.map(lambda pattern: f"^x({pattern})")),
)


def _spec(zone: st.SearchStrategy[Zone | None]) -> dict[str, st.SearchStrategy[object]]:
    kinds = ("text", "name", "address", "date", "document_number", "id_number", "org_number",
             "count", "phone")  # fmt: skip
    return {
        "label": labels, "kind": st.sampled_from(kinds), "pattern": regexes,
        "catalogue": st.sampled_from(("", "issuers", "countries")), "closed": st.booleans(),
        "critical": st.booleans(), "personal": st.booleans(), "required": st.booleans(),
        "zone": zone,
    }  # fmt: skip


fields = st.builds(FieldSpec, **_spec(zones))  # type: ignore[arg-type]
columns = st.builds(Column, heading=texts, **_spec(st.none()))  # type: ignore[arg-type]
anchors = st.builds(lambda text: Anchor(text=text), texts) | st.builds(
    Anchor, text=texts, at=rectangles(), page=st.integers(1, 3)
)


@st.composite
def templates(draw: st.DrawFn) -> Template:
    drawn = draw(st.dictionaries(names, fields, min_size=1, max_size=4))
    known = st.sampled_from(sorted(drawn))
    numbers = st.builds(
        HolderNumber,
        field=known,
        kinds=st.dictionaries(regexes, st.sampled_from(("cccd", "tax")), min_size=1, max_size=2),
        within=known | st.just(""),
    )
    content = {
        "id": draw(names),
        "version": draw(st.integers(1, 99)),
        "title": draw(labels),
        "sheet": draw(st.sampled_from(((210.0, 297.0), (297.0, 210.0), (148.5, 210.0)))),
        "recognised_by": draw(
            st.builds(Recognition, all_of=several, none_of=several | st.just(()))
        ),
        "anchors": tuple(draw(st.lists(anchors, min_size=2, max_size=4))),
        "fields": drawn,
        "items": draw(
            st.none()
            | st.builds(
                Items, name=names, ordinal=texts, until=several | st.just(()),
                columns=st.dictionaries(names, columns, min_size=1, max_size=3),
            )
        ),
        "holder": draw(
            st.none()
            | st.builds(
                HolderNames, kind=st.sampled_from(("person", "organisation")), name=known,
                numbers=st.lists(numbers, max_size=2).map(tuple),
            )
        ),
        "rules": tuple(
            draw(
                st.lists(
                    st.builds(
                        Rule,
                        check=st.sampled_from(("in_order", "same", "counts_items", "born_before")),
                        fields=st.lists(known, min_size=1, max_size=2).map(tuple),
                        severity=st.sampled_from(("error", "warning", "information")),
                        says=labels,
                    ),
                    max_size=2,
                )
            )
        ),
    }  # fmt: skip
    return Template.model_validate(content)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(templates())
def test_whatever_can_be_drawn_survives_yaml_and_back(template: Template) -> None:
    text = write(template)
    again = parse(text, "drawn.yaml").model_copy(update={"source": b""})
    assert again == template
    assert list(again.fields) == list(template.fields)  # their order is that of the form
    assert write(again) == text
    assert diff(template, again) == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_templates_have_no_problem_and_survive_being_written(path: Path) -> None:
    template = load(path)
    assert check(path.read_bytes(), path.name) == ()
    assert diff(template, parse(write(template), path.name)) == ()


def test_what_is_not_whole_yet_is_kept_in_the_words_it_has() -> None:
    begun = {"id": "no", "title": {"vi": "Giấy: số 1", "en": ""}, "anchors": []}
    assert content(write_unfinished(begun), "draft") == begun
    for broken in (b"id: [", b"- a", b"\xff"):
        with pytest.raises(TemplateError):
            content(broken, "draft")


# --- checked -------------------------------------------------------------------------------------

GOOD = """\
id: giay
version: 1
title: {vi: Giấy, en: Paper}
recognised_by: {all_of: [giấy]}
anchors:
  - {text: CỘNG HÒA, at: [60, 10, 150, 15]}
  - {text: Độc lập - Tự do, at: [70, 17, 140, 22]}
  - {text: "Họ và tên:", at: [20, 80, 45, 85]}
  - Nơi cấp
fields:
  so:
    label: {vi: Số, en: Number}
    pattern: '\\d+'
    zone: {box: [20, 30, 60, 40]}
  ngay:
    label: {vi: Ngày, en: Date}
    kind: date
    zone: {line: '^Ngày (\\d+/\\d+/\\d+)'}
rules:
  - check: same
    fields: [so, ngay]
    says: {vi: Khác nhau., en: They differ.}
"""


def _told(source: str) -> list[tuple[int, str, str]]:
    return [(p.line, ".".join(p.place), str(p.says)) for p in check(source.encode(), "giay.yaml")]


def test_what_is_well_has_no_problem() -> None:
    assert _told(GOOD) == []


@pytest.mark.parametrize(
    ("good", "bad", "line", "place", "words"),
    [
        ("version: 1", "version: eins", 2, "version", "number"),
        ("en: Paper}", "en: ''}", 3, "title.en", "no words"),
        ("at: [60, 10,", "at: [60, 310,", 6, "anchors.0.at", "left, top, right, bottom"),
        ("150, 15]", "250, 15]", 6, "anchors.0.at", "outside the sheet of 210.0 by 297.0"),
        ("- Nơi cấp", "- Cộng hòa", 9, "anchors.3", "twice"),
        ("- Nơi cấp", "- '---'", 9, "anchors.3", "no letters"),
        (", at: [20, 80, 45, 85]", "", 14, "fields.so.zone.box", "at least 3 anchors"),
        ("'\\d+'", "'(\\d+'", 13, "fields.so.pattern", "not a regular expression"),
        ("'\\d+'", "'(?:\\d+)*x'", 13, "fields.so.pattern", "never come to an end"),
        ("box: [20, 30, 60, 40]", "box: [20, 30, 60, 400]", 14, "fields.so.zone.box", "outside"),
        ("    kind: date\n", "    kind: day\n", 17, "fields.ngay.kind", "Give one of"),
        ("    kind: date\n", "    catalogue: x\n", 17, "fields.ngay.catalogue", "no catalogue"),
        ("    kind: date\n", "    closed: true\n", 17, "fields.ngay.closed", "with a catalogue"),
        ("(\\d+/\\d+/\\d+)", "\\d+", 18, "fields.ngay.zone.line", "one group"),
        ("  ngay:\n", "  Ngày:\n", 15, "fields.Ngày", "Small letters"),
        ("  ngay:\n", "  so:\n", 15, "fields.so", "twice"),
        ("[so, ngay]", "[so, gone]", 21, "rules.0.fields.1", "unknown field: gone"),
        ("check: same", "check: in_order", 21, "rules.0.fields.0", "so is no date"),
        ("check: same", "check: counts_items", 20, "rules.0", "no table"),
        ("zone: {line:", "zone: {hole:", 18, "fields.ngay.zone.hole", "no such word"),
    ],
)  # fmt: skip
def test_each_problem_is_told_with_its_line_and_in_words(
    good: str, bad: str, line: int, place: str, words: str
) -> None:
    assert good in GOOD
    told = _told(GOOD.replace(good, bad, 1))
    assert any(p == place and words in says for _, p, says in told), told
    assert any(at == line for at, p, _ in told if p == place), told


def test_several_problems_are_told_together_from_top_to_bottom() -> None:
    broken = (
        GOOD.replace("version: 1", "version: 0")
        .replace("kind: date", "kind: day")
        .replace("[so, ngay]", "[gone, ngay]")
    )
    told = _told(broken)
    assert [line for line, _, _ in told] == [2, 17, 21]


def test_few_and_short_anchors_are_warned_of_and_stop_nothing() -> None:
    few = GOOD.replace("  - Nơi cấp\n", "").replace("Độc lập - Tự do", "của")
    told = check(few.encode(), "giay.yaml")
    assert {p.severity for p in told} == {Severity.WARNING}
    assert len(told) == 2


def test_what_is_no_yaml_or_no_template_is_one_problem() -> None:
    assert [line for line, _, _ in _told("id: x\nversion: [1\nfields: {}\n")] == [3]
    assert len(_told("- a\n- b\n")) == 1
    assert len(check(b"\xff\xfe\xff", "x.yaml")) == 1


@pytest.mark.parametrize("grown", ["merged", "listed", "long"])
def test_a_few_lines_that_say_millions_are_refused_before_they_are_built(grown: str) -> None:
    group = "{{<<: [*a{0}, *a{0}]}}" if grown == "merged" else "[*a{0}, *a{0}]"
    lines = [f"a{n}: &a{n} {group.format(n - 1)}" for n in range(1, 24)]
    text = "\n".join(["a0: &a0 {x: 1}", *lines]) if grown != "long" else "x: " + "a" * (1 << 20)
    with pytest.raises(TemplateError, match="any form"):
        content(text.encode(), "x.yaml")
    with pytest.raises(TemplateError, match="any form"):
        parse(text.encode(), "x.yaml")
    assert len(check(text.encode(), "x.yaml")) == 1


def test_a_number_that_no_database_keeps_is_no_version() -> None:
    (problem,) = check(GOOD.replace("version: 1", f"version: {10**20}").encode(), "giay.yaml")
    assert problem.place == ("version",)


def test_what_is_said_once_and_referred_to_is_read() -> None:
    assert content(b"a: &a {x: 1}\nb: *a\n", "x.yaml")["b"] == {"x": 1}


def test_problems_are_told_in_vietnamese() -> None:
    speak("vi")
    (problem,) = check(GOOD.replace("en: Paper}", "en: ''}").encode(), "giay.yaml")
    assert say(problem.says) == "Nhãn chưa có chữ."


@pytest.mark.parametrize(
    "pattern",
    [r"(?:a+)+b", r"(\w+\s?)*$", r"(?:a|b|ab)*c", r"(.*)*", r"\d*\d*\d*\d*x", r"([^,]*,?)+",
     r"^\w*\d?\w*\d?\w*\d?\w*\d?\w*(x)!", r"^(?:\w{0,12}){12}(x)!", r"(\w+)\s*\w+\s*\w+\s*\w+!"],
)  # fmt: skip
def test_a_pattern_that_may_run_away_is_seen(pattern: str) -> None:
    assert patterns.backtracks(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\d+", r"(?:-[A-ZĐ0-9]+)*", r"\w+(?: \w+)*", r"\d{10}(?:-\d{3})?", r"(?:a|b)+", r"(?:ab?)*",
     r".*: (\d+)", "(", r"Số (.+) ngày .+ tháng .+ năm", r"^Số[:\s]+(\d+/\S+)\s*ngày"],
)  # fmt: skip
def test_a_pattern_that_comes_to_an_end_is_let_be(pattern: str) -> None:
    assert not patterns.backtracks(pattern)


# --- compared ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 1", "version: 2", "version: 2, no longer 1."),
        ("vi: Giấy,", "vi: Tờ,", "title: called “Tờ” now, not “Giấy” (vi)."),
        ("box: [20, 30, 60, 40]", "box: [23, 34, 63, 44]", "so moved by 5.0 mm."),
        ("box: [20, 30, 60, 40]", "box: [20, 30, 70, 40]", "so is 50 × 10 mm large, no longer"),
        ("box: [20, 30, 60, 40]", "after: ['Số:']", "another way: after, no longer box"),
        ("kind: date", "kind: text", "ngay.kind: text, no longer date."),
        ("    kind: date\n", "    kind: date\n    critical: true\n", "ngay is critical now."),
        ("- Nơi cấp", "- Cơ quan cấp", "Anchor added: “Cơ quan cấp”."),
        ("at: [20, 80, 45, 85]", "at: [20, 82, 45, 87]", "moved by 2.0 mm"),
        ("  ngay:\n", "  hom_nay:\n", "Field added: hom_nay."),
        ("check: same", "check: born_before", "Rule dropped: same (so, ngay)."),
        ("[giấy]", "[giấy, tờ]", "now recognised by “tờ”"),
    ],
)
def test_a_difference_is_told_in_words(old: str, new: str, words: str) -> None:
    changed = GOOD.replace(old, new, 1)
    if "hom_nay" in new:
        changed = changed.replace("[so, ngay]", "[so, hom_nay]")
    told = [
        str(change.says) for change in diff(parse(GOOD.encode(), "a"), parse(changed.encode(), "b"))
    ]
    assert any(words in says for says in told), told
    assert len(told) <= 4

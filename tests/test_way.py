"""From what stands on a document to its path: values, copy marks, and the command that tells."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import pytest
from typer.testing import CliRunner

from tests.full_workbench import fill
from tests.written_page import ANTT, words
from workbench import flow, scope
from workbench.cli import app
from workbench.flow.scoping import is_marked_as_copy, paper
from workbench.model import Stage, day
from workbench.review import ReviewSheet
from workbench.scope import Copy, Path, Validity
from workbench.workspace import Workspace, load_settings, open_workspace, prepare_demo

TODAY = date(2026, 11, 22)


@pytest.fixture
def work(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    for name, value in (("DATA", tmp_path / "data"), ("KEYS", tmp_path / "keys"), ("DEMO", 1)):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    opened = open_workspace(load_settings())
    prepare_demo(opened)
    yield opened
    opened.store.close()


def test_a_certified_copy_is_known_by_its_attestation() -> None:
    foot = (0.16, "CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH")
    assert is_marked_as_copy([words([*ANTT, foot])])
    misread = (0.16, "CHƯNG THƯC BAN SAO ĐUNG VỚl BẢN CHINH")
    assert is_marked_as_copy([words([*ANTT, misread])])


def test_a_copy_is_known_by_the_mark_above_its_head_whichever_engine_read_it() -> None:
    marked = words([(0.80, "BẢN SAO"), *ANTT], top=0.03)
    assert is_marked_as_copy([words(), marked])


def test_an_original_that_speaks_of_copies_is_no_copy() -> None:
    assert not is_marked_as_copy([words()])
    assert not is_marked_as_copy(
        [words([*ANTT, (0.16, "Nộp kèm 02 bản sao giấy chứng nhận này.")])]
    )
    assert not is_marked_as_copy([words([*ANTT, (0.40, "BẢN SAO")])])


def test_the_way_of_a_document_follows_its_values(work: Workspace, noon: datetime) -> None:
    sheet = flow.sheet(work, fill(work, at=noon)[Stage.PROPOSED][0])

    def valued(**values: str) -> ReviewSheet:
        fields = tuple(replace(f, normalised=values.get(f.name, "")) for f in sheet.fields)
        return replace(sheet, fields=fields)

    ended = valued(ngay_cap="2018-11-02", het_han="2021-08-29")
    assert paper(ended, Copy.ORIGINAL).validity is Validity.UNTIL
    judged = flow.way(work, ended, on=TODAY)
    assert judged is not None
    assert judged.path is Path.OUT_OF_SCOPE
    endless = valued(ngay_cap="2018-11-02")
    assert paper(endless, Copy.ORIGINAL).validity is Validity.UNSTATED
    judged = flow.way(work, endless, on=TODAY)
    assert judged is not None
    assert judged.path is Path.SCAN


def test_a_document_whose_form_is_unknown_has_no_way_yet(work: Workspace, noon: datetime) -> None:
    ids = fill(work, at=noon)
    assert flow.way(work, flow.sheet(work, ids[Stage.RECEIVED][0]), on=TODAY) is None


def test_the_command_tells_each_document_with_the_rule(work: Workspace, noon: datetime) -> None:
    ids = fill(work, at=noon, per_stage=1)
    told = CliRunner().invoke(app, ["scope", "list", "--json", ids[Stage.PROPOSED][0]])
    assert told.exit_code == 0
    said = json.loads(told.stdout)
    assert said["document"] == ids[Stage.PROPOSED][0]
    assert said["rule"] in ("valid_backlog", "result_from_turn", "not_valid_on_turn")
    everything = CliRunner().invoke(app, ["scope", "list"])
    assert everything.exit_code == 0
    assert ids[Stage.SIGNED][0] in everything.stdout
    assert "scan" in everything.stdout


def test_the_sample_comes_out_on_the_right_way_with_the_right_reason(sample: pathlib.Path) -> None:
    """What is printed on each paper of the sample, held against what its maker knows of it."""
    wanted: dict[tuple[str, int], tuple[Path, str]] = {
        ("files/002.pdf", 0): (Path.OUT_OF_SCOPE, "not_valid_on_turn"),  # ended 11/3/2021
        ("files/011.pdf", 0): (Path.OUT_OF_SCOPE, "not_valid_on_turn"),  # ended 14/3/2021
    }
    told = 0
    for line in (sample / "truth.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        for document in entry["documents"]:
            if document["form_type"] == "unknown":
                continue
            told += 1
            known = document["validity"]
            values = {name: field["norm"] for name, field in document["fields"].items()}
            asked = scope.Paper(
                document["form_type"],
                day(values["ngay_cap"]),
                Validity.UNTIL if values.get("het_han") else Validity.UNSTATED,
                day(values.get("het_han", "")),
                copy=Copy.PHOTOCOPY if document["is_copy"] else Copy.ORIGINAL,
            )
            judged = scope.judge(asked, on=TODAY)
            before = known["issued_before_2022_07_01"]
            rule = (
                "not_valid_on_turn"
                if known["expired_before_2022_07_01"]
                else "valid_backlog" if before else "result_from_turn"
            )  # fmt: skip
            assert judged.rule.id == rule, entry["file"]
            assert judged.regime == ("before" if before else "from")
            # Only what is from before the turn and names no term hangs on a person's word.
            waits = before and known["expires"] is None
            assert scope.open_facts(asked, on=TODAY) == (("validity",) if waits else ())
            key = (entry["file"], document["pages"][0])
            if key in wanted:
                assert (judged.path, judged.rule.id) == wanted[key]
    assert told >= 13


def test_the_command_shows_what_a_setting_would_move_and_applies_it(
    work: Workspace, noon: datetime, tmp_path: pathlib.Path
) -> None:
    fill(work, at=noon, per_stage=1)
    run = CliRunner()
    tried = run.invoke(app, ["scope", "try", "--json", "--set", "turn=2023-12-01"])
    assert tried.exit_code == 0, tried.output
    moved = json.loads(tried.stdout)["moved"]
    assert {m["after"]["rule"] for m in moved} == {"not_valid_on_turn"}
    rules = tmp_path / "rules.yaml"
    assert run.invoke(app, ["scope", "rules", "--write", str(rules)]).exit_code == 0
    text = rules.read_text(encoding="utf-8")
    rules.write_text(text.replace("rules:", "settings: {turn: 2023-12-01}\nrules:", 1), "utf-8")
    done = run.invoke(
        app, ["scope", "apply", "--by", "quanly1", "--reason", "Thử", "--json", str(rules)]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["moved"] == moved
    told = json.loads(run.invoke(app, ["scope", "rules", "--json"]).stdout)
    assert told["settings"]["turn"] == "2023-12-01"
    assert [change["by"] for change in told["changes"]] == ["quanly1"]

"""From papers that nobody knew to a template in use that reads the next one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import governed
from tests.test_proposing import PEOPLE, lines
from tests.written_page import words
from tests.written_papers import hand_to, readers, scanned, told
from workbench.cli import app as cli
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import granting, proposals
from workbench.model import Box, Right, Stage, Warp
from workbench.placement import drawn
from workbench.template import Template, Zone, check, load, parse, write
from workbench.workspace import Settings, Workspace, open_workspace

SIZE = (620, 877)
FLAT = Warp((1, 0, 0, 0, 1, 0, 0, 0, 1), SIZE, SIZE)


@pytest.fixture
def work(desk_work: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A site with three papers of a form that it does not know."""
    folder = desk_work.settings.data
    for name, value in (("DATA", folder), ("KEYS", folder / "keys"), ("ENGINES", '["none"]')):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    site = open_workspace(Settings(data=folder, keys=folder / "keys", engines=("none",)))
    hand_to(site, readers())
    for person in PEOPLE[:3]:
        assert told(site, scanned(site, lines(person))).stage is Stage.HELD
    return site


def held(work: Workspace) -> list[str]:
    return [document.id for document in work.store.documents(stage=Stage.HELD)]


def with_box(template: Template, *, scattered: bool = False) -> Template:
    """The date of birth in a box around where it stands on the first paper."""
    box = next(w.box for w in words(lines(PEOPLE[0])) if w.text == PEOPLE[0][2])
    wide = Box(box.left - 0.01, box.top - 0.004, box.right + 0.1, box.bottom + 0.004)
    spec = template.fields["ngay_sinh"].model_copy(update={"zone": Zone(box=drawn(wide, FLAT))})
    prints = [
        anchor.model_copy(update={"at": (5.0 * at, 9.0, 5.0 * at + 3, 12.0)})
        if scattered
        else anchor
        for at, anchor in enumerate(template.prints)
    ]
    return template.model_copy(
        update={"fields": {**template.fields, "ngay_sinh": spec}, "prints": tuple(prints)}
    )


def put_into_use(work: Workspace, template: Template) -> None:
    """Drawn by one, granted by another, authorised by a third."""
    waiting = governed.submitted(work, write(template))
    for right, to in ((Right.AUTHORISE, {"role": "approver"}), (Right.USE, {"unit": "PC06"})):
        granting.give(work, template.id, [right], by="quantri", why="Mẫu mới", **to)
    governed.authorised(work, waiting.digest)


def test_a_form_is_proposed_put_into_use_and_reads_the_next_paper(work: Workspace) -> None:
    found = proposals.propose(work, held(work), by=governed.AUTHOR)
    template = with_box(found.template("phieu_kham"))
    put_into_use(work, template)
    paper = told(work, scanned(work, lines(PEOPLE[3]), top=0.085))
    values = {p.field: p.value for p in work.store.proposals(paper.id)}
    assert paper.kind == "phieu_kham"
    assert values["ho_va_ten"] == "Danh Thử Tư"
    assert values["ngay_sinh"] == "30/10/2001"  # by its box, on a page that lies lower


def test_a_form_that_cannot_be_placed_says_so_at_the_fields_with_a_box(work: Workspace) -> None:
    found = proposals.propose(work, held(work))
    template = with_box(found.template("phieu_kham"), scattered=True)
    put_into_use(work, template)
    paper = told(work, scanned(work, lines(PEOPLE[3])))
    rows = {p.field: p for p in work.store.proposals(paper.id)}
    rules = {name: [f["rule"] for f in row.findings] for name, row in rows.items()}
    assert "placed" in rules["ngay_sinh"]
    assert "placed" not in rules["ho_va_ten"]
    assert not rows["ngay_sinh"].accepted


def test_only_designers_propose_and_only_from_three_to_five_papers(work: Workspace) -> None:
    with pytest.raises(NotAllowedError):
        proposals.propose(work, held(work), by="soat1")
    for few in ([], held(work)[:2], held(work)[:1] * 3):
        with pytest.raises(NotReadyError):
            proposals.propose(work, few, by=governed.AUTHOR)
    with pytest.raises(NotReadyError):
        proposals.propose(work, ["a", "b", "c"], by=governed.AUTHOR)


def test_a_proposal_is_written_from_the_command_line(work: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "phieu.yaml"
    run = CliRunner().invoke
    asked = ["template", "propose", *held(work), "--to", str(file), "--id", "phieu_kham"]
    said = run(cli, [*asked, "--json"])
    assert said.exit_code == 0, said.output
    names = {one["name"] for one in json.loads(said.stdout)["fields"]}
    assert names >= {"ho_va_ten", "ngay_sinh", "noi_thuong_tru"}
    assert load(file).id == "phieu_kham"
    assert not [p for p in check(file.read_bytes(), "x") if p.severity.value == "error"]
    assert "Lý Thị Mẫu" in run(cli, asked).stdout
    assert run(cli, [*asked[:3], "--to", str(file)]).exit_code == 2
    assert parse(file.read_bytes(), "x").fields

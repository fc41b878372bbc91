"""Templates as files: checked, compared, taken out with their digest, brought in as drafts."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import governed
from workbench.cli import app as cli
from workbench.errors import NotAllowedError, NotReadyError, TemplateError
from workbench.flow import template_files
from workbench.model import TemplateAct
from workbench.store import templates as kept
from workbench.workspace import ROOT, Settings, Workspace, open_workspace

ANTT = (ROOT / "ocr_templates" / "antt.yaml").read_bytes()
run = CliRunner().invoke


@pytest.fixture
def work(desk_work: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A site of its own, which is also the one that commands open."""
    folder = desk_work.settings.data
    for name, value in (("DATA", folder), ("KEYS", folder / "keys"), ("ENGINES", '["none"]')):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(value))
    return open_workspace(Settings(data=folder, keys=folder / "keys", engines=("none",)))


def test_what_is_taken_out_is_the_very_text_with_its_digest_and_that_is_kept(
    work: Workspace,
) -> None:
    taken = template_files.take_out(work, "antt", by="mau1")
    assert taken.source == ANTT
    assert taken.beside("antt.yaml") == f"{sha256(ANTT).hexdigest()}  antt.yaml\n"
    (event,) = kept.events(work.store, "antt", act=TemplateAct.EXPORTED)
    assert (event.by, event.digest) == ("mau1", taken.digest)


def test_an_older_version_can_still_be_taken_out(work: Workspace) -> None:
    newer = governed.next_text(work, "antt", change="second")
    governed.put_into_use(work, newer)
    assert template_files.take_out(work, "antt").source == newer
    assert template_files.take_out(work, "antt", version=1).source == ANTT
    with pytest.raises(NotReadyError):
        template_files.take_out(work, "antt", version=7)


def test_a_file_is_brought_in_as_a_draft_that_nothing_is_read_with(work: Workspace) -> None:
    before = work.templates["antt"].digest
    draft = template_files.bring_in(work, ANTT + b"# by hand\n", "antt.yaml", by="mau1")
    assert draft.source == ANTT + b"# by hand\n"
    assert draft.base == before
    assert work.templates["antt"].digest == before


def test_a_text_that_is_not_what_its_digest_names_is_not_brought_in(work: Workspace) -> None:
    beside = template_files.take_out(work, "antt").beside("antt.yaml")
    with pytest.raises(TemplateError, match="digest"):
        template_files.bring_in(work, ANTT + b"#", "antt.yaml", by="mau1", beside=beside)
    with pytest.raises(TemplateError, match="digest"):
        template_files.bring_in(work, ANTT + b"#", "antt.yaml", by="mau1", beside="not a digest")
    with pytest.raises(NotReadyError, match="in use"):
        template_files.bring_in(work, ANTT, "antt.yaml", by="mau1", beside=beside)


def test_nobody_without_the_right_brings_a_template_in(work: Workspace) -> None:
    with pytest.raises(NotAllowedError):
        template_files.bring_in(work, ANTT + b"#", "antt.yaml", by="soat1")


def test_a_text_with_errors_is_not_brought_in(work: Workspace) -> None:
    broken = ANTT.replace(b"kind: date", b"kind: day", 1)
    with pytest.raises(TemplateError, match=r"antt\.yaml, line \d+"):
        template_files.bring_in(work, broken, "antt.yaml", by="mau1")


# --- from the command line -----------------------------------------------------------------------


def test_check_tells_every_error_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_bytes(ANTT)
    bad.write_bytes(ANTT.replace(b"kind: date", b"kind: day", 2))
    assert run(cli, ["template", "check", str(good)]).exit_code == 0
    told = run(cli, ["template", "check", str(good), str(bad), "--json"])
    assert told.exit_code == 1
    problems = json.loads(told.stdout)
    places = ["fields.ngay_dkkd.kind", "fields.ngay_sinh.kind"]
    assert [p["place"] for p in problems][:2] == places  # then the rules that want dates
    assert {p["severity"] for p in problems} == {"error"}
    words = run(cli, ["--language", "vi", "template", "check", str(bad)]).stdout
    assert "Lỗi" in words and f"{bad}:" in words
    assert run(cli, ["template", "check", str(tmp_path / "gone.yaml")]).exit_code == 2


def test_diff_tells_what_changed_and_says_so_by_its_exit_code(tmp_path: Path) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_bytes(ANTT)
    other.write_bytes(ANTT.replace(b"version: 1", b"version: 2"))
    assert run(cli, ["template", "diff", str(one), str(one)]).exit_code == 0
    told = run(cli, ["template", "diff", str(one), str(other), "--json"])
    assert told.exit_code == 1
    assert [change["place"] for change in json.loads(told.stdout)] == ["version"]
    other.write_bytes(b"id: [")
    assert run(cli, ["template", "diff", str(one), str(other)]).exit_code == 2


def test_a_template_goes_out_and_comes_in_from_the_command_line(
    work: Workspace, tmp_path: Path
) -> None:
    file = tmp_path / "antt.yaml"
    assert run(cli, ["template", "export", "antt", "--to", str(file)]).exit_code == 0
    assert file.read_bytes() == ANTT
    assert (tmp_path / "antt.yaml.sha256").read_text() == f"{sha256(ANTT).hexdigest()}  antt.yaml\n"
    assert run(cli, ["template", "diff", "antt@1", str(file)]).exit_code == 0
    given = ["template", "import", str(file), "--by", "mau1", "--json"]
    assert run(cli, given).exit_code == 2  # in use already
    file.write_bytes(ANTT + b"# changed\n")
    assert run(cli, given).exit_code == 1  # not what the digest beside it names
    (tmp_path / "antt.yaml.sha256").unlink()
    told = run(cli, given)
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["template"] == "antt"
    nobody = ["template", "export", "nobody", "--to", str(file)]
    assert run(cli, nobody).exit_code == 2

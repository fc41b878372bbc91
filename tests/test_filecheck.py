"""Whether a scanned file is what the rules ask: version, contents, resolution, colour, pages."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

from workbench import filecheck
from workbench.cli import app
from workbench.errors import UnreadableFileError
from workbench.filecheck import Declared, ScanFile

A4 = (595.28, 841.89)  # points


def side(text: str = "Số", *, dpi: int = 200, mode: str = "RGB") -> Image.Image:
    """An A4 side with some lines; blank where `text` is empty."""
    size = (round(8.268 * dpi), round(11.693 * dpi))
    page = Image.new("L", size, 245)
    ink = ImageDraw.Draw(page)
    for row, letter in enumerate(text):
        top = dpi * (1 + row)
        ink.rectangle((dpi, top, dpi + 7 * (ord(letter) % 97) + 200, top + dpi // 6), fill=60)
    return page.convert(mode)


def pdf(path: Path, *sides: Image.Image, version: str = "1.7", points: tuple[float, float] = A4,
        **save: object) -> Path:  # fmt: skip
    """A PDF with one JPEG a page, laid over the whole page."""
    built = pikepdf.new()
    for image in sides:
        content = io.BytesIO()
        image.save(content, "JPEG", quality=80)
        stream = pikepdf.Stream(
            built,
            content.getvalue(),
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=image.width,
            Height=image.height,
            BitsPerComponent=8,
            ColorSpace=pikepdf.Name.DeviceGray if image.mode == "L" else pikepdf.Name.DeviceRGB,
            Filter=pikepdf.Name.DCTDecode,
        )
        page = built.add_blank_page(page_size=points)
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Scan=stream))
        drawn = f"q {points[0]} 0 0 {points[1]} 0 0 cm /Scan Do Q".encode()
        page.Contents = pikepdf.Stream(built, drawn)
    built.save(path, **(save or {"force_version": version}))  # type: ignore[arg-type]
    return path


def rules(path: Path, declared: Declared = Declared(), *, kept: bool = True) -> list[str]:
    return [f.rule for f in filecheck.check(filecheck.look(path), declared=declared, kept=kept)]


def test_a_file_as_the_rules_ask_has_no_finding(tmp_path: Path) -> None:
    file = pdf(tmp_path / "HS01.1.pdf", side("Số"), side("Ký"))
    seen = filecheck.look(file)
    assert filecheck.check(seen, name=file.name, declared=Declared(sides=2)) == ()
    assert [(p.dpi, p.size_mm, p.colour) for p in seen.pages] == 2 * [(200, (210, 297), "colour")]
    assert ScanFile.from_json(json.loads(json.dumps(seen.as_json()))) == seen


def test_an_old_version_is_an_error_of_a_kept_file_and_a_note_of_a_received_one(
    tmp_path: Path,
) -> None:
    seen = filecheck.look(pdf(tmp_path / "a.pdf", side(), version="1.3"))
    (kept,), (received,) = filecheck.check(seen), filecheck.check(seen, kept=False)
    assert (kept.rule, kept.severity.value) == ("file.pdf_version", "error")
    assert (received.rule, received.severity.value) == ("file.pdf_version", "information")


def test_a_file_that_needs_a_password_is_told(tmp_path: Path) -> None:
    locked = pdf(tmp_path / "a.pdf", side(), encryption=pikepdf.Encryption(user="k", owner="k"))
    assert rules(locked) == ["file.encrypted"]


@pytest.mark.parametrize("where", ["opening", "page", "annotation"])
def test_what_would_run_when_it_is_opened_is_told(tmp_path: Path, where: str) -> None:
    file = pdf(tmp_path / "a.pdf", side())
    with pikepdf.open(file, allow_overwriting_input=True) as built:
        launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
        script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        if where == "opening":
            built.Root.OpenAction = script
        elif where == "page":
            built.pages[0].AA = pikepdf.Dictionary(O=launch)
        else:
            mark = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=launch
            )
            built.pages[0].Annots = pikepdf.Array([mark])
        built.save(file)
    assert rules(file) == ["file.active_content"]


@pytest.mark.parametrize(("dpi", "found"), [(150, True), (199, True), (200, False), (300, False)])
def test_resolution_is_counted_from_pixels_and_paper(
    tmp_path: Path, dpi: int, *, found: bool
) -> None:
    file = pdf(tmp_path / "a.pdf", side(dpi=dpi))
    assert ("file.resolution.1" in rules(file)) == found


def test_a_large_scan_on_small_paper_is_no_finding_but_unusual_paper_is(tmp_path: Path) -> None:
    shrunk = pdf(tmp_path / "a.pdf", side(), points=(A4[0] / 10, A4[1] / 10))
    assert rules(shrunk) == ["file.page_size.1"]
    card = pdf(tmp_path / "b.pdf", side(), points=(297.6, 419.5))  # A6
    assert rules(card) == []


def test_each_page_in_grey_is_told(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", side(), side("Ký", mode="L"))
    assert rules(file) == ["file.colour.2"]
    bilevel = tmp_path / "b.tif"
    side(mode="1").save(bilevel, dpi=(300, 300))
    assert "file.colour.1" in rules(bilevel)


def test_a_blank_page_is_told_and_a_faint_one_is_not_blank(tmp_path: Path) -> None:
    faint = side("Lần").point(lambda level: 200 + level // 5)
    assert rules(pdf(tmp_path / "a.pdf", side(), side(""), faint)) == ["file.blank_page.2"]


def test_the_same_image_twice_is_told_unless_a_note_was_stuck_on(tmp_path: Path) -> None:
    file = pdf(tmp_path / "a.pdf", side("Số"), side("Ký"), side("Số"))
    assert rules(file) == ["file.duplicate_page"]
    assert rules(file, Declared(sides=2, noted=1)) == []


@pytest.mark.parametrize(
    ("declared", "found"),
    [(Declared(2), False), (Declared(3), True), (Declared(1, 1), False), (Declared(2, 1), True)],
)
def test_pages_are_counted_against_what_was_declared(
    tmp_path: Path, declared: Declared, *, found: bool
) -> None:
    file = pdf(tmp_path / "a.pdf", side("Số"), side("Ký"))
    assert ("file.page_count" in rules(file, declared)) == found


def test_a_picture_that_does_not_say_its_paper_is_counted_for_a4(tmp_path: Path) -> None:
    file = tmp_path / "a.jpg"
    side().save(file)
    assert rules(file) == ["file.resolution_unsaid"]
    side(dpi=150).save(file)
    assert "file.resolution.1" in rules(file)


def test_what_is_no_scan_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.pdf", b"%PDF-1.7 nothing more"), ("a.jpg", b"nothing")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFileError):
            filecheck.look(tmp_path / name)


def test_the_command_tells_each_file_and_fails_where_one_is_wrong(tmp_path: Path) -> None:
    pdf(tmp_path / "HS01.1.pdf", side())
    good = CliRunner().invoke(app, ["check", "--json", str(tmp_path)])
    assert good.exit_code == 0
    assert json.loads(good.stdout)["findings"] == []
    pdf(tmp_path / "HS01.2.pdf", side(dpi=100))
    both = CliRunner().invoke(app, ["check", "--json", str(tmp_path)])
    assert both.exit_code == 3
    told = [json.loads(line) for line in both.stdout.splitlines()]
    assert [[f["rule"] for f in one["findings"]] for one in told] == [[], ["file.resolution.1"]]

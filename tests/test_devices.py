"""What a file says of the machine that made it."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import PIL.Image
import pytest

from workbench import intake


@pytest.mark.parametrize(
    ("said", "scanner"),
    [
        ({271: "Canon", 272: "DR-C225"}, "Canon DR-C225"),
        ({271: "FUJITSU", 272: "FUJITSU fi-7160"}, "FUJITSU fi-7160"),
        ({272: "ScanJet"}, "ScanJet"),
        ({305: "ScanApp 5.2.113.8"}, "ScanApp 5.2"),
        ({271: "Ca\nnon\x00", 272: " DR  1 "}, "Ca non DR 1"),
        ({}, ""),
    ],
)
@pytest.mark.parametrize("kind", ["TIFF", "JPEG"])
def test_an_image_names_its_scanner_else_its_program(
    said: dict[int, str], scanner: str, kind: str, tmp_path: Path
) -> None:
    file = tmp_path / "scan"
    tags = PIL.Image.Exif()
    tags.update(said)
    PIL.Image.new("L", (20, 20), 255).save(file, kind, exif=tags)
    assert intake.scanner(file, f"image/{kind.lower()}") == scanner


def test_a_pdf_names_what_made_it_and_never_its_author(tmp_path: Path) -> None:
    file = tmp_path / "scan.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.docinfo["/Author"] = "Somebody"
        pdf.docinfo["/Producer"] = "Scan Library 4.1"
        pdf.save(file)
    assert intake.scanner(file, intake.PDF) == "Scan Library 4.1"
    with pikepdf.open(file, allow_overwriting_input=True) as pdf:
        pdf.docinfo["/Creator"] = "Kodak S2050"
        pdf.save(file)
    assert intake.scanner(file, intake.PDF) == "Kodak S2050"


def test_what_cannot_be_asked_has_no_scanner(tmp_path: Path) -> None:
    file = tmp_path / "scan.jpg"
    file.write_bytes(b"\xff\xd8\xff\xe0 no more")
    assert intake.scanner(file, intake.JPEG) == ""

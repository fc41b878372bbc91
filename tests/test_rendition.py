"""The archival PDF: what goes in comes out, where it lies and as it was reviewed."""

from __future__ import annotations

import json
import re
import subprocess
import unicodedata
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader

from workbench.model import Act, Box, Record, SettledField
from workbench.rendition import RenditionPage, render

SAMPLE = Path(__file__).parent.parent / "data" / "sample"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
TITLE = "Giấy chứng nhận đăng ký mẫu con dấu"


def settled(
    name: str, value: str, box: Box | None = None, *, act: Act = Act.ACCEPT, page: int = 0
) -> SettledField:
    place = (box.left, box.top, box.right, box.bottom) if box else None
    return SettledField(name, value, value, act, page if box else None, place, "soat1")


def record(*fields: SettledField) -> Record:
    return Record("d1", "con_dau", "con_dau@1", "0" * 64, ("1" * 64,), fields, "soat1", 3)


def paper(width: int = 1654, height: int = 2339, *, kind: str = "JPEG", mode: str = "RGB") -> bytes:
    """A page with something on it that tells up from down."""
    image = Image.effect_noise((width // 8, height // 8), 30).resize((width, height)).convert(mode)
    image.paste(0 if mode in "1LI" else (200, 0, 0), (0, 0, width // 2, height // 10))
    out = BytesIO()
    image.save(out, kind, **({"quality": 80} if kind == "JPEG" else {}))
    return out.getvalue()


def page(image: bytes, words: tuple[tuple[str, Box], ...] = (), rotation: int = 0) -> RenditionPage:
    width, height = Image.open(BytesIO(image)).size
    return RenditionPage(image, width, height, 200, rotation, words)


def text_of(pdf: bytes, tmp_path: Path, *options: str) -> str:
    (tmp_path / "out.pdf").write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", *options, tmp_path / "out.pdf", "-"], capture_output=True, check=True
    )
    return told.stdout.decode()


def in_line(text: str) -> str:
    return " ".join(text.split())


LINE = Box(0.1, 0.2, 0.6, 0.22)
WORDS = (
    ("Số:", Box(0.1, 0.1, 0.14, 0.115)),
    ("O1Z/DKMD", Box(0.15, 0.1, 0.3, 0.115)),
    ("Tên", Box(0.1, 0.2, 0.15, 0.215)),
    ("cơ", Box(0.16, 0.2, 0.19, 0.215)),
    ("quan:", Box(0.2, 0.2, 0.28, 0.215)),
    ("Gông", Box(0.3, 0.2, 0.38, 0.215)),
    ("tỵ", Box(0.39, 0.2, 0.42, 0.215)),
    ("Hưong", Box(0.43, 0.2, 0.55, 0.215)),
    ("Duơng", Box(0.3, 0.23, 0.4, 0.245)),
    ("Nơi", Box(0.1, 0.3, 0.15, 0.315)),
    ("nhận:", Box(0.16, 0.3, 0.24, 0.315)),
)
NUMBER = settled("so", "012/ĐKMD", Box(0.145, 0.095, 0.31, 0.12), act=Act.EDIT)
HOLDER = settled(
    "ten_to_chuc", "Công ty TNHH Hương Dương", Box(0.295, 0.195, 0.6, 0.25), act=Act.EDIT
)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_reviewed_text_comes_back_in_reading_order_however_the_paper_lay(
    rotation: int, tmp_path: Path
) -> None:
    def lies(box: Box) -> Box:
        return box.turned(360 - rotation)

    def moved(field: SettledField) -> SettledField:
        assert field.box
        return settled(field.name, field.value, lies(Box(*field.box)))

    size = (2339, 1654) if rotation % 180 else (1654, 2339)
    scan = page(paper(*size), tuple((w, lies(b)) for w, b in WORDS), rotation)

    pdf = render(record(moved(NUMBER), moved(HOLDER)), [scan], title=TITLE, at=NOON)

    wanted = "Số: 012/ĐKMD Tên cơ quan: Công ty TNHH Hương Dương Nơi nhận:"
    assert in_line(text_of(pdf, tmp_path)) == wanted
    assert in_line(text_of(pdf, tmp_path, "-raw")) == wanted
    assert unicodedata.is_normalized("NFC", text_of(pdf, tmp_path))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_scan_is_shown_upright(rotation: int, tmp_path: Path) -> None:
    upright = Image.new("L", (300, 400), 255)
    upright.paste(0, (0, 0, 150, 80))  # ink top left
    out = BytesIO()
    upright.rotate(rotation, expand=True).save(out, "JPEG")  # counter-clockwise, as it was scanned

    pdf = render(record(), [page(out.getvalue(), (), rotation)], title=TITLE, at=NOON)

    (tmp_path / "in.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", "200", "-gray", "-singlefile", tmp_path / "in.pdf", tmp_path / "shown"],
        check=True,
    )
    shown = Image.open(tmp_path / "shown.pgm")
    assert shown.size == (300, 400)
    assert shown.getpixel((60, 40)) < 40
    assert all(shown.getpixel(p) > 200 for p in [(240, 40), (60, 360), (240, 360)])


def test_words_are_found_where_they_stand_on_the_paper(tmp_path: Path) -> None:
    pdf = render(record(), [page(paper(), WORDS)], title=TITLE, at=NOON)

    boxes = text_of(pdf, tmp_path, "-bbox")
    sheet = re.search(r'page width="([\d.]+)" height="([\d.]+)"', boxes)
    found = re.search(r'xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)".*>Hưong<', boxes)
    assert sheet
    assert found
    width, height = float(sheet[1]), float(sheet[2])
    assert width == pytest.approx(1654 * 72 / 200, abs=0.1)
    assert float(found[1]) / width == pytest.approx(0.43, abs=0.005)
    assert float(found[3]) / width == pytest.approx(0.55, abs=0.005)
    assert float(found[2]) / height == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_goes_in_byte_for_byte_and_adds_little(mode: str) -> None:
    scan = paper(mode=mode)

    pdf = render(record(NUMBER, HOLDER), [page(scan, WORDS)], title=TITLE, at=NOON)

    with pikepdf.open(BytesIO(pdf)) as opened:
        [image] = opened.pages[0].get_images().values()
        assert image.read_raw_bytes() == scan
    assert len(pdf) < len(scan) + 30_000


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P", "LA", "RGBA", "I;16"])
def test_any_other_image_goes_in_without_loss(mode: str) -> None:
    source = Image.effect_noise((200, 300), 60)
    image = source.convert("I").point(lambda v: v * 256).convert("I;16") if ";" in mode else (
        source.convert(mode)
    )  # fmt: skip
    out = BytesIO()
    image.save(out, "PNG")

    pdf = render(record(), [page(out.getvalue())], title=TITLE, at=NOON)

    with pikepdf.open(BytesIO(pdf)) as opened:
        [drawn] = opened.pages[0].get_images().values()
        held = pikepdf.PdfImage(drawn).as_pil_image()
    seen = source if ";" in mode else image.convert("L")
    assert held.convert("L").tobytes() == seen.convert("L").tobytes()
    assert len(pdf) < len(out.getvalue()) * 1.6 + 30_000


def test_every_sample_value_comes_back_from_under_its_scan(tmp_path: Path) -> None:
    """The shipped scans, their truth as reviewed values, an engine that misread them all."""
    checked = 0
    for line in (SAMPLE / "truth.jsonl").read_text().splitlines():
        entry = json.loads(line)
        source = SAMPLE / entry["file"]
        if source.suffix != ".jpg":
            continue
        scan = source.read_bytes()
        width, height = Image.open(BytesIO(scan)).size
        fields, words, wanted = [], [], []
        for name, field in entry["documents"][0]["fields"].items():
            for place in field["occurrences"][:1]:
                xs, ys = zip(*[p for quad in place["quads"] for p in quad], strict=True)
                box = Box.clipped(
                    min(xs) / width, min(ys) / height, max(xs) / width, max(ys) / height
                )
                fields.append(settled(name, field["value"], box))
                for quad in place["quads"]:
                    qx, qy = zip(*quad, strict=True)
                    words.append(("sai", Box.clipped(
                        min(qx) / width, min(qy) / height, max(qx) / width, max(qy) / height
                    )))  # fmt: skip
                wanted.append(in_line(field["value"]))
        if not fields:
            continue
        pdf = render(record(*fields), [page(scan, tuple(words))], title=TITLE, at=NOON)
        text = in_line(text_of(pdf, tmp_path, "-raw"))
        assert [w for w in wanted if w not in text] == []
        assert "sai" not in text.split()
        checked += len(wanted)
    assert checked >= 10


def test_each_value_goes_to_its_own_page(tmp_path: Path) -> None:
    second = settled("so", "trang hai", Box(0.145, 0.095, 0.31, 0.12), page=1)
    pages = [page(paper(), WORDS[:1]), page(paper(), WORDS[2:])]

    pdf = render(record(second), pages, title=TITLE, at=NOON)

    assert in_line(text_of(pdf, tmp_path, "-l", "1")) == "Số:"
    assert in_line(text_of(pdf, tmp_path, "-f", "2")).startswith("trang hai Tên cơ quan:")


def test_illegible_leaves_nothing_and_absent_leaves_what_is_printed(tmp_path: Path) -> None:
    illegible = settled("so", "", Box(0.145, 0.095, 0.31, 0.12), act=Act.ILLEGIBLE)
    absent = settled("x", "", Box(0.1, 0.295, 0.3, 0.32), act=Act.ABSENT)

    pdf = render(record(illegible, absent), [page(paper(), WORDS)], title=TITLE, at=NOON)

    text = in_line(text_of(pdf, tmp_path))
    assert text.startswith("Số: Tên")
    assert text.endswith("Nơi nhận:")


def test_a_value_where_no_engine_saw_anything_still_stands_in_its_place(tmp_path: Path) -> None:
    unseen = settled("dia_chi", "Số 5 phố Huế", Box(0.1, 0.26, 0.5, 0.28), act=Act.EDIT)

    pdf = render(record(unseen), [page(paper(), WORDS)], title=TITLE, at=NOON)

    assert "Duơng Số 5 phố Huế Nơi nhận:" in in_line(text_of(pdf, tmp_path, "-raw"))


def test_a_character_the_font_lacks_never_becomes_an_unnamed_glyph(tmp_path: Path) -> None:
    odd = settled("ten", "Trà 漢\x00\u200b {nb}", LINE)

    pdf = render(record(odd), [page(paper())], title=TITLE, at=NOON)

    assert in_line(text_of(pdf, tmp_path)) == "Trà □ {nb}"


def test_the_same_record_gives_the_same_bytes() -> None:
    scan = page(paper(mode="L"), WORDS)

    first, second = (render(record(NUMBER), [scan], title=TITLE, at=NOON) for _ in range(2))

    assert first == second


def test_metadata_names_the_paper_and_nobody() -> None:
    pdf = render(record(NUMBER, HOLDER), [page(paper(), WORDS)], title=TITLE + " <&>", at=NOON)

    with pikepdf.open(BytesIO(pdf)) as opened:
        xmp = opened.Root.Metadata.read_bytes().decode()
        assert str(opened.Root.Lang) == "vi"
        assert opened.open_metadata()["dc:title"] == TITLE + " <&>"
    assert "Số 012/ĐKMD" in xmp
    assert "Hương" not in xmp
    assert "soat1" not in xmp
    assert "dc:creator" not in xmp


def test_the_file_opens_in_strict_mode() -> None:
    pdf = render(record(NUMBER), [page(paper(), WORDS), page(paper())], title=TITLE, at=NOON)

    assert PdfFileReader(BytesIO(pdf), strict=True).root["/Pages"]["/Count"] == 2

"""Files are taken in as they are, or refused by name with the reason; real files, made here."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pikepdf
import PIL.ExifTags
import PIL.Image
import PIL.ImageDraw
import pytest

from workbench import intake, words
from workbench.errors import Sentence, UnreadableFileError, WorkbenchError
from workbench.intake import JPEG, PDF, PNG, TIFF, Limits


def page(width: int = 413, height: int = 584, mode: str = "RGB") -> PIL.Image.Image:
    """A sheet of paper with a black mark at its upper left."""
    image = PIL.Image.new(mode, (width, height), "white" if mode != "I;16" else 65535)
    ink = "black" if mode != "I;16" else 0
    PIL.ImageDraw.Draw(image).rectangle((20, 20, 80, 60), fill=ink)
    return image


def coded(image: PIL.Image.Image, kind: str, **options: object) -> bytes:
    into = io.BytesIO()
    image.save(into, kind, **options)
    return into.getvalue()


def pdf_of(
    *jpegs: bytes,
    size: tuple[float, float] = (595.2, 841.92),
    place: str = "595.2 0 0 841.92 0 0",
    also: bytes = b"",
    **keys: object,
) -> pikepdf.Pdf:
    """A PDF with one JPEG a page, as scanners write it."""
    made = pikepdf.new()
    for jpeg in jpegs:
        with PIL.Image.open(io.BytesIO(jpeg)) as image:
            gray, (width, height) = image.mode == "L", image.size
        stream = pikepdf.Stream(
            made,
            jpeg,
            Type=pikepdf.Name.XObject,
            Subtype=pikepdf.Name.Image,
            Width=width,
            Height=height,
            ColorSpace=pikepdf.Name.DeviceGray if gray else pikepdf.Name.DeviceRGB,
            BitsPerComponent=8,
            Filter=pikepdf.Name.DCTDecode,
        )
        sheet = made.add_blank_page(page_size=size)
        sheet.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=stream))
        sheet.Contents = made.make_stream(f"q {place} cm /Im0 Do Q ".encode() + also)
        for key, value in keys.items():
            sheet[f"/{key}"] = value
    return made


def saved(pdf: pikepdf.Pdf, path: Path, **options: object) -> Path:
    pdf.save(path, **options)
    return path


def cut(path: Path, tmp_path: Path, kind: str) -> list[intake.PageFile]:
    return list(intake.page_images(path, kind, tmp_path / "pages"))


def pixels(path: Path) -> PIL.Image.Image:
    with PIL.Image.open(path) as image:
        return image.convert("L")


def refusal(path: Path, name: str | None = None, limits: Limits = intake.LIMITS) -> str:
    """The sentence, in English, with which the file is refused."""
    with pytest.raises(UnreadableFileError) as refused:
        intake.examine(path, name or path.name, limits)
    for sentence in (refused.value.message, refused.value.remedy):
        assert sentence.text in words.catalogue(), f"not translated: {sentence.text}"
        str(Sentence(words.catalogue()[sentence.text], sentence.values))
    return str(refused.value)


# --- what is taken in ---------------------------------------------------------------------------


def test_the_sample_is_taken_in_with_all_its_pages(sample: Path, tmp_path: Path) -> None:
    files = [path for _, path in intake.expand([sample / "files"], tmp_path)]
    seen = [intake.examine(path, path.name) for path in files if isinstance(path, Path)]
    assert len(seen) == len(files) >= 12
    assert {PDF, TIFF, JPEG} <= {file.media_type for file in seen}
    assert max(file.pages for file in seen) > 1
    assert seen[0].digest == hashlib.sha256(files[0].read_bytes()).hexdigest()  # type: ignore[union-attr]


def test_a_jpeg_is_passed_on_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(coded(page(), "JPEG", dpi=(50, 50)))
    assert intake.examine(path, "a.jpg").pages == 1
    (only,) = cut(path, tmp_path, JPEG)
    assert only.path.read_bytes() == path.read_bytes()
    assert (only.index, only.width, only.height) == (0, 413, 584)
    assert only.dpi == 50  # of an A4 sheet; the 50 in the file is nothing a scanner does


def test_a_photo_that_lies_on_its_side_is_turned_by_its_tag(tmp_path: Path) -> None:
    exif = PIL.Image.Exif()
    exif[PIL.ExifTags.Base.Orientation] = 6  # to be turned a quarter clockwise
    path = tmp_path / "a.jpg"
    path.write_bytes(coded(page().rotate(90, expand=True), "JPEG", exif=exif))
    (only,) = cut(path, tmp_path, JPEG)
    assert (only.width, only.height) == (413, 584)
    assert pixels(only.path).getpixel((50, 40)) < 50


def test_every_page_of_a_tiff_is_kept_without_loss(tmp_path: Path) -> None:
    first, second = page(mode="1"), page(300, 200)
    path = tmp_path / "a.tif"
    first.save(path, compression="tiff_lzw", save_all=True, append_images=[second], dpi=(300, 300))
    assert intake.examine(path, "a.tif") == intake.Examined(
        "a.tif", TIFF, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest(), 2
    )
    pages = cut(path, tmp_path, TIFF)
    assert [(p.index, p.width, p.height) for p in pages] == [(0, 413, 584), (1, 300, 200)]
    assert pixels(pages[0].path).tobytes() == first.convert("L").tobytes()
    assert pixels(pages[1].path).tobytes() == second.convert("L").tobytes()


@pytest.mark.parametrize(
    ("mode", "kind", "dpi"), [("RGBA", PNG, 100), ("I;16", TIFF, 100), ("CMYK", TIFF, 100)]
)
def test_unusual_pixels_become_plain_ones(mode: str, kind: str, dpi: int, tmp_path: Path) -> None:
    image = page(mode=mode) if mode == "I;16" else page().convert(mode)
    path = tmp_path / "a"
    path.write_bytes(coded(image, kind.split("/")[1].upper(), dpi=(dpi, dpi)))
    (only,) = cut(path, tmp_path, kind)
    assert only.dpi == dpi
    with PIL.Image.open(only.path) as plain:
        assert plain.mode in ("L", "RGB")
        assert plain.convert("L").getpixel((50, 40)) == 0
        assert plain.convert("L").getpixel((5, 5)) == 255


def test_what_is_clear_in_a_png_is_paper(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(coded(PIL.Image.new("RGBA", (413, 584), (0, 0, 0, 0)), "PNG"))
    (only,) = cut(path, tmp_path, PNG)
    assert pixels(only.path).getextrema() == (255, 255)


def test_the_scan_in_a_pdf_is_passed_on_byte_for_byte(tmp_path: Path) -> None:
    jpegs = [coded(page(1653, 2338), "JPEG"), coded(page(1653, 2338, "L"), "JPEG")]
    hidden = b"BT 3 Tr /F1 12 Tf 50 50 Td (text laid over by OCR) Tj ET"
    path = saved(pdf_of(*jpegs, also=hidden), tmp_path / "a.pdf")
    assert intake.examine(path, "a.pdf").pages == 2
    pages = cut(path, tmp_path, PDF)
    assert [p.path.read_bytes() for p in pages] == jpegs
    assert [(p.width, p.height, p.dpi) for p in pages] == [(1653, 2338, 200)] * 2


def test_a_pdf_locked_only_against_changes_is_taken_in(tmp_path: Path) -> None:
    jpeg = coded(page(1653, 2338), "JPEG")
    locked = pikepdf.Encryption(owner="x", user="", R=4)
    path = saved(pdf_of(jpeg), tmp_path / "a.pdf", encryption=locked)
    assert intake.examine(path, "a.pdf").pages == 1
    assert cut(path, tmp_path, PDF)[0].path.read_bytes() == jpeg


SHOWN = {
    "turned by /Rotate": ({"Rotate": 90}, (2338, 1653), (2338 - 40, 50)),
    "drawn upside down": (
        {"place": "-595.2 0 0 -841.92 595.2 841.92"},
        (1653, 2338),
        (1653 - 50, 2338 - 40),
    ),
    "cropped": ({"CropBox": [0, 420.96, 595.2, 841.92]}, (1653, 1169), (50, 40)),
    "written upon": ({"also": b"0 g 0 0 100 100 re f"}, (1653, 2338), (20, 2338 - 20)),
}


@pytest.mark.parametrize("how", SHOWN)
def test_a_page_that_shows_more_than_its_scan_is_rendered_at_the_scan_s_resolution(
    how: str, tmp_path: Path
) -> None:
    options, size, black = SHOWN[how]
    jpeg = coded(page(1653, 2338), "JPEG")
    path = saved(pdf_of(jpeg, **options), tmp_path / "a.pdf")  # type: ignore[arg-type]
    assert intake.examine(path, "a.pdf").pages == 1
    (only,) = cut(path, tmp_path, PDF)
    assert (only.width, only.height) == size
    assert only.path.suffix == ".png"
    shown = pixels(only.path)
    assert shown.size == size
    assert shown.getpixel(black) < 50


def test_a_page_without_a_scan_is_rendered_to_be_read(tmp_path: Path) -> None:
    made = pikepdf.new()
    sheet = made.add_blank_page(page_size=(595.2, 841.92))
    sheet.Contents = made.make_stream(b"0 g 72 72 100 100 re f")
    path = saved(made, tmp_path / "a.pdf")
    (only,) = cut(path, tmp_path, PDF)
    assert (only.width, only.height, only.dpi) == (2480, 3508, 300)


def test_a_coarse_scan_is_never_enlarged(tmp_path: Path) -> None:
    path = saved(pdf_of(coded(page(826, 1169), "JPEG"), Rotate=180), tmp_path / "a.pdf")
    (only,) = cut(path, tmp_path, PDF)
    assert (only.width, only.height, only.dpi) == (826, 1169, 100)


# --- what is refused, each with its own sentence ------------------------------------------------


def an_empty_file(path: Path) -> str:
    (path / "a.pdf").touch()
    return "a.pdf"


def garbage_called_pdf(path: Path) -> str:
    (path / "a.pdf").write_bytes(b"nothing that anybody can read" * 100)
    return "a.pdf"


def a_png_called_jpg(path: Path) -> str:
    (path / "a.jpg").write_bytes(coded(page(), "PNG"))
    return "a.jpg"


def a_pdf_called_docx(path: Path) -> str:
    saved(pdf_of(coded(page(), "JPEG")), path / "a.docx")
    return "a.docx"


def a_letter_in_word(path: Path) -> str:
    (path / "a.docx").write_bytes(b"PK\x03\x04 word/document.xml")
    return "a.docx"


def a_locked_pdf(path: Path) -> str:
    locked = pikepdf.Encryption(owner="x", user="y")
    saved(pdf_of(coded(page(), "JPEG")), path / "a.pdf", encryption=locked)
    return "a.pdf"


def a_pdf_without_pages(path: Path) -> str:
    saved(pikepdf.new(), path / "a.pdf")
    return "a.pdf"


def a_pdf_cut_in_the_middle(path: Path) -> str:
    whole = saved(pdf_of(coded(page(), "JPEG")), path / "a.pdf").read_bytes()
    (path / "a.pdf").write_bytes(whole[: len(whole) // 2])
    return "a.pdf"


def a_pdf_of_noise(path: Path) -> str:
    (path / "a.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00noise\xff" * 900 + b"\n%%EOF\n")
    return "a.pdf"


def a_pdf_whose_scan_is_cut(path: Path) -> str:
    jpeg = coded(page(1653, 2338), "JPEG")
    with_half = pdf_of(jpeg, jpeg)
    stream = with_half.pages[1].Resources.XObject.Im0
    stream.write(jpeg[: len(jpeg) // 2], filter=pikepdf.Name.DCTDecode)
    saved(with_half, path / "a.pdf")
    return "a.pdf"


def a_jpeg_cut_in_the_middle(path: Path) -> str:
    (path / "a.jpg").write_bytes(coded(page(), "JPEG")[:-900])
    return "a.jpg"


def a_tiff_cut_in_the_middle(path: Path) -> str:
    noise = PIL.Image.effect_noise((413, 584), 90)
    noise.save(path / "a.tif", compression="raw", save_all=True, append_images=[noise])
    whole = (path / "a.tif").read_bytes()
    (path / "a.tif").write_bytes(whole[: len(whole) // 2])
    return "a.tif"


def a_png_with_a_hole(path: Path) -> str:
    whole = bytearray(coded(PIL.Image.effect_noise((413, 584), 90), "PNG"))
    whole[5000:9000] = bytes(4000)
    (path / "a.png").write_bytes(whole)
    return "a.png"


def an_image_of_90_million_pixels(path: Path) -> str:
    (path / "a.png").write_bytes(coded(PIL.Image.new("1", (9_000, 10_000)), "PNG"))
    return "a.png"


def an_image_of_900_million_pixels(path: Path) -> str:
    (path / "a.png").write_bytes(coded(PIL.Image.new("1", (30_000, 30_000)), "PNG"))
    return "a.png"


def a_pdf_as_large_as_a_house(path: Path) -> str:
    saved(pdf_of(coded(page(), "JPEG"), size=(14000, 14000)), path / "a.pdf")
    return "a.pdf"


REFUSED: list[tuple[Callable[[Path], str], str]] = [
    (an_empty_file, "empty"),
    (garbage_called_pdf, "called a PDF file, but its contents are something else"),
    (a_png_called_jpg, "called a JPEG file, but it is a PNG file"),
    (a_pdf_called_docx, "called a .docx file, but it is a PDF file"),
    (a_letter_in_word, "this kind are not taken in"),
    (a_locked_pdf, "encrypted"),
    (a_pdf_without_pages, "no pages"),
    (a_pdf_cut_in_the_middle, "cut off"),
    (a_pdf_of_noise, "damaged and cannot be opened"),
    (a_pdf_whose_scan_is_cut, "Page 2 of the file is damaged"),
    (a_jpeg_cut_in_the_middle, "cut off"),
    (a_tiff_cut_in_the_middle, "cut off"),
    (a_png_with_a_hole, "damaged and cannot be opened"),
    (an_image_of_90_million_pixels, "too many pixels: at most 80 million"),
    (an_image_of_900_million_pixels, "too many pixels: at most 80 million"),
    (a_pdf_as_large_as_a_house, "too many pixels"),
]


@pytest.mark.parametrize(("make", "why"), REFUSED, ids=[make.__name__ for make, _ in REFUSED])
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    make: Callable[[Path], str], why: str, tmp_path: Path
) -> None:
    assert why in refusal(tmp_path / make(tmp_path))


def test_a_file_may_not_be_larger_or_longer_than_the_limits(tmp_path: Path) -> None:
    jpeg = coded(page(), "JPEG")
    path = saved(pdf_of(jpeg, jpeg, jpeg), tmp_path / "a.pdf")
    assert "too large: 1 MB" in refusal(path, limits=Limits(max_bytes=1000))
    assert "too many pages: 3, at most 2" in refusal(path, limits=Limits(max_pages=2))
    assert "not there" in refusal(tmp_path / "none.pdf")


def test_a_page_that_breaks_after_intake_stops_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / a_tiff_cut_in_the_middle(tmp_path)
    with pytest.raises(UnreadableFileError):
        cut(path, tmp_path, TIFF)


# --- folders and archives -----------------------------------------------------------------------


def named(found: list[tuple[str, Path | WorkbenchError]]) -> dict[str, str]:
    """Name -> the contents of the file, or the sentence of the error."""
    return {n: str(p) if isinstance(p, WorkbenchError) else p.read_text() for n, p in found}


def test_folders_and_archives_give_their_files_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "lô"
    for name in ("b/2.pdf", "b/1.pdf", "a.jpg", ".DS_Store", "b/.hidden/x.pdf", "__MACOSX/a.jpg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    with zipfile.ZipFile(folder / "c.zip", "w") as archive:
        archive.writestr("Giấy phép/Đã quét.pdf", "zip")
        archive.writestr("__MACOSX/._x.pdf", "apple")
        archive.writestr("Giấy phép/", "")
    (tmp_path / "một.pdf").write_text("alone")
    paths = [folder, tmp_path / "một.pdf", folder / "c.zip", tmp_path / "none.pdf"]
    found = list(intake.expand(paths, tmp_path / "into"))
    assert [name for name, _ in found] == [
        "a.jpg",
        "b/1.pdf",
        "b/2.pdf",
        "c.zip/Giấy phép/Đã quét.pdf",
        "một.pdf",
        "Giấy phép/Đã quét.pdf",
        "none.pdf",
    ]
    assert [path.read_text() for _, path in found[:-1]] == [  # type: ignore[union-attr]
        "a.jpg", "b/1.pdf", "b/2.pdf", "zip", "alone", "zip",
    ]  # fmt: skip


def test_names_packed_by_old_programs_keep_their_vietnamese_letters(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X" * len("Đơn.pdf".encode()), "x")
    path.write_bytes(path.read_bytes().replace(b"X" * len("Đơn.pdf".encode()), "Đơn.pdf".encode()))
    assert list(named(list(intake.expand([path], tmp_path / "into")))) == ["Đơn.pdf"]


def test_a_bad_archive_or_entry_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "bad.zip").write_bytes(b"PK\x03\x04 no archive")
    with zipfile.ZipFile(tmp_path / "none.zip", "w"):
        pass
    with zipfile.ZipFile(tmp_path / "mixed.zip", "w") as archive:
        for name in ("../../out.pdf", "/etc/out.pdf", "C:\\out.pdf", "broken.pdf", "good.pdf"):
            archive.writestr(name, f"contents of {name}")
    whole = (tmp_path / "mixed.zip").read_bytes()
    (tmp_path / "mixed.zip").write_bytes(
        whole.replace(b"contents of broken", b"contents of BROKEN")
    )
    paths = [tmp_path / name for name in ("bad.zip", "none.zip", "mixed.zip")]
    (tmp_path / "empty").mkdir()
    found = named(list(intake.expand([*paths, tmp_path / "empty"], tmp_path / "into")))
    assert found == {
        "bad.zip": "The archive is damaged and cannot be opened.",
        "none.zip": "The archive holds no files.",
        "../../out.pdf": "The name in the archive points outside it.",
        "/etc/out.pdf": "The name in the archive points outside it.",
        "C:/out.pdf": "The name in the archive points outside it.",
        "broken.pdf": "The file is damaged in the archive.",
        "good.pdf": "contents of good.pdf",
        "empty": "The folder holds no files.",
    }
    assert not list(tmp_path.rglob("out.pdf"))


def test_an_archive_that_swells_is_stopped(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("1.pdf", "2.pdf", "3.pdf"):
            archive.writestr(name, bytes(3_000_000))
    limits = Limits(max_bytes=1_000_000, max_unpacked=1_500_000)
    found = list(intake.expand([tmp_path / "a.zip"], tmp_path / "into", limits))
    assert [name for name, _ in found] == ["1.pdf", "2.pdf", "a.zip"]
    assert "unpacks to more than 2 MB" in str(found[-1][1])
    assert sum(p.stat().st_size for p in tmp_path.glob("into/**/*.pdf")) <= 1_500_000
    assert isinstance(found[0][1], Path)
    assert "too large" in refusal(found[0][1], limits=limits)
    limits = Limits(max_archived_files=2)
    ((name, error),) = intake.expand([tmp_path / "a.zip"], tmp_path / "into", limits)
    assert (name, str(error)) == (
        "a.zip", "The archive holds too many files: 3, at most 2 are taken in.",
    )  # fmt: skip

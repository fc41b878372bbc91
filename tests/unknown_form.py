"""Scans of a form that the repository has no template for: a licence to fish, made up."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

import workbench

_FONT = Path(workbench.__file__).parent / "fonts" / "LiberationSerif-Regular.ttf"
DPI = 200
_MM = DPI / 25.4

TITLE = "Giấy phép khai thác thủy sản"
# Field -> its printed label, and where both stand on the form, in mm: label's left, value's left,
# the top of the line.
LABELS: Mapping[str, tuple[str, float, float, float]] = {
    "so": ("Số giấy phép:", 25, 60, 62),
    "chu_tau": ("Chủ tàu cá:", 25, 60, 80),
    "noi_cu_tru": ("Nơi cư trú:", 25, 60, 92),
    "so_dang_ky": ("Số đăng ký tàu:", 25, 60, 104),
    "cang": ("Cảng cá đăng ký:", 25, 60, 116),
    "nghe": ("Nghề khai thác chính:", 25, 72, 128),
    "vung": ("Vùng biển khai thác:", 25, 72, 140),
    "ngay_cap": ("Ngày cấp giấy phép:", 25, 72, 152),
    "het_han": ("Giấy phép có giá trị đến:", 25, 78, 164),
}
_HEAD = (
    (110, 18, 4.4, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    (128, 25, 4.4, "Độc lập - Tự do - Hạnh phúc"),
    (28, 18, 4.0, "CHI CỤC THỦY SẢN"),
    (60, 44, 6.4, "GIẤY PHÉP KHAI THÁC THỦY SẢN"),
)
_FOOT = (
    (25, 182, 4.0, "Chủ tàu phải ghi nhật ký khai thác và nộp báo cáo hằng tháng theo quy định."),
    (25, 190, 4.0, "Giấy phép này phải mang theo tàu khi hoạt động trên biển."),
    (128, 210, 4.4, "CHI CỤC TRƯỞNG"),
)
_VALUES: tuple[Mapping[str, str], ...] = (
    {"so": "0147/2024/GPKT", "chu_tau": "Trần Văn Lành", "noi_cu_tru": "ấp Mỏ Ó, xã Trung Bình",
     "so_dang_ky": "ST 90417 TS", "cang": "Trần Đề", "nghe": "Lưới kéo đôi", "vung": "Vùng khơi",
     "ngay_cap": "12/03/2024", "het_han": "12/03/2029"},
    {"so": "0283/2024/GPKT", "chu_tau": "Lý Thị Sa Rinh", "noi_cu_tru": "khóm 3, phường 1",
     "so_dang_ky": "ST 91250 TS", "cang": "Mỏ Ó", "nghe": "Câu tay mực", "vung": "Vùng lộng",
     "ngay_cap": "05/06/2024", "het_han": "05/06/2029"},
    {"so": "0391/2025/GPKT", "chu_tau": "Nguyễn Hữu Phước", "noi_cu_tru": "ấp Chợ, xã Lịch Hội",
     "so_dang_ky": "ST 92688 TS", "cang": "Vĩnh Hải", "nghe": "Lưới rê tầng đáy",
     "vung": "Vùng khơi", "ngay_cap": "21/01/2025", "het_han": "21/01/2030"},
    {"so": "0412/2025/GPKT", "chu_tau": "Thạch Sô Phi", "noi_cu_tru": "ấp Giồng Chùa, xã An Hiệp",
     "so_dang_ky": "ST 93301 TS", "cang": "Trần Đề", "nghe": "Lồng bẫy ghẹ", "vung": "Vùng ven bờ",
     "ngay_cap": "17/02/2025", "het_han": "17/02/2030"},
    {"so": "0455/2025/GPKT", "chu_tau": "Huỳnh Tấn Đạt", "noi_cu_tru": "khóm Cà Lăng, phường 2",
     "so_dang_ky": "ST 93877 TS", "cang": "Mỏ Ó", "nghe": "Lưới vây ánh sáng",
     "vung": "Vùng lộng", "ngay_cap": "03/04/2025", "het_han": "03/04/2030"},
)  # fmt: skip


@dataclass(frozen=True)
class Copy:
    """One scan of the form, and what stands in it."""

    file: Path
    values: Mapping[str, str]
    shift: tuple[float, float]  # mm that it lies to the right and lower


def scanned(folder: Path, count: int = 4) -> list[Copy]:
    """Write so many copies as JPEG, each laid on the scanner a little differently."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_copy(folder / f"ban_{n + 1}.jpg", _VALUES[n], seed=n) for n in range(count)]


def _copy(file: Path, values: Mapping[str, str], *, seed: int) -> Copy:
    sheet = Image.new("L", (round(210 * _MM), round(297 * _MM)), 250)
    draw = ImageDraw.Draw(sheet)
    for left, top, size, text in (*_HEAD, *_FOOT):
        _write(draw, left, top, size, text)
    for name, (label, beside, at, level) in LABELS.items():
        _write(draw, beside, level, 4.4, label)
        _write(draw, at, level, 4.4, values[name])
    rng = random.Random(seed)
    turn, right, down = (rng.uniform(-most, most) for most in (0.8, 2.0, 2.0))
    laid = sheet.rotate(
        turn,
        Image.Resampling.BICUBIC,
        translate=(round(right * _MM), round(down * _MM)),
        fillcolor=250,
    )
    laid.save(file, quality=88, dpi=(DPI, DPI))
    return Copy(file, values, (right, down))


def _write(draw: ImageDraw.ImageDraw, left: float, top: float, size: float, text: str) -> None:
    font = ImageFont.truetype(str(_FONT), round(size * _MM))
    draw.text((left * _MM, top * _MM), text, fill=25, font=font)

"""Pages as an engine would tell them: words with boxes, made from written lines."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.model import Box, Word
from workbench.placement import Running, lines_of

LETTER = 0.0098  # of the page's width
HEIGHT = 0.014
STEP = 0.024

ANTT = (
    (0.15, "CÔNG AN TỈNH SÓC TRĂNG"),
    (0.52, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    (0.12, "PHÒNG CẢNH SÁT QLHC VỀ TTXH"),
    (0.60, "Độc lập - Tự do - Hạnh phúc"),
    (0.22, "Số: 12/GCN"),
    (0.40, "GIẤY CHỨNG NHẬN"),
    (0.34, "Đủ điều kiện về an ninh, trật tự"),
    (0.16, "Căn cứ Nghị định số 96/2016/NĐ-CP ngày 01 tháng 7 năm 2016 của Chính phủ"),
    (0.12, "quy định điều kiện về an ninh, trật tự đối với một số ngành, nghề có điều kiện;"),
    (0.16, "Theo văn bản: Giấy chứng nhận đăng ký doanh nghiệp số 2200123458, cấp ngày"),
    (0.12, "05/06/2015 và kết quả thẩm định hồ sơ của cơ sở kinh doanh."),
    (0.16, "Tên cơ sở kinh doanh: KHÁCH SẠN BÌNH MINH"),
    (0.16, "Địa chỉ cơ sở kinh doanh: Số 7, ấp Hòa Mỹ, xã Tham Đôn, huyện Mỹ Xuyên, tỉnh"),
    (0.12, "Sóc Trăng"),
    (0.16, "Họ và tên người chịu trách nhiệm về an ninh, trật tự của cơ sở kinh doanh (ông,"),
    (0.12, "bà): Trần Thị Mẫu; Quốc tịch: Việt Nam; Ngày, tháng, năm sinh: 17/12/1990."),
    (0.16, "Chức danh trong cơ sở kinh doanh: Chủ cơ sở"),
    (0.16, "Số Căn cước công dân: 094190001234, cấp ngày 28/02/2018, cơ quan cấp: Cục"),
    (0.12, "Cảnh sát quản lý hành chính về trật tự xã hội."),
    (0.16, "Nơi thường trú: Số 9, ấp Thị Tứ, xã Mỹ Bình, thị xã Ngã Năm, tỉnh Sóc Trăng"),
    (0.30, "CÔNG AN TỈNH SÓC TRĂNG"),
    (0.42, "CHỨNG NHẬN"),
    (0.16, "Cơ sở kinh doanh nêu trên đủ điều kiện về an ninh, trật tự để làm ngành, nghề"),
    (0.12, "đầu tư kinh doanh: Kinh doanh dịch vụ lưu trú."),
    (0.50, "Sóc Trăng, ngày 09 tháng 04 năm 2021"),
    (0.60, "TRƯỞNG PHÒNG"),
    (0.56, "Trung tá Nguyễn Văn Thử"),
)
"""(left edge, text) of one made-up certificate; lines of the head stand beside each other."""


def words(lines: Sequence[tuple[float, str]] = ANTT, *, top: float = 0.07) -> tuple[Word, ...]:
    """The words of the lines, one line under another; a line right of the one before it stands
    beside it when both are in the head."""
    told: list[Word] = []
    y, previous = top, 1.0
    for number, (left, text) in enumerate(lines):
        beside = number < 6 and left > 0.5 and previous < 0.3
        if number and not beside:
            y += STEP
        x = left
        for word in text.split():
            width = LETTER * len(word)
            told.append(Word(word, Box.clipped(x, y, x + width, y + HEIGHT), 0.96, number))
            x += width + LETTER
        previous = left
    return tuple(told)


def running(lines: Sequence[tuple[float, str]] = ANTT) -> Running:
    return Running(lines_of(words(lines)))


def misread(text: str) -> str:
    """As an engine in trouble would have it: marks lost, look-alikes for letters."""
    return text.replace("ị", "i").replace("ấ", "a").replace("o", "0").replace("Đ", "D")

"""Papers that no template fits lie in piles of one form each, in spite of misreadings."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests import written_page
from workbench.piles import Pile, Sketch, piles, sketch
from workbench.placement import lines_of

HEAD = ("CÔNG AN TỈNH SÓC TRĂNG CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "PHÒNG CẢNH SÁT QLHC VỀ TTXH", "Độc lập - Tự do - Hạnh phúc")  # fmt: skip
FORMS: dict[str, tuple[str, ...]] = {
    "handover": (
        "BIÊN BẢN BÀN GIAO TÀI SẢN", "Hôm nay, ngày {day}, tại {place}, chúng tôi gồm có:",
        "Bên giao tài sản: {name}", "Bên nhận tài sản: {other}",
        "Hai bên cùng nhau kiểm đếm và bàn giao các tài sản sau đây",
        "Biên bản được lập thành hai bản, mỗi bên giữ một bản có giá trị như nhau.",
    ),
    "leave": (
        "ĐƠN XIN NGHỈ PHÉP", "Kính gửi: Ban lãnh đạo {place}", "Tôi tên là: {name}",
        "Nay tôi làm đơn này xin được nghỉ phép từ ngày {day}",
        "Trong thời gian nghỉ phép, công việc của tôi sẽ do {other} đảm nhận.",
        "Kính mong lãnh đạo xem xét, giải quyết. Tôi xin chân thành cảm ơn.",
    ),
    "driver": (
        "GIẤY PHÉP LÁI XE HẠNG {n}", "Họ tên người lái xe: {name}", "Sinh ngày: {day}",
        "Nơi cư trú hiện tại: {place}", "Được phép điều khiển các loại xe cơ giới đường bộ",
        "Có giá trị đến ngày {day}, người cấp: {other}",
    ),
    "fire": (
        "GIẤY CHỨNG NHẬN THẨM DUYỆT VỀ PHÒNG CHÁY VÀ CHỮA CHÁY", "Chủ đầu tư: {name}",
        "Địa điểm xây dựng công trình: {place}", "Đơn vị tư vấn thiết kế: {other}",
        "Đã được thẩm duyệt thiết kế theo các nội dung quy định tại tiêu chuẩn hiện hành",
        "Chủ đầu tư phải thực hiện đúng hồ sơ đã được thẩm duyệt, ngày {day}",
    ),
}  # fmt: skip
NAMES = ("Nguyễn Văn Tám", "Trần Thị Bưởi", "Lý Sà Rên", "Thạch Sô Phi", "Đặng Quốc Ữ")
PLACES = ("ấp Trà Quýt, huyện Châu Thành", "phường 3, thành phố Sóc Trăng", "xã An Mỹ, Kế Sách")


def papers(form: str, n: int, *, errors: float = 0.0, seed: int = 1) -> list[Sketch]:
    """So many papers of a form; of its letters this share is misread."""
    dice = random.Random(f"{form}{seed}")
    return [
        sketch(f"{form}-{seed}-{number:03}", lines_of(_read(form, dice, errors)))
        for number in range(n)
    ]


def _read(form: str, dice: random.Random, errors: float) -> Sequence[written_page.Word]:
    texts = [
        *HEAD,
        *(
            text.format(
                day=f"{dice.randint(1, 28)}/{dice.randint(1, 12)}/20{dice.randint(10, 24)}",
                name=dice.choice(NAMES), other=dice.choice(NAMES), place=dice.choice(PLACES),
                n=dice.randint(1, 9),
            )
            for text in FORMS[form]
        ),
    ]  # fmt: skip
    spoilt = [
        "".join(dice.choice("aeiklmnorstu") if dice.random() < errors and c != " " else c
                for c in text)
        for text in texts
    ]  # fmt: skip
    return written_page.words([(0.1, text) for text in spoilt])


def forms(pile: Pile) -> set[str]:
    return {document.partition("-")[0] for document in pile.documents}


def test_papers_of_one_form_lie_in_one_pile_and_with_no_others() -> None:
    found = piles([p for at, form in enumerate(FORMS) for p in papers(form, 6 - at)])
    assert [len(pile.documents) for pile in found] == [6, 5, 4, 3]
    assert [forms(pile) for pile in found] == [{form} for form in FORMS]


@pytest.mark.parametrize("errors", [0.02, 0.05, 0.08])
def test_misreadings_part_no_pile(errors: float) -> None:
    found = piles([p for form in FORMS for p in papers(form, 8, errors=errors)])
    assert [len(pile.documents) for pile in found] == [8, 8, 8, 8]
    assert all(len(forms(pile)) == 1 for pile in found)


def test_a_paper_that_is_read_badly_finds_the_pile_of_its_form() -> None:
    many = [p for form in FORMS for p in papers(form, 6, errors=0.02)]
    bad = papers("leave", 1, errors=0.12, seed=2)
    found = piles([*many, *bad])
    mine = next(pile for pile in found if bad[0].document in pile.documents)
    assert forms(mine) == {"leave"} and len(mine.documents) == 7


def test_the_order_in_which_papers_come_does_not_matter() -> None:
    some = [p for form in FORMS for p in papers(form, 4, errors=0.05)]
    turned = list(reversed(some))
    assert piles(some) == piles(turned)


def test_a_pile_says_what_is_printed_on_its_papers_and_nothing_that_differs() -> None:
    (pile,) = piles(papers("handover", 8, errors=0.02))
    print_ = " / ".join(pile.prints)
    assert "BIÊN BẢN BÀN GIAO TÀI SẢN" in print_ or "BÀN GIAO TÀI" in print_
    assert "bàn giao các tài sản" in print_
    assert pile.alike > 0.6
    assert not any(char.isdigit() for char in print_)


def test_papers_with_the_same_head_are_not_of_one_form_for_that() -> None:
    found = piles([*papers("handover", 1), *papers("driver", 1)])
    assert len(found) == 2


def test_a_page_without_words_lies_alone() -> None:
    found = piles([sketch("empty", ()), *papers("fire", 2)])
    assert [len(pile.documents) for pile in found] == [2, 1]
    assert found[1].prints == ()


def test_no_papers_make_no_piles() -> None:
    assert piles([]) == ()

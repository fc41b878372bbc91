"""Copies of a form that nobody has drawn say what is printed on it and what is filled in."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.written_page import misread, words
from workbench import guessing, printed, proposing
from workbench.errors import NotReadyError
from workbench.model import Warp
from workbench.placement import Running, classify, lines_of
from workbench.proposing import Copy, Proposal
from workbench.template import Template, check, load_all, parse, write
from workbench.workspace import ROOT

SIZE = (2480, 3508)
FLAT = Warp((1, 0, 0, 0, 1, 0, 0, 0, 1), SIZE, SIZE)

Person = tuple[str, str, str, str, str]
PEOPLE: Sequence[Person] = (
    ("12/PK-TTYT", "Lý Thị Mẫu", "05/06/1988", "Số 7, ấp Hòa Mỹ, xã Tham Đôn, huyện Mỹ Xuyên",
     "ngày 09 tháng 04 năm 2021"),
    ("345/PK-TTYT", "Trần Văn Thử", "17/12/1990", "Số 21, đường Phú Lợi, Phường 1, Tp. Cà Mau",
     "ngày 13 tháng 11 năm 2022"),
    ("8/PK-TTYT", "Thạch Sơn Mẫu Ba", "28/02/1979", "ấp Thị Tứ, xã Mỹ Bình, thị xã Ngã Năm",
     "ngày 27 tháng 01 năm 2023"),
    ("77/PK-TTYT", "Danh Thử Tư", "30/10/2001", "Số 3, khóm Một, thị trấn Long Phú",
     "ngày 02 tháng 08 năm 2020"),
)  # fmt: skip


def lines(person: Person, *, doctor: str = "Thiếu tá Phạm Thử Năm") -> list[tuple[float, str]]:
    number, name, born, home, day = person
    return [
        (0.15, "SỞ Y TẾ TỈNH SÓC TRĂNG"),
        (0.52, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        (0.12, "TRUNG TÂM Y TẾ HUYỆN"),
        (0.60, "Độc lập - Tự do - Hạnh phúc"),
        (0.22, f"Số: {number}"),
        (0.40, "PHIẾU KHÁM SỨC KHỎE"),
        (0.16, "Trung tâm y tế chứng nhận đã khám sức khỏe cho người có tên sau đây"),
        (0.16, f"Họ và tên: {name}"),
        (0.16, f"Ngày sinh: {born}"),
        (0.16, f"Nơi thường trú: {home}"),
        (0.16, "Kết luận của hội đồng khám sức khỏe: Đủ sức khỏe để làm việc"),
        (0.50, f"Sóc Trăng, {day}"),
        (0.60, "TRƯỞNG PHÒNG"),
        (0.56, doctor),
    ]


def copy(person: Person, *, worn: bool = False) -> Copy:
    told = [(left, misread(text) if worn else text) for left, text in lines(person)]
    return Copy(({"engine": Running(lines_of(words(told)), SIZE)},), (FLAT,))


@pytest.fixture(scope="module")
def proposal() -> Proposal:
    known = tuple(load_all(ROOT / "ocr_templates").values())
    return proposing.propose([copy(person) for person in PEOPLE[:3]], known)


def taken(found: Proposal) -> dict[str, tuple[str, ...]]:
    return {one.name: one.examples for one in found.fields if one.taken}


def test_what_stands_after_labels_and_differs_becomes_fields_with_what_they_read(
    proposal: Proposal,
) -> None:
    fields = taken(proposal)
    assert fields["ho_va_ten"] == ("Lý Thị Mẫu", "Trần Văn Thử", "Thạch Sơn Mẫu Ba")
    assert fields["ngay_sinh"] == ("05/06/1988", "17/12/1990", "28/02/1979")
    assert fields["noi_thuong_tru"][1] == "Số 21, đường Phú Lợi, Phường 1, Tp. Cà Mau"


def test_kinds_are_guessed_from_values_and_labels(proposal: Proposal) -> None:
    specs = {one.name: one.spec for one in proposal.fields}
    assert specs["ho_va_ten"].kind == "name"
    assert (specs["ngay_sinh"].kind, specs["ngay_sinh"].personal) == ("date", True)
    assert specs["noi_thuong_tru"].kind == "address"
    assert specs["ho_va_ten"].label.vi == "Họ và tên"


def test_head_and_foot_of_official_papers_are_known(proposal: Proposal) -> None:
    fields = taken(proposal)
    assert fields["so"] == ("12/PK-TTYT", "345/PK-TTYT", "8/PK-TTYT")
    assert fields["ngay_cap"][2] == "ngày 27 tháng 01 năm 2023"


def test_anchors_are_printed_on_all_copies_and_have_a_place(proposal: Proposal) -> None:
    texts = [anchor.text for anchor in proposal.anchors]
    assert "Trung tâm y tế chứng nhận đã khám sức khỏe cho người có tên sau đây" in texts
    assert all(anchor.at for anchor in proposal.anchors)
    assert not any("Mẫu" in text for text in texts)


def test_the_proposed_template_is_valid_and_reads_a_copy_that_it_was_not_made_from(
    proposal: Proposal,
) -> None:
    text = write(proposal.template("phieu_kham"))
    assert not [problem for problem in check(text, "x") if problem.severity.value == "error"]
    template = parse(text, "phieu_kham.yaml")
    read = proposing._read(template, copy(PEOPLE[3]))
    assert (read["ho_va_ten"], read["ngay_sinh"]) == ("Danh Thử Tư", "30/10/2001")
    assert read["noi_thuong_tru"] == "Số 3, khóm Một, thị trấn Long Phú"


def test_the_form_is_told_from_the_known_ones(proposal: Proposal) -> None:
    template = proposal.template("phieu_kham")
    known = load_all(ROOT / "ocr_templates")
    all_of_them: list[Template] = [*known.values(), template]
    seen = classify([tuple(copy(PEOPLE[3]).pages[0].values())], all_of_them)
    assert seen.template == "phieu_kham"


def test_print_that_an_engine_misread_on_one_copy_stays_print() -> None:
    found = proposing.propose([*(copy(p) for p in PEOPLE[:2]), copy(PEOPLE[2], worn=True)])
    assert "ho_va_ten" in taken(found)
    assert len(taken(found)) <= 10


def test_examples_stand_in_the_order_of_the_scans_that_were_given() -> None:
    orders = [(0, 1, 2), (2, 0, 1), (1, 2, 0)]
    for order in orders:
        found = proposing.propose([copy(PEOPLE[at]) for at in order])
        assert taken(found)["ho_va_ten"] == tuple(PEOPLE[at][1] for at in order)


def test_strangers_to_one_another_are_no_form() -> None:
    letters = [
        [(0.1, f"{word} {number} hoàn toàn khác")] * 4
        for number, word in enumerate(("Thư", "Đơn", "Hóa"))
    ]
    copies = [Copy(({"engine": Running(lines_of(words(t)), SIZE)},), (FLAT,)) for t in letters]
    with pytest.raises(NotReadyError):
        proposing.propose(copies).template("x")
    with pytest.raises(NotReadyError):
        proposing.propose(copies[:2])


@pytest.mark.parametrize(
    ("label", "name"),
    [("Họ và tên", "ho_va_ten"), ("Số Căn cước", "so_can_cuoc"), ("Đường/phố", "duong_pho"),
     ("1988", "truong_1988"), ("Ngày, tháng, năm sinh", "ngay_thang_nam_sinh")],
)  # fmt: skip
def test_a_label_gives_a_name_in_plain_letters(label: str, name: str) -> None:
    assert guessing.name_of(label) == name


@pytest.mark.parametrize(
    ("values", "label", "kind"),
    [
        (["05/06/1988", "1/2/2001"], "Cấp", "date"),
        (["094190087518", "366857749"], "Giấy tờ", "id_number"),
        (["2200123458", "2200123458-001"], "Đăng ký", "org_number"),
        (["12/GCN", "133/2019/GCN-CD"], "Theo", "document_number"),
        (["01 (một) con dấu", "02 (hai) con dấu"], "Số lượng", "text"),
        (["01", "12"], "Số lượng", "count"),
        (["0912345678"], "Liên hệ", "phone"),
        (["ấp 1, xã Hai, huyện Ba", "Số 4, đường Năm, Phường 6"], "Ở", "address"),
        (["Chủ cơ sở", "Giám đốc"], "Chức danh", "text"),
    ],
)
def test_values_tell_their_kind(values: list[str], label: str, kind: str) -> None:
    assert guessing.kind_of(values, label) == kind


def test_a_list_that_holds_all_values_is_their_catalogue() -> None:
    assert guessing.catalogue_of(["Việt Nam", "Trung Quốc"], "text") == "countries"
    assert guessing.catalogue_of(["Việt Nam", "Không nơi nào"], "text") == ""
    assert guessing.catalogue_of(["Việt Nam", "Trung Quốc"], "name") == ""


def test_labels_that_differ_before_a_number_are_alternatives() -> None:
    kinds = ("hộ kinh doanh", "hộ kinh doanh", "doanh nghiệp")
    copies = []
    for person, kind, number in zip(PEOPLE, kinds, ("59D8071", "41A8002", "2200123"), strict=False):
        told = [*lines(person)]
        told[7:7] = [(0.16, f"Giấy chứng nhận đăng ký {kind} số {number}, cấp tại tỉnh nhà")]
        copies.append(Copy(({"engine": Running(lines_of(words(told)), SIZE)},), (FLAT,)))
    found = proposing.propose(copies)
    (numbers,) = [one for one in found.fields if "59D8071" in one.examples]
    assert numbers.examples == ("59D8071", "41A8002", "2200123")


def test_a_table_is_known_by_its_headings() -> None:
    def listed(person: Person, rows: Sequence[str]) -> Copy:
        told = [
            *lines(person)[:10],
            (0.12, "STT   Chủng loại   Số hiệu"),
            *((0.12, row) for row in rows),
            (0.16, "Danh mục này được lập thành hai bản có giá trị như nhau"),
            *lines(person)[11:],
        ]
        wide = [(left, text.replace("   ", "\u2003" * 3)) for left, text in told]
        return Copy(({"engine": Running(lines_of(_spread(wide)), SIZE)},), (FLAT,))

    found = proposing.propose(
        [
            listed(PEOPLE[0], ["1 Súng AB123", "2 Đạn CD456"]),
            listed(PEOPLE[1], ["1 Gậy XY999"]),
            listed(PEOPLE[2], ["1 Khiên KK777"]),
        ]
    )
    assert found.items is not None
    assert [c.heading for c in found.items.columns.values()] == ["Chủng loại", "Số hiệu"]


def _spread(told: Sequence[tuple[float, str]]) -> Sequence[object]:
    """Words with wide gaps where an em space stands."""
    made = []
    for word in words([(left, text.replace("\u2003", " ◦ ")) for left, text in told]):
        if word.text != "◦":
            made.append(word)
    return made


def test_words_are_laid_along_one_another_in_spite_of_other_lines() -> None:
    one = printed.spots_of([Running(lines_of(words([(0.1, "Tên cơ sở: An Bình ở đây")])))])
    other = printed.spots_of([Running(lines_of(words([(0.1, "Tên cơ sở: Hoa"), (0.1, "ở đây")])))])
    told = [(part.is_print, part.texts) for part in printed.parts([one, other])]
    assert (True, ("Tên cơ sở:", "Tên cơ sở:")) in told
    assert (False, ("An Bình", "Hoa")) in told

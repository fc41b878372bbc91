"""One field in many papers, lines of text, rows of tables: what people may do and what stays."""

from __future__ import annotations

import io
import unicodedata
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pypdfium2
import pytest
from openpyxl import load_workbook

from tests.conftest import Filled
from workbench import flow, pagetext, rendition, review
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import FieldAct, LineAct, lines
from workbench.model import (
    Act,
    Box,
    Correction,
    Decision,
    Proposal,
    SeenIn,
    Stage,
    TextCorrection,
    Word,
    now,
)
from workbench.review import Reading, SheetField
from workbench.ui import threads
from workbench.ui.station import paper
from workbench.workspace import Workspace


@pytest.fixture
def work(filled_work: Workspace) -> Workspace:
    return filled_work


@pytest.fixture
def papers(filled_site: Filled) -> list[str]:
    """Three papers of one kind that wait for review."""
    return list(filled_site.ids[Stage.PROPOSED])


def propose(work: Workspace, document: str, field: str, value: str, **more: object) -> None:
    """Let the machine have read `value` there."""
    with work.store.change() as session:
        for found in work.store.proposals(document):
            if found.field == field:
                session.delete(found)
        session.flush()
        given: dict[str, object] = {
            "page": 0, "box": [0.1, 0.2, 0.6, 0.24], "candidates": {"tesseract": value},
            "agreement": 1.0, "position": 0, "accepted": True,
        }  # fmt: skip
        kept = work.store.document(document)
        assert kept is not None
        session.add(
            Proposal(
                document=document, field=field, value=value, normalised=value,
                template_digest=kept.template_digest or "", **{**given, **more},
            )
        )  # fmt: skip


def act(field: str, what: Act = Act.ACCEPT, value: str = "") -> FieldAct:
    return FieldAct(id=uuid4().hex, field=field, act=what, value=value)


def the(work: Workspace, document: str, field: str) -> SheetField:
    return next(f for f in flow.sheet(work, document).fields if f.name == field)


def carpet(work: Workspace, field: str, by: str = "soat1") -> flow.Carpet:
    return flow.carpet(work, "lot-1", "antt", field, by=by)


# --- the carpet --------------------------------------------------------------------------------


def test_a_carpet_is_sorted_by_value_and_then_by_rising_agreement(
    work: Workspace, papers: list[str]
) -> None:
    for document, value, agreement in zip(papers, ("b", "a", "b"), (0.9, 1.0, 0.4), strict=True):
        propose(work, document, "co_quan_cap", value, agreement=agreement)
    seen = [(tile.value, tile.agreement) for tile in carpet(work, "co_quan_cap").tiles]
    assert seen == [("a", 1.0), ("b", 0.4), ("b", 0.9)]


def test_a_column_of_a_table_makes_one_carpet(work: Workspace, papers: list[str]) -> None:
    fields = flow.fields_of(work, "lot-1")["antt"]
    assert fields["co_quan_cap"] == 3
    with pytest.raises(NotReadyError):
        carpet(work, "khong_co")
    assert carpet(work, "so").critical


def test_what_was_confirmed_in_a_carpet_is_kept_once_and_leaves_it(
    work: Workspace, papers: list[str]
) -> None:
    made = [(d, act("co_quan_cap")) for d in papers]
    assert set(flow.correct_across(work, made, by="soat1").values()) == {None}
    assert set(flow.correct_across(work, made, by="soat1").values()) == {None}
    kept = [c for d in papers for c in work.store.corrections(d) if c.field == "co_quan_cap"]
    assert [(c.act, c.seen_in) for c in kept] == [(Act.ACCEPT, SeenIn.CARPET)] * 3
    assert not carpet(work, "co_quan_cap").tiles


def test_a_carpet_is_never_the_only_check_of_a_critical_field(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    propose(work, document, "so", "22/GCN", accepted=False)
    propose(work, document, "co_quan_cap", "A", accepted=False)
    flow.correct_across(work, [(document, act("so")), (document, act("co_quan_cap"))], by="soat1")
    assert not the(work, document, "co_quan_cap").flagged
    assert the(work, document, "so").flagged
    with pytest.raises(NotReadyError):
        flow.decide(work, document, Decision.PASS, by="soat1")
    flow.correct(work, document, [act("so")], by="soat1")
    assert not the(work, document, "so").flagged


def test_a_critical_value_changed_in_a_carpet_is_offered_and_asked_for_on_its_paper(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    propose(work, document, "so", "22/GCN")  # the machine is sure
    flow.correct_across(work, [(document, act("so", Act.EDIT, "23/GCN"))], by="soat1")
    field = the(work, document, "so")
    assert (field.value, field.offered, field.flagged) == ("23/GCN", "23/GCN", True)
    flow.correct(work, document, [act("so", Act.ACCEPT, "23/GCN")], by="soat1")
    field = the(work, document, "so")
    # It is not what the machine read, so it is no acceptance of that.
    assert (field.value, field.act, field.flagged) == ("23/GCN", Act.CANDIDATE, False)


def test_a_doubt_keeps_the_value_and_asks_for_it_on_its_paper(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    before = the(work, document, "co_quan_cap").value
    flow.correct_across(work, [(document, act("co_quan_cap", Act.DOUBT))], by="soat1")
    field = the(work, document, "co_quan_cap")
    assert (field.value, field.flagged) == (before, True)


def test_a_carpet_never_changes_what_somebody_checked_on_the_paper(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    flow.correct(work, document, [act("co_quan_cap", Act.EDIT, "Đúng")], by="soat1")
    (answer,) = flow.correct_across(
        work, [(document, act("co_quan_cap", Act.EDIT, "Sai"))], by="soat1"
    ).values()
    assert answer is not None
    assert the(work, document, "co_quan_cap").value == "Đúng"


def test_what_a_colleague_has_in_hand_is_left_alone_and_the_rest_is_kept(
    work: Workspace, papers: list[str]
) -> None:
    work.store.borrow(by="soat2", seconds=900, at=now(), limit=1)
    taken = next(d.id for d in work.store.documents(stage=Stage.PROPOSED) if d.lease_by)
    free = next(d for d in papers if d != taken)
    seen = carpet(work, "co_quan_cap")
    assert taken not in {tile.document for tile in seen.tiles}
    made = [(taken, act("co_quan_cap")), (free, act("co_quan_cap"))]
    answers = flow.correct_across(work, made, by="soat1")
    assert [answer is None for answer in answers.values()] == [False, True]
    assert work.store.correction(made[0][1].id) is None
    assert work.store.correction(made[1][1].id) is not None


def test_only_reviewers_lay_a_carpet_and_only_their_own_acts_are_taken_back(
    work: Workspace, papers: list[str]
) -> None:
    with pytest.raises(NotAllowedError):
        carpet(work, "co_quan_cap", by="duyet1")
    document = papers[1]
    flow.correct_across(work, [(document, act("co_quan_cap", Act.EDIT, "X"))], by="soat1")
    (no,) = flow.correct_across(
        work, [(document, act("co_quan_cap", Act.UNDO))], by="soat2"
    ).values()
    assert no is not None
    (yes,) = flow.correct_across(
        work, [(document, act("co_quan_cap", Act.UNDO))], by="soat1"
    ).values()
    assert yes is None
    assert the(work, document, "co_quan_cap").act is None


def test_changed_values_are_found_by_what_they_say_now(work: Workspace, papers: list[str]) -> None:
    document = papers[1]
    flow.correct_across(work, [(document, act("co_quan_cap", Act.EDIT, "Ủy ban Mới"))], by="soat1")
    assert [d.id for d in work.store.documents(text="uy ban moi")] == [document]


def test_the_desk_offers_what_was_only_seen_among_its_like_and_asks_for_it_again(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    flow.correct_across(
        work,
        [
            (document, act("so", Act.EDIT, "23/GCN")),
            (document, act("quoc_tich", Act.EDIT, "Lào")),
            (document, act("ngay_sinh", Act.DOUBT)),
        ],
        by="soat1",
    )
    hold(work, "CÔNG AN TỈNH")
    sent = paper.as_json(flow.sheet(work, document), "soat1")
    fields = {f["name"]: f for f in sent["fields"]}
    told = {name: (fields[name]["noted"], fields[name]["doubtful"]) for name in fields}
    assert told["so"] == ("carpet", True)  # critical: proposed here, and asked for
    assert fields["so"]["proposed"] == "23/GCN"
    assert told["ngay_sinh"] == ("doubt", True)
    assert told["co_quan_cap"] == ("constant", True)
    assert told["quoc_tich"][0] == ""
    done = {a["field"]: a["value"] for a in sent["acts"]}
    assert done.get("quoc_tich") == "Lào" and not {"so", "ngay_sinh"} & set(done)


# --- the same error elsewhere --------------------------------------------------------------------


def reading(document: str, proposed: str, **voices: str) -> Reading:
    return Reading(document, "dia_chi", proposed, voices or {"tesseract": proposed})


def test_what_the_engines_read_alike_is_offered_the_same_value() -> None:
    here = reading("d1", "Truờng A", tesseract="Truờng A", trueocr="Truong A")
    same = reading("d2", "Truờng A", tesseract="Truờng A", trueocr="Truong A")
    other = reading("d3", "Truờng A", tesseract="Truờng A", trueocr="Trường A")
    found = review.read_alike(here, "Trường A", [here, same, other], kind="name")
    assert [(a.document, a.instead) for a in found] == [("d2", "Trường A")]


def test_the_same_syllable_is_mended_in_other_words_but_not_in_names_and_numbers() -> None:
    here = reading("d1", "xã Mỷ Tú, huyện Mỷ Tú")
    other = reading("d2", "thị trấn Mỷ Xuyên")
    (found,) = review.read_alike(here, "xã Mỹ Tú, huyện Mỹ Tú", [other], kind="address")
    assert found.instead == "thị trấn Mỹ Xuyên"
    assert not review.read_alike(here, "xã Mỹ Tú, huyện Mỹ Tú", [other], kind="name")
    digits = [reading("d2", "ấp 1, xã B")]
    assert not review.read_alike(reading("d1", "ấp 1, xã A"), "ấp 7, xã A", digits, kind="address")
    assert not review.read_alike(here, here.proposed, [other], kind="address")


def test_alike_fields_of_the_batch_are_found_and_names_are_each_taken_by_itself(
    work: Workspace, papers: list[str]
) -> None:
    for field in ("co_quan_cap", "ten_co_so"):
        for document in papers:
            propose(work, document, field, "CONG AN")
    mended = act("co_quan_cap", Act.EDIT, "CÔNG AN")
    checked = act("co_quan_cap", Act.ACCEPT)
    flow.correct(work, papers[0], [mended], by="soat1")
    flow.correct(work, papers[2], [checked], by="soat1")  # never across what a person confirmed
    found = flow.alike(work, mended.id, by="soat1")
    assert [(t.document, t.instead) for t in found.tiles] == [(papers[1], "CÔNG AN")]
    assert not found.each
    named = act("ten_co_so", Act.EDIT, "CÔNG AN")
    flow.correct(work, papers[0], [named], by="soat1")
    assert flow.alike(work, named.id, by="soat1").each
    flow.correct(work, papers[0], [act("ten_co_so", Act.UNDO)], by="soat1")
    with pytest.raises(NotReadyError):
        flow.alike(work, named.id, by="soat1")


# --- what a batch shares -------------------------------------------------------------------------


def hold(work: Workspace, value: str, field: str = "co_quan_cap") -> None:
    flow.hold_for_batch(work, "lot-1", "antt", field, value, by="soat1", key=uuid4().hex)


def test_a_batch_constant_is_proposed_and_checked_once_on_each_paper(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    hold(work, "CÔNG AN TỈNH")
    field = the(work, document, "co_quan_cap")
    assert (field.value, field.constant, field.flagged) == ("CÔNG AN TỈNH", "CÔNG AN TỈNH", True)
    flow.correct(work, document, [act("co_quan_cap")], by="soat1")
    field = the(work, document, "co_quan_cap")
    assert (field.value, field.flagged) == ("CÔNG AN TỈNH", False)
    hold(work, "")
    assert the(work, document, "co_quan_cap").value == "CÔNG AN TỈNH"  # a person has checked it
    assert the(work, papers[2], "co_quan_cap").constant == ""
    assert not the(work, papers[2], "co_quan_cap").flagged


def test_names_and_critical_fields_are_no_batch_s(work: Workspace, papers: list[str]) -> None:
    for field in ("so", "nguoi_dung_dau", "khong_co"):
        with pytest.raises(NotReadyError):
            hold(work, "X", field)


# --- rows of a table -----------------------------------------------------------------------------


@pytest.fixture
def table(work: Workspace, papers: list[str]) -> str:
    """A paper with a table of two rows, read as rows 1 and 2."""
    document = papers[1]
    template = work.templates["vu_khi"]
    with work.store.change() as session:
        for found in work.store.proposals(document):
            session.delete(found)
        kept = work.store.document(document)
        assert kept is not None
        kept.kind, kept.template_digest = "vu_khi", template.digest
        session.merge(kept)
        assert template.items is not None
        for row in (1, 2):
            for place, column in enumerate(template.items.columns):
                top = 0.3 + 0.1 * row
                session.add(
                    Proposal(
                        document=document, field=f"muc.{row}.{column}", position=10 * row + place,
                        value=f"0{row}", normalised=f"0{row}", page=0, accepted=True,
                        box=[0.1 + 0.1 * place, top, 0.19 + 0.1 * place, top + 0.04],
                        template_digest=template.digest,
                    )
                )  # fmt: skip
    return document


def test_a_row_the_machine_missed_is_added_where_it_stands_and_goes_all_the_way(
    work: Workspace, table: str
) -> None:
    sheet = flow.correct(
        work,
        table,
        [act("muc.3", Act.EDIT, "1"), act("muc.3.so_hieu", Act.EDIT, "K54-0099")],
        by="soat1",
    )
    names = [f.name for f in sheet.fields if f.name.endswith(".so_hieu")]
    assert names == ["muc.1.so_hieu", "muc.3.so_hieu", "muc.2.so_hieu"]
    added = the(work, table, "muc.3.so_hieu")
    assert added.label["vi"] == "2. Số hiệu"
    assert added.value == "K54-0099"
    assert the(work, table, "muc.3.ten").flagged  # validated: nothing stands where it must
    assert the(work, table, "muc.2.so_hieu").label["vi"] == "3. Số hiệu"
    above, below = the(work, table, "muc.1.so_hieu").box, the(work, table, "muc.2.so_hieu").box
    assert added.box and above and below and above[3] <= added.box[1] < added.box[3] <= below[1]
    record = review.settle(sheet, "vu_khi@1", ["0" * 64])
    assert record.value("muc.3.so_hieu") == "K54-0099"


def test_an_added_row_can_be_taken_back_and_a_wrong_one_is_refused(
    work: Workspace, table: str
) -> None:
    flow.correct(work, table, [act("muc.3", Act.EDIT, "2")], by="soat1")
    assert the(work, table, "muc.3.so_hieu").value == ""
    sheet = flow.correct(work, table, [act("muc.3", Act.UNDO)], by="soat1")
    assert not [f for f in sheet.fields if f.name.startswith("muc.3")]
    for name, value in (
        ("muc.3", "oben"),
        ("muc.0.so_hieu", "x"),
        ("muc.3.gia", "x"),
        ("x.1", "1"),
    ):
        with pytest.raises(NotReadyError):
            flow.correct(work, table, [act(name, Act.EDIT, value)], by="soat1")


def test_a_row_struck_out_is_no_row_any_more(work: Workspace, table: str) -> None:
    propose(work, table, "so_khoan", "02")
    assert not the(work, table, "so_khoan").findings
    struck = [act(f.name, Act.ABSENT) for f in flow.sheet(work, table).fields if "muc.2." in f.name]
    sheet = flow.correct(work, table, struck, by="soat1")
    assert [f.value for f in sheet.fields if "muc.2." in f.name] == [""] * len(struck)
    assert the(work, table, "so_khoan").findings  # the paper says two, one is left


def test_added_rows_keep_the_order_they_were_given() -> None:
    assert review.rows_in_order([1, 2, 3], {4: 1, 5: 0}) == (5, 1, 4, 2, 3)
    assert review.rows_in_order([1], {4: 1, 5: 4}) == (1, 4, 5)
    assert review.rows_in_order([], {1: 9}) == (1,)


# --- the text of a page --------------------------------------------------------------------------


def placed(*words: str) -> list[pagetext.Placed]:
    return [(w, Box(0.1 + 0.1 * n, 0.2, 0.19 + 0.1 * n, 0.22)) for n, w in enumerate(words)]


def corrected(after: str, box: tuple[float, ...] = (0.1, 0.2, 0.5, 0.22)) -> TextCorrection:
    return TextCorrection(
        id=after, document="d", page=0, box=list(box), before="", after=after, by="soat1"
    )


def test_a_corrected_line_keeps_the_places_of_its_words() -> None:
    read = placed("Số", "221/DKMD", "Truờng", "Mầm")
    found = pagetext.corrected(read, [corrected("Số 221/ĐKMD Trường Mầm")])
    assert [t for t, _ in found] == ["Số", "221/ĐKMD", "Trường", "Mầm"]
    assert [b for _, b in found] == [b for _, b in read]


def test_words_put_in_and_taken_out_find_room_and_neighbours_stay() -> None:
    read = [*placed("Số", "Trường", "Mầm"), ("dưới", Box(0.1, 0.24, 0.2, 0.26))]
    found = pagetext.corrected(read, [corrected("Số 12 Trường")])
    assert [t for t, _ in found] == ["Số", "12", "Trường", "dưới"]
    boxes = [b for _, b in found]
    assert boxes[0].right <= boxes[1].left + 1e-3 and boxes[1].right <= boxes[2].left + 1e-3
    nothing = pagetext.corrected([], [corrected("chữ mới")])
    assert [t for t, _ in nothing] == ["chữ", "mới"]


def test_the_newest_correction_of_a_line_stands_whatever_an_engine_reads_later() -> None:
    once = pagetext.corrected(placed("a", "b"), [corrected("A b"), corrected("A B")])
    again = pagetext.corrected(placed("x", "y", "z"), [corrected("A b"), corrected("A B")])
    assert [t for t, _ in once] == [t for t, _ in again] == ["A", "B"]


def test_a_line_corrected_on_a_page_is_kept_once_and_shown_as_it_stands(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    work.store.borrow(by="soat1", seconds=900, at=now(), limit=3)
    (line,) = flow.page_lines(work, document, 0)
    assert line.text == "Số 221/ĐKMD Trường Mầm non"
    made = LineAct(
        uuid4().hex, 0, tuple(line.box.as_list()), line.text, "Số 221/ĐKMD Trường Mầm Non"
    )
    assert flow.correct_text(work, document, [made], by="soat1") == 1
    assert flow.correct_text(work, document, [made], by="soat1") == 0
    (line,) = flow.page_lines(work, document, 0)
    assert (line.text, line.corrected) == ("Số 221/ĐKMD Trường Mầm Non", True)
    assert not any(word.doubtful for word in line.words)
    with pytest.raises(StaleDocumentError):
        flow.correct_text(work, document, [LineAct("n", 0, made.box, "", "x")], by="soat2")


def test_the_corrected_word_is_in_the_text_of_the_archival_pdf(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    (line,) = flow.page_lines(work, document, 0)
    mended = LineAct("t1", 0, tuple(line.box.as_list()), line.text, "Số 221/ĐKMD Trường Mầm xanh")
    flow.correct_text(work, document, [mended], by="soat1")
    found = work.store.document(document)
    assert found is not None
    page = work.store.pages(document)[0]
    # The engines read the page anew: whatever they say there now, what a person wrote stands.
    read = [
        Word(w, Box(0.1 + 0.1 * n, 0.2, 0.19 + 0.1 * n, 0.23), 0.9, 0) for n, w in enumerate("abcd")
    ]
    words = lines.text_of(work, found, page, {"tesseract": read})
    seen = flow.sheet(work, document)
    found.reviewer = "soat1"
    record = review.settle(replace(seen, document=found, fields=()), "antt@1", ["0" * 64])
    shown = rendition.RenditionPage(
        work.store.get(page.scan), page.width, page.height, page.dpi, words=words
    )
    pdf = rendition.render(record, [shown], title="thử", at=datetime(2026, 11, 20, tzinfo=UTC))
    with closing(pypdfium2.PdfDocument(pdf)) as opened:
        text = unicodedata.normalize("NFC", opened[0].get_textpage().get_text_bounded())
    assert "".join(text.split()) == "Số221/ĐKMDTrườngMầmxanh"


def test_who_corrected_the_text_of_a_page_never_approves_it(
    work: Workspace, papers: list[str]
) -> None:
    both = work.store.person("soat2")
    assert both is not None
    both.roles = ["reviewer", "approver"]
    work.store.keep(both)
    document = papers[1]
    flow.correct_text(
        work, document, [LineAct("t1", 0, (0.1, 0.2, 0.5, 0.23), "", "chữ")], by="soat2"
    )
    work.store.free("soat2")
    for field in flow.sheet(work, document).waiting:
        flow.correct(work, document, [act(field.name)], by="soat1")
    flow.decide(work, document, Decision.PASS, by="soat1")
    assert document not in {d.id for d in flow.waiting_for_approval(work, "soat2")}
    seen = flow.sheet(work, document)
    with pytest.raises(NotAllowedError):
        flow.approve(work, document, by="soat2", revision=seen.document.revision)


# --- remarks -------------------------------------------------------------------------------------


def test_a_remark_is_open_until_somebody_else_has_the_last_word(
    work: Workspace, papers: list[str]
) -> None:
    document = papers[1]
    flow.comment(work, document, "Dấu mờ?", by="soat1", key="c1", field="so", difficulty=True)
    flow.comment(work, document, "Dấu mờ?", by="soat1", key="c1", field="so")  # sent twice
    flow.comment(work, document, "Chung", by="soat1", key="c2")
    (thread,) = flow.remarks(work, by="quanly1", unit="PC06", difficulties=True)
    assert (thread.first.text, thread.answered) == ("Dấu mờ?", False)
    assert the(work, document, "so").comments == 1
    flow.comment(work, document, "Đọc được.", by="duyet1", key="c3", answers="c1")
    (thread,) = flow.remarks(work, by="quanly1", difficulties=True)
    assert thread.answered
    assert the(work, document, "so").comments == 0
    flow.comment(work, document, "Vẫn không rõ.", by="soat1", key="c4", answers="c1")
    assert not flow.remarks(work, by="quanly1", difficulties=True)[0].answered
    assert not flow.remarks(work, by="quanly1", unit="KHAC")


def test_the_log_of_difficulties_is_written_as_excel(work: Workspace, papers: list[str]) -> None:
    flow.comment(work, papers[1], "Dấu mờ?", by="soat1", key="c1", field="so", difficulty=True)
    flow.comment(work, papers[1], "Đọc được.", by="duyet1", key="c2", answers="c1")
    written = threads.excel(threads.rows(work, flow.remarks(work, by="soat1")))
    head, line, *more = load_workbook(io.BytesIO(written)).active.values
    assert not more
    told = dict(zip(head, line, strict=True))
    assert told["Ý kiến"] == "Dấu mờ?"
    assert told["Trường"] == "Số"
    assert told["Tình trạng"] == "đã trả lời"
    assert told["Trả lời gần nhất"] == "Đọc được."


def test_a_remark_needs_words_and_the_right(work: Workspace, papers: list[str]) -> None:
    with pytest.raises(NotReadyError):
        flow.comment(work, papers[1], "  ", by="soat1", key="c1")
    with pytest.raises(NotReadyError):
        flow.comment(work, papers[1], "x", by="soat1", key="c1", answers="không có")
    with pytest.raises(NotAllowedError):
        flow.comment(work, papers[1], "x", by="quantri", key="c1")


def test_reviewing_acts_of_old_look_as_made_on_the_paper() -> None:
    made = Correction(
        id="x", document="d", field="so", act=Act.ACCEPT, before="", after="", normalised="",
        by="soat1", revision=1,
    )  # fmt: skip
    assert made.seen_in is SeenIn.DOCUMENT

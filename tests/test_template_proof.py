"""A template is proven on papers whose values people confirmed, before anybody may submit it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import written_page
from tests.written_papers import Reader, certificate, hand_to, readers, reviewed, scanned, told
from workbench import rehearsal
from workbench.errors import NotAllowedError, NotReadyError
from workbench.flow import governing
from workbench.flow import proving_templates as proving
from workbench.model import Act, Correction, Stage, TemplateAct, TemplateProof, now
from workbench.rehearsal import HELD, Came, Given, Played, Report
from workbench.store import templates as governed
from workbench.template import Template, parse
from workbench.workspace import Settings, Workspace, open_workspace

SEAL = (
    (0.15, "CÔNG AN TỈNH SÓC TRĂNG"),
    (0.52, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
    (0.60, "Độc lập - Tự do - Hạnh phúc"),
    (0.22, "Số: 44/BB"),
    (0.40, "BIÊN BẢN BÀN GIAO TÀI SẢN"),
    (0.16, "Bên giao tài sản: Công an huyện Kế Sách"),
    (0.16, "Bên nhận tài sản: Công an xã An Mỹ"),
    (0.16, "Tài sản bàn giao gồm có: hai máy in và một tủ sắt"),
)
HANDOVER = """
id: ban_giao
version: 1
title: {vi: Biên bản bàn giao tài sản, en: Handover of property}
recognised_by: {all_of: ["BIÊN BẢN BÀN GIAO TÀI SẢN"]}
anchors: ["BIÊN BẢN BÀN GIAO TÀI SẢN", "Bên giao tài sản:", "Bên nhận tài sản:"]
fields:
  ben_giao:
    label: {vi: Bên giao, en: Handed over by}
    critical: true
    zone: {after: ["Bên giao tài sản:"], until: ["Bên nhận tài sản:"]}
  ben_nhan:
    label: {vi: Bên nhận, en: Taken over by}
    zone: {after: ["Bên nhận tài sản:"], until: ["Tài sản bàn giao gồm có:"]}
"""


@pytest.fixture
def engines(desk_work: Workspace) -> tuple[Reader, Reader]:
    made = readers()
    hand_to(desk_work, made)
    return made


@pytest.fixture(scope="module")
def site(
    empty_site: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, tuple[Reader, Reader]]:
    """A site with two reviewed certificates, which are examples; and the engines that read them."""
    folder, made = tmp_path_factory.mktemp("proven"), readers()
    shutil.copy(empty_site, folder / "workbench.db")
    work = open_workspace(Settings(data=folder, engines=("none",)))
    hand_to(work, made)
    papers = [reviewed(work, told(work, scanned(work, certificate(n)))) for n in range(2)]
    assert proving.add_examples(work, [paper.id for paper in papers], by="mau1") == 2
    work.store.close()
    return folder, made


@pytest.fixture
def proven(site: tuple[Path, tuple[Reader, Reader]], tmp_path: Path) -> Iterator[Workspace]:
    """A workspace of a test's own with the two examples."""
    folder, made = site
    shutil.copytree(folder, tmp_path / "site")
    opened = open_workspace(Settings(data=tmp_path / "site", engines=("none",)))
    hand_to(opened, made)
    yield opened
    opened.store.close()


def asked(work: Workspace) -> int:
    """How often an engine was asked so far."""
    return sum(len(engine.asked) for engine in work.engines if isinstance(engine, Reader))


def changed(work: Workspace, *changes: tuple[str, str]) -> Template:
    """The certificate's template with these passages changed."""
    source = work.templates["antt"].source.decode()
    for old, new in changes:
        assert old in source
        source = source.replace(old, new)
    return parse(source.encode(), "antt.yaml")


def tried(work: Workspace, template: Template) -> tuple[TemplateProof, Report]:
    proof = proving.test(work, template, by="mau1")
    return proof, proving.report_of(proof)


def worse_by(report: Report) -> str:
    return " ".join(str(sentence) for sentence in report.why_worse(str))


LOST_NUMBER = (
    'after: ["Số Căn cước công dân:", "Số CMND:", "Số Chứng minh nhân dân:", "Số Hộ chiếu:", '
    '"Số định danh cá nhân:"]',
    'after: ["Nơi thường trú:"]',
)


def test_a_reviewed_paper_is_an_example_with_the_values_that_people_vouched_for(
    desk_work: Workspace, engines: tuple[Reader, Reader]
) -> None:
    paper = told(desk_work, scanned(desk_work, certificate(0)))
    acts = (("ten_co_so", Act.EDIT, "KHÁCH SẠN BÌNH MINH 2".replace("Ì", "I\u0300")),
            ("nguoi_ky", Act.ILLEGIBLE, ""))  # fmt: skip
    for name, act, after in acts:
        desk_work.store.correct(
            paper,
            [Correction(id=name, document=paper.id, field=name, act=act, before="", after=after,
                        normalised=after, by="soat1", at=now(), revision=0)],
            by="soat1", at=now(), seconds=60, sought="",
        )  # fmt: skip
        found = desk_work.store.document(paper.id)
        assert found is not None
        paper = found
    reviewed(desk_work, paper)
    proving.add_examples(desk_work, [paper.id], by="soat1")
    (example,) = proving.examples(desk_work, "antt")
    assert example.values["ten_co_so"] == "KHÁCH SẠN BÌNH MINH 2"  # as NFC
    assert example.values["ngay_sinh"] == "1990-12-17"
    assert example.values["het_han"] == ""  # the paper has none
    assert "nguoi_ky" not in example.values  # nobody knows


@pytest.mark.parametrize("lines", [certificate(0), SEAL])
def test_a_paper_that_nobody_vouched_for_is_no_example(
    desk_work: Workspace, engines: tuple[Reader, Reader], lines: written_page.Lines
) -> None:
    paper = told(desk_work, scanned(desk_work, lines))
    assert paper.stage in (Stage.PROPOSED, Stage.HELD)
    with pytest.raises(NotReadyError, match="reviewed"):
        proving.add_examples(desk_work, [paper.id], by="mau1")
    assert not proving.could_be_examples(desk_work, "antt", by="mau1")


def test_an_example_counts_once_and_its_new_values_take_the_place_of_the_old(
    proven: Workspace,
) -> None:
    first = proving.examples(proven, "antt")
    proving.add_examples(proven, [first[0].document], by="mau1")
    assert len(proving.examples(proven, "antt")) == 2
    assert {e.id for e in first} != {e.id for e in proving.examples(proven, "antt")}


def test_the_version_in_use_is_as_good_as_itself_and_no_engine_is_asked_again(
    proven: Workspace,
) -> None:
    before = asked(proven)
    done: list[tuple[int, int]] = []
    proof = proving.test(
        proven, proven.templates["antt"], by="mau1", told=lambda n, of: done.append((n, of))
    )
    report = proving.report_of(proof)
    assert asked(proven) == before
    assert done[0] == (0, 2) and done[-1] == (2, 2)
    assert not proof.worse and not report.changes
    assert report.total() == report.total(beside=True)
    assert report.total().right == report.total().asked == 44
    assert proving.proof_of(proven, proof.digest) is not None


def test_a_worse_version_is_told_as_worse_with_the_field_and_the_papers(proven: Workspace) -> None:
    proof, report = tried(proven, changed(proven, LOST_NUMBER))
    assert proof.worse
    assert "so_giay_to is a critical field: it is right 0 times" in worse_by(report)
    hit = [change for change in report.changes if change.field == "so_giay_to"]
    assert len({change.document for change in hit}) == 2
    assert all(change.worse and not change.better for change in hit)
    assert all(change.before.came is Came.RIGHT for change in hit)
    (field,) = [f for f in report.fields if f.name == "so_giay_to"]
    assert field.beside is not None
    assert (field.tested.right, field.beside.right, field.critical) == (0, 2, True)


def test_a_text_that_might_never_come_to_an_end_is_not_tested(proven: Workspace) -> None:
    pattern = next(s.pattern for s in proven.templates["antt"].fields.values() if s.pattern)
    text = changed(proven, (pattern, r"(?:\w+)*x"))
    with pytest.raises(NotReadyError, match="never come to an end"):
        proving.test(proven, text, by="mau1")


def test_a_better_version_says_where(desk_work: Workspace, engines: tuple[Reader, Reader]) -> None:
    hand_to(desk_work, engines)
    lines = [(left, text.replace("Số Căn cước công dân:", "Mã số công dân:"))
             for left, text in certificate(0)]  # fmt: skip
    paper = told(desk_work, scanned(desk_work, lines))
    desk_work.store.correct(
        paper,
        [Correction(id="1", document=paper.id, field="so_giay_to", act=Act.EDIT, before="",
                    after="094190001234", normalised="094190001234", by="soat1", at=now(),
                    revision=0)],
        by="soat1", at=now(), seconds=60, sought="",
    )  # fmt: skip
    found = desk_work.store.document(paper.id)
    assert found is not None
    reviewed(desk_work, found)
    proving.add_examples(desk_work, [paper.id], by="mau1")
    proof, report = tried(
        desk_work, changed(desk_work, ('"Số CMND:"', '"Số CMND:", "Mã số công dân:"'))
    )
    assert not proof.worse
    better = [change for change in report.changes if change.better]
    assert "so_giay_to" in {change.field for change in better}
    assert next(c for c in better if c.field == "so_giay_to").now.value == "094190001234"


def test_a_proof_counts_for_exactly_its_text_and_its_examples(proven: Workspace) -> None:
    template = changed(proven, ("version: 1", "version: 2"))
    proof, _ = tried(proven, template)
    counting = proving.proof_of(proven, template.digest)
    assert counting is not None and counting.id == proof.id
    other = changed(proven, ("version: 1", "version: 3"))
    assert proving.proof_of(proven, other.digest) is None
    example = proving.examples(proven, "antt")[0]
    proving.drop_example(proven, example, by="mau1")
    assert proving.proof_of(proven, template.digest) is None
    standing = proving.standing_of(proven, template.digest)
    assert standing.proof is not None and not standing.counts


def test_a_text_that_takes_papers_of_other_forms_is_found_out(proven: Workspace) -> None:
    stranger = told(proven, scanned(proven, SEAL))
    assert stranger.stage is Stage.HELD
    proving.confirm(
        proven, _made(proven), stranger.id, {"ben_giao": "Công an huyện Kế Sách"}, by="mau1"
    )
    greedy = changed(
        proven,
        ('all_of: ["đủ điều kiện về an ninh, trật tự", "tên cơ sở kinh doanh"]',
         'all_of: ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"]'),
        ('  - GIẤY CHỨNG NHẬN\n', '  - Bên giao tài sản\n  - Bên nhận tài sản\n'
         '  - BIÊN BẢN BÀN GIAO\n  - Tài sản bàn giao gồm có\n  - CÔNG AN TỈNH SÓC TRĂNG\n'
         '  - máy in và một tủ sắt\n  - Số\n  - tài sản\n  - Công an huyện\n'),
    )  # fmt: skip
    proof, report = tried(proven, greedy)
    assert proof.worse
    assert [one.document for one in report.taken] == [stranger.id]
    assert "1 papers of other forms would be taken for this one." in worse_by(report)
    assert report.confusion()["ban_giao", "antt"] == 1
    assert report.confusion(beside=True)["ban_giao", HELD] == 1


def test_a_text_that_loses_its_own_papers_is_worse(proven: Workspace) -> None:
    third = reviewed(proven, told(proven, scanned(proven, certificate(2))))  # no example
    proof, report = tried(
        proven,
        changed(proven, ('"tên cơ sở kinh doanh"]', '"giấy phép vận chuyển vật liệu nổ số"]')),
    )
    assert proof.worse
    assert third.id in report.lost() and len(report.lost()) == 3
    assert report.confusion()["antt", HELD] == 3
    assert report.total().missing == report.total(beside=True).right


def _made(work: Workspace) -> Template:
    """A template of a form that nobody knows, whose author may draw it."""
    from workbench.model import Right, TemplateGrant

    work.store.add(
        TemplateGrant(template="ban_giao", right=Right.EDIT, person="mau1",
                      since=now().date(), by="mau1")
    )  # fmt: skip
    return parse(HANDOVER.encode(), "ban_giao.yaml")


def test_a_new_form_is_proven_on_scans_whose_values_a_person_confirmed(
    desk_work: Workspace, engines: tuple[Reader, Reader]
) -> None:
    paper = told(desk_work, scanned(desk_work, SEAL))
    template = _made(desk_work)
    with pytest.raises(NotReadyError, match="no examples"):
        proving.test(desk_work, template, by="mau1")
    ((_, seen),) = proving.read_with(desk_work, template, [paper.id], by="mau1")
    given = {field.name: field.value for field in seen.fields}
    assert given == {"ben_giao": "Công an huyện Kế Sách", "ben_nhan": "Công an xã An Mỹ"}
    proving.confirm(desk_work, template, paper.id, given, by="mau1")
    proof, report = tried(desk_work, template)
    assert not proof.worse and proof.against == ""
    assert report.total().right == 2 and not report.has_beside
    assert [one.document for one in report.gained] == []  # it is an example, no stranger
    blind = parse(HANDOVER.replace('["BIÊN BẢN BÀN', '["GIẤY PHÉP LÁI XE", "BIÊN BẢN BÀN').encode(),
                  "b.yaml")  # fmt: skip
    assert tried(desk_work, blind)[0].worse  # its own paper is not taken for it


def test_what_engines_said_of_a_new_place_is_asked_once(proven: Workspace) -> None:
    moved = changed(proven, ('until: [", cơ quan cấp:"]', 'until: ["Cục Cảnh sát quản lý"]'))
    before = asked(proven)
    first, _ = tried(proven, moved)
    after = asked(proven)
    assert after > before
    second, _ = tried(proven, moved)
    tried(proven, changed(proven, ("version: 1", "version: 2")))
    fourth, _ = tried(proven, moved)
    assert asked(proven) == after
    assert first.report["papers"] == second.report["papers"] == fourth.report["papers"]


def test_a_wrong_value_that_nobody_would_look_at_is_counted(proven: Workspace) -> None:
    example = proving.examples(proven, "antt")[0]
    proving.confirm(
        proven,
        proven.templates["antt"],
        example.document,
        {**example.values, "so": "99/GCN"},
        by="mau1",
    )
    _, report = tried(proven, proven.templates["antt"])
    assert report.total().let_through == 1
    assert not report.worse  # no worse than the version in use


def test_nobody_tests_or_takes_away_examples_without_the_right(proven: Workspace) -> None:
    with pytest.raises(NotAllowedError):
        proving.test(proven, proven.templates["antt"], by="soat1")
    with pytest.raises(NotAllowedError):
        proving.drop_example(proven, proving.examples(proven, "antt")[0], by="soat1")
    refused = governed.events(proven.store, "antt", act=TemplateAct.REFUSED)
    assert {event.by for event in refused} == {"soat1"}
    assert len(proving.examples(proven, "antt")) == 2


def test_a_test_is_an_event_of_its_text_without_any_value(proven: Workspace) -> None:
    proof, _ = tried(proven, proven.templates["antt"])
    (event,) = governed.events(proven.store, "antt", act=TemplateAct.PROVEN)
    assert (event.digest, event.by) == (proof.digest, "mau1")
    assert event.about == {"proof": proof.id, "worse": False, "examples": 2}


def test_a_report_comes_back_as_it_was_kept(proven: Workspace) -> None:
    proof, report = tried(proven, changed(proven, LOST_NUMBER))
    assert Report.from_json(json.loads(json.dumps(report.as_json()))) == report
    assert proving.report_of(proof).why_worse(str) == report.why_worse(str)


def test_rows_that_the_paper_does_not_have_are_wrong(desk_work: Workspace) -> None:
    template = desk_work.templates["vu_khi"]
    confirmed = {"muc.1.ten": "Súng ngắn", "muc.1.so_hieu": "K54"}
    given = {name: Given(value, value, accepted=True) for name, value in confirmed.items()}
    given["muc.2.ten"] = Given("Bóng của dấu", "Bóng của dấu", accepted=True)
    found = rehearsal.judge(confirmed, Played("vu_khi", given), template)
    assert found.fields["muc.1.ten"].came is Came.RIGHT
    assert found.fields["muc.2.ten"].let_through
    assert rehearsal.column("muc.2.ten") == "muc.ten"


def test_a_field_that_no_example_confirms_is_named(proven: Workspace) -> None:
    example = proving.examples(proven, "antt")
    for one in example:
        proving.confirm(proven, proven.templates["antt"], one.document, {"so": "12/GCN"}, by="mau1")
    _, report = tried(proven, proven.templates["antt"])
    assert "so" not in report.unproven
    assert "nguoi_ky" in report.unproven


def test_nobody_submits_what_was_not_tested_or_did_worse_without_a_reason(
    proven: Workspace,
) -> None:
    worse = changed(proven, LOST_NUMBER, ("version: 1", "version: 2"))
    draft = governing.begin(proven, "antt", by="mau1", source=worse.source)
    with pytest.raises(NotAllowedError, match="not tested"):
        governing.submit(proven, draft.id, by="mau1")
    tried(proven, changed(proven, ("version: 1", "version: 2")))  # another text
    with pytest.raises(NotAllowedError, match="not tested"):
        governing.submit(proven, draft.id, by="mau1")
    proof, _ = tried(proven, worse)
    with pytest.raises(NotAllowedError, match="does worse"):
        governing.submit(proven, draft.id, by="mau1")
    refused = governed.events(proven.store, "antt", act=TemplateAct.REFUSED)
    assert len([event for event in refused if event.draft == draft.id]) >= 1
    standing = governing.submit(
        proven, draft.id, by="mau1", reason="Số giấy tờ nay lấy từ cơ sở dữ liệu dân cư."
    )
    assert standing.proof == proof.id

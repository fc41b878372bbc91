"""What if: recorded votes under another choice, by the code that reads papers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from workbench import reconciliation
from workbench.flow.recorded import recorded
from workbench.lab import Answer, Truth
from workbench.model import Act, Correction, Document, Proposal
from workbench.reconciliation import Vote
from workbench.replay import Choice, Recorded, RecordedField, compare, engines_of
from workbench.store import Store
from workbench.template import load_all

TEMPLATE = load_all(Path(__file__).parents[1] / "ocr_templates")["con_dau"]


def _votes(*said: tuple[str, str], confidence: float = 0.97) -> tuple[Vote, ...]:
    return tuple(
        Vote(engine, engine, "strip", text, confidence=confidence) for engine, text in said
    )


def _paper(votes: tuple[Vote, ...], truth: str, *, seconds: float = 0.0) -> Recorded:
    told = reconciliation.reconcile(votes, TEMPLATE.spec("nguoi_ky"))
    given = Answer(told.value, told.normalised, told.accepted)
    field = RecordedField("nguoi_ky", votes, given, Truth(truth, truth), seconds)
    return Recorded(TEMPLATE, (field,))


AGREE = _votes(("tesseract", "Nguyễn Văn Ba"), ("asterocr", "Nguyễn Văn Ba"),
               ("trueocr", "Nguyễn Văn Ba"))  # fmt: skip
APART = _votes(("tesseract", "Nguyễn Vân Ba"), ("asterocr", "Nguyễn Văn Bá"), confidence=0.7)


def test_nothing_changed_changes_nothing() -> None:
    papers = [_paper(AGREE, "Nguyễn Văn Ba"), _paper(APART, "Nguyễn Văn Ba", seconds=9)]

    found = compare(papers, Choice())

    assert found and found.now == found.then
    assert (found.saved, found.saved_between) == (0, (0, 0))
    assert found.now.papers == 2 and found.now.right.of == 2


def test_a_threshold_that_nothing_reaches_sends_every_field_to_a_person() -> None:
    papers = [_paper(AGREE, "Nguyễn Văn Ba", seconds=6) for _ in range(3)]

    found = compare(papers, Choice(threshold=1.01))

    assert found and found.then.accepted.right == 0
    assert found.then.minutes == pytest.approx(3 * 6 / 60)


def test_a_lower_threshold_accepts_more_and_tells_the_errors_it_lets_through() -> None:
    papers = [_paper(AGREE, "Nguyễn Văn Ba")] * 5 + [_paper(APART, "Nguyễn Văn Ba", seconds=12)] * 5

    found = compare(papers, Choice(threshold=0.0))

    assert found and found.then.accepted.right == 10
    assert found.then.let_through.right == 5 and found.then.let_through.of == 10
    assert found.saved > 0
    low, high = found.saved_between
    assert low <= found.saved <= high


def test_an_engine_switched_off_is_not_heard() -> None:
    papers = [_paper(AGREE, "Nguyễn Văn Ba")] * 4
    assert engines_of(papers) == ("asterocr", "tesseract", "trueocr")

    alone = compare(papers, Choice(engines=frozenset({"trueocr"})))
    nobody = compare(papers, Choice(engines=frozenset()))

    assert alone and alone.then.accepted.right == 0  # one family alone accepts nothing unseen
    assert nobody and nobody.then.right.right == 0


def test_another_version_of_the_template_is_counted_with_its_own_rules() -> None:
    papers = [_paper(AGREE, "Nguyễn Văn Ba")]
    spec = TEMPLATE.fields["nguoi_ky"].model_copy(update={"pattern": r"\d+"})
    stricter = TEMPLATE.model_copy(update={"fields": {**TEMPLATE.fields, "nguoi_ky": spec}})

    found = compare(papers, Choice(templates={TEMPLATE.id: stricter}))

    assert found and found.now.accepted.right >= found.then.accepted.right == 0


def test_the_votes_that_were_kept_are_found_with_what_people_settled(store: Store) -> None:
    reading = Document(id="d1", batch="b", source="s", unit="PC06", number=1, stage="reviewed",
                       kind="con_dau", template_digest=TEMPLATE.digest)  # fmt: skip
    reading.classified = {"votes": store.keep_votes({"nguoi_ky": APART})}
    unread = Document(id="d2", batch="b", source="s", unit="PC06", number=2, kind="con_dau")
    store.add(
        reading,
        unread,
        Proposal(document="d1", field="nguoi_ky", position=1, value="Nguyễn Vân Ba",
                 normalised="Nguyễn Vân Ba"),
        Correction(id="c1", document="d1", field="nguoi_ky", act=Act.EDIT, before="", by="soat1",
                   after="Nguyễn Văn Ba", normalised="Nguyễn Văn Ba", revision=1, serial=1,
                   milliseconds=5000),
    )  # fmt: skip
    work = SimpleNamespace(store=store, template={TEMPLATE.digest: TEMPLATE}.__getitem__)

    (paper,) = recorded(work, ["d1", "d2", "nowhere"])

    (field,) = paper.fields
    assert (field.votes, field.seconds) == (APART, 5.0)
    assert field.truth.value == "Nguyễn Văn Ba" and field.given.value == "Nguyễn Vân Ba"


def test_without_papers_there_is_nothing_to_say() -> None:
    assert compare([], Choice()) is None

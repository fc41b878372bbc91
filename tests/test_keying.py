"""Critical fields typed twice, and whole batches approved after a sample drawn by lot."""

from __future__ import annotations

import pytest

from tests.typed_records import INDEFINITE, SEAL
from workbench import flow
from workbench.errors import NotAllowedError, NotReadyError, StaleDocumentError
from workbench.flow import keying, whole_batches
from workbench.flow.entering import SECOND, Entered, enter
from workbench.flow.keying import Difference
from workbench.model import Batch, Document, Origin, Stage
from workbench.workspace import Workspace


def a_batch() -> Batch:
    return Batch(name="Nhập tay", unit="PC06", by="soat1")


def awaiting(work: Workspace) -> Document:
    one = Entered("con_dau", SEAL, Origin.TYPED, stated=INDEFINITE, awaits_second=True)
    (document,) = enter(work, a_batch(), [one], by="quantri")
    return document


def again(work: Workspace, document: str, **other: str) -> dict[str, str]:
    """What a second person types: as it is, but for `other`."""
    return {f.name: f.value for f in keying.typed_twice(work, document)} | other


def test_a_record_waits_for_the_second_person_and_lies_on_no_reviewers_desk(
    desk_work: Workspace,
) -> None:
    document = awaiting(desk_work)
    assert (document.stage, document.parked) == (Stage.PROPOSED, SECOND)
    assert flow.next_review(desk_work, "soat1") == []
    assert desk_work.store.awaiting_second(SECOND, not_by="quantri") == []
    assert [d.id for d in desk_work.store.awaiting_second(SECOND, not_by="soat1")] == [document.id]


def test_typed_alike_by_two_people_it_goes_on_to_a_third(desk_work: Workspace) -> None:
    document = awaiting(desk_work)
    typed = again(desk_work, document.id, ten_to_chuc="Trung tâm Văn hóa huyện Mỹ Xuyên")
    assert keying.type_again(desk_work, document.id, typed, by="soat1") == ()

    kept = desk_work.store.document(document.id)
    assert kept is not None
    assert (kept.stage, kept.reviewer, kept.parked) == (Stage.REVIEWED, "soat1", "")
    assert {k.field for k in desk_work.store.keyings(kept.id)} == set(typed)
    assert flow.approve(desk_work, kept.id, by="duyet1", revision=kept.revision).approver


def test_what_was_typed_in_two_ways_is_shown_and_decided(desk_work: Workspace) -> None:
    document = awaiting(desk_work)
    typed = again(desk_work, document.id, so="46/ĐKMD")
    found = keying.type_again(desk_work, document.id, typed, by="soat1")
    assert found == (Difference("so", "45/ĐKMD", "46/ĐKMD"),)
    assert desk_work.store.keyings(document.id) == []

    chosen = {"so": "46/ĐKMD"}
    assert keying.type_again(desk_work, document.id, typed, by="soat1", chosen=chosen) == ()
    seen = flow.sheet(desk_work, document.id)
    assert next(f.value for f in seen.fields if f.name == "so") == "46/ĐKMD"
    assert seen.document.stage is Stage.REVIEWED
    with pytest.raises(StaleDocumentError):
        keying.type_again(desk_work, document.id, typed, by="soat1", chosen=chosen)


def test_a_second_typing_that_was_cut_short_is_asked_for_again(
    desk_work: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = awaiting(desk_work)
    typed = again(desk_work, document.id, so="46/ĐKMD")
    chosen = {"so": "46/ĐKMD"}

    def killed(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(keying, "correct", killed)
        with pytest.raises(KeyboardInterrupt):
            keying.type_again(desk_work, document.id, typed, by="soat1", chosen=chosen)
    # What the second person chose is not kept: it must not lie on a desk as if nobody had differed.
    assert [d.id for d in desk_work.store.awaiting_second(SECOND, not_by="soat1")] == [document.id]

    assert keying.type_again(desk_work, document.id, typed, by="soat1", chosen=chosen) == ()
    seen = flow.sheet(desk_work, document.id)
    assert next(f.value for f in seen.fields if f.name == "so") == "46/ĐKMD"
    [kept] = [k for k in desk_work.store.keyings(document.id) if k.field == "so"]
    assert (kept.first, kept.second) == ("45/ĐKMD", "46/ĐKMD")


def test_nobody_types_their_own_record_the_second_time(desk_work: Workspace) -> None:
    person = desk_work.store.person("quantri")
    assert person is not None
    person.roles = [*person.roles, "reviewer"]
    desk_work.store.keep(person)
    document = awaiting(desk_work)
    with pytest.raises(NotAllowedError):
        keying.type_again(desk_work, document.id, again(desk_work, document.id), by="quantri")


def records(count: int) -> list[Entered]:
    return [
        Entered(
            "con_dau",
            {
                **SEAL,
                "so": f"{n}/ĐKMD",
                "ten_to_chuc": f"Trường số {n}",
                "so_quyet_dinh": f"{n}/QĐ",
            },
            Origin.TABLE,
            f"row {n}",
            stated=INDEFINITE,
        )
        for n in range(1, count + 1)
    ]


def test_a_batch_is_approved_whole_once_its_sample_was_looked_at(desk_work: Workspace) -> None:
    batch = a_batch()
    enter(desk_work, batch, records(12), by="soat1")
    with pytest.raises(NotReadyError, match="sample"):
        whole_batches.approve_batch(desk_work, batch.id, by="duyet1")
    sample = whole_batches.draw(desk_work, batch.id, size=3, seed=7, by="duyet1")
    assert len(sample.documents) == 3
    with pytest.raises(NotReadyError, match="not opened"):
        whole_batches.approve_batch(desk_work, batch.id, by="duyet1")

    returned, *others = sample.documents
    one = desk_work.store.document(returned)
    assert one is not None
    flow.send_back(desk_work, returned, by="duyet1", revision=one.revision, reason="Sai số")
    for document in others:
        desk_work.store.look_at(sample.id, document)
    done = whole_batches.approve_batch(desk_work, batch.id, by="duyet1")

    assert (done.approved, done.refused) == (11, ())
    assert desk_work.store.counts(batch.id)[Stage.APPROVED] == 11
    assert desk_work.store.counts(batch.id)[Stage.PROPOSED] == 1


def test_what_came_after_the_sample_was_drawn_is_not_approved_by_it(desk_work: Workspace) -> None:
    batch = a_batch()
    first, later = records(6)[:3], records(6)[3:]
    enter(desk_work, batch, first, by="soat1")
    sample = whole_batches.draw(desk_work, batch.id, size=3, seed=7, by="duyet1")
    for document in sample.documents:
        desk_work.store.look_at(sample.id, document)
    enter(desk_work, batch, later, by="soat1")

    assert whole_batches.approve_batch(desk_work, batch.id, by="duyet1").approved == 3

    assert desk_work.store.counts(batch.id)[Stage.REVIEWED] == 3
    with pytest.raises(NotReadyError, match="No sample was drawn"):
        whole_batches.approve_batch(desk_work, batch.id, by="duyet1")


def test_the_kept_seed_draws_the_same_sample_again() -> None:
    documents = [f"{n:032x}" for n in range(500)]
    sample = whole_batches.drawn(documents, size=20, seed=1234)
    assert sample == whole_batches.drawn(documents, size=20, seed=1234)
    assert sample != whole_batches.drawn(documents, size=20, seed=1235)
    assert len(set(sample)) == 20


def test_who_entered_a_batch_approves_nothing_of_it(desk_work: Workspace) -> None:
    person = desk_work.store.person("soat1")
    assert person is not None
    person.roles = [*person.roles, "approver"]
    desk_work.store.keep(person)
    batch = a_batch()
    enter(desk_work, batch, records(2), by="soat1")
    assert whole_batches.waiting(desk_work, batch.id, by="soat1") == []
    with pytest.raises(NotReadyError):
        whole_batches.draw(desk_work, batch.id, size=1, seed=1, by="soat1")

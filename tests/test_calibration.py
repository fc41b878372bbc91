"""How often a reading is right, told from what was counted; how sure a proposal is; and proofs."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from pytest import MonkeyPatch
from sqlmodel import SQLModel
from typer.testing import CliRunner

from workbench import calibration, learning, reconciliation
from workbench.calibration import Calibration, Curve
from workbench.cli import app
from workbench.flow.lessons import lessons
from workbench.learning import Label
from workbench.model import Act, Correction, Document, Proposal, Stage
from workbench.reconciliation import Vote
from workbench.template import FieldSpec
from workbench.template import Label as Words
from workbench.workspace import load_settings, open_workspace

NAME = FieldSpec(label=Words(vi="Tên", en="Name"), kind="name")
NUMBER = FieldSpec(
    label=Words(vi="Số", en="Number"), kind="id_number", pattern=r"\d{12}", critical=True
)


def made_up(count: int, *, seed: int = 1, accepted: bool = False) -> list[Label]:
    """Fields on which two engines are each right as often as their own confidence is worth:
    tesseract as it says, asterocr far seldomer than it says."""
    dice = random.Random(seed)
    labels = []
    for number in range(count):
        truth = f"{dice.randrange(10**12):012}"
        votes = []
        for engine, worth in (("tesseract", 1.0), ("asterocr", 0.6)):
            sure = dice.uniform(0.3, 1.0)
            right = dice.random() < sure * worth
            value = truth if right else f"{dice.randrange(10**12):012}"
            votes.append(Vote(engine, engine, "strip", value, True, sure, "poor"))
        labels.append(Label(str(number // 10), tuple(votes), NUMBER, truth, accepted))
    return labels


def test_a_confidence_is_worth_what_it_proved_to_be_worth() -> None:
    learned = learning.learn(made_up(3000), None, made="2026-01-01", source="made up")
    own = learned.weight("tesseract", "number", "poor", 0.95)
    other = learned.weight("asterocr", "number", "poor", 0.95)
    assert own == pytest.approx(0.93, abs=0.06)
    assert other == pytest.approx(0.57, abs=0.06)


def test_a_curve_never_falls_and_nothing_counted_is_certain() -> None:
    learned = learning.learn(made_up(3000), None, made="2026-01-01", source="made up")
    for curve in learned.readings.values():
        shares = [share for _, share in curve.steps]
        assert shares == sorted(shares)
        assert shares[0] > 0 and shares[-1] < 1


def test_a_cell_with_few_cases_gives_way_to_the_one_that_is_shipped() -> None:
    shipped = calibration.shipped()
    few = learning.learn(made_up(100), shipped, made="2026-01-01", source="few")
    many = learning.learn(made_up(400), shipped, made="2026-01-01", source="many")
    seen = ("tesseract", "number", "poor", 0.95)
    assert few.weight(*seen) == shipped.weight(*seen)
    assert many.weight(*seen) != shipped.weight(*seen)


def test_what_is_told_of_proposals_comes_true() -> None:
    told = learning.proven(made_up(3000))
    assert told.cases == 3000
    assert told.error < 0.03
    assert len(told.bins) >= 4


def test_the_odds_of_proposals_are_not_learned_from_doubtful_fields_alone() -> None:
    shipped = calibration.shipped()
    doubtful = made_up(1200)
    audited = [replace(label, accepted=True) for label in made_up(400, seed=2)]
    alone = learning.learn(doubtful, shipped, made="2026-01-01", source="doubtful")
    both = learning.learn(doubtful + audited, shipped, made="2026-01-01", source="both")
    assert alone.factors == shipped.factors
    assert both.factors != shipped.factors
    assert both.cases == 1600


def test_a_calibration_is_named_by_its_numbers() -> None:
    one = learning.learn(made_up(400), None, made="2026-01-01", source="made up")
    again = Calibration.from_json(one.as_json())
    assert again.digest == one.digest
    assert replace(one, readings={"tesseract": Curve(1, ((0.0, 0.5),))}).digest != one.digest


def test_a_proposal_is_surer_the_more_independent_families_say_it() -> None:
    def told(*engines: str) -> float:
        votes = [Vote(e, e, "strip", "Trần Thị Mẫu", True, 0.95, "fair") for e in engines]
        return reconciliation.reconcile(votes, NAME).confidence

    assert told("tesseract") < told("tesseract", "asterocr")
    assert told("tesseract", "asterocr") <= told("tesseract", "asterocr", "trueocr")


@pytest.mark.parametrize(
    ("errors", "cases", "bound"),
    # Clopper and Pearson's tables; 0 of n is 1 - 0.05 ** (1 / n), the rule of three.
    [(0, 1000, 0.002991), (0, 100, 0.029513), (3, 1000, 0.007735), (1, 50, 0.091398), (0, 0, 1.0)],
)
def test_the_bound_on_errors_is_exact(errors: int, cases: int, bound: float) -> None:
    assert calibration.upper_bound(errors, cases) == pytest.approx(bound, abs=2e-5)


def test_told_and_true_are_set_side_by_side() -> None:
    seen = [(0.95, True)] * 19 + [(0.95, False)] + [(0.25, False)] * 3 + [(0.25, True)]
    table = calibration.reliability(seen)
    assert [(round(t, 2), round(r, 2), n) for t, r, n in table.bins] == [
        (0.25, 0.25, 4), (0.95, 0.95, 20),
    ]  # fmt: skip
    assert table.error == pytest.approx(0.0, abs=1e-9)


def test_other_looks_of_one_engine_are_one_word_and_not_several() -> None:
    """Three looks of one family against two families: the families win."""
    looks = [
        Vote("tesseract", "tesseract", how, "Trần Thị Mậu", True, 0.8, "poor")
        for how in ("strip", "strip/raw", "strip/tight")
    ]
    others = [
        Vote(e, e, "strip", "Trần Thị Mẫu", True, 0.99, "poor") for e in ("asterocr", "trueocr")
    ]
    assert reconciliation.reconcile([*looks, *others], NAME).value == "Trần Thị Mẫu"


def test_a_look_that_its_own_family_outvotes_accepts_nothing() -> None:
    said = [
        ("strip", "094190001234"),
        ("strip/raw", "094190001234"),
        ("strip/soft", "094190007234"),
    ]
    votes = [Vote("tesseract", "tesseract", how, value, True, 0.95) for how, value in said]
    votes += [Vote("asterocr", "asterocr", "strip", "094190007234", True, 0.95)]
    assert not reconciliation.reconcile(votes, NUMBER).accepted


def test_people_teach_only_what_they_looked_at(tmp_path: Path, monkeypatch: MonkeyPatch) -> None:
    """Two fields were looked at, one of them accepted unseen before; the third nobody has seen."""
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path))
    work = open_workspace(load_settings())
    template = work.templates["antt"]
    said = {
        name: [Vote("tesseract", "tesseract", "strip", value, True, 0.9, "poor")]
        for name, value in (("so", "12/GCN"), ("ten_co_so", "NHÀ TRỌ Á"), ("quoc_tich", "Lào"))
    }
    document = Document(
        batch="b", source="s", unit="PC06", number=1, stage=Stage.REVIEWED, kind="antt",
        template_digest=template.digest, classified={"votes": work.store.keep_votes(said)},
    )  # fmt: skip
    rows: list[SQLModel] = [document]
    for position, name in enumerate(said):
        rows.append(
            Proposal(document=document.id, field=name, position=position, value="x",
                     normalised="x", accepted=name != "ten_co_so")
        )  # fmt: skip
    for serial, (name, value) in enumerate((("so", "12/GCN"), ("ten_co_so", "NHÀ TRỌ Ả"))):
        rows.append(
            Correction(id=name, document=document.id, field=name, act=Act.EDIT, before="x",
                       after=value, normalised=value, by="soat1", revision=1, serial=serial)
        )  # fmt: skip
    work.store.add(*rows)

    labels = sorted(lessons(work), key=lambda label: label.truth)
    assert [(label.truth, label.accepted) for label in labels] == [
        ("12/GCN", True), ("NHÀ TRỌ Ả", False),
    ]  # fmt: skip
    assert [label.is_met_by("NHÀ TRỌ Á") for label in labels] == [False, False]

    told = CliRunner().invoke(app, ["calibrate", "certify", "--json"])
    assert told.exit_code == 3  # one checked field proves nothing yet
    seen = json.loads(told.stdout)
    assert (seen["checked"], seen["wrong"], seen["holds"]) == (1, 0, False)
    assert seen["needed"] == 998  # the rule of three: 3 / 0.003

    learned = CliRunner().invoke(app, ["calibrate", "corrections", "--json"])
    assert learned.exit_code == 0, learned.output
    assert json.loads(learned.stdout)["labels"] == 2
    assert (
        open_workspace(load_settings()).calibration.digest == json.loads(learned.stdout)["digest"]
    )
    assert work.calibration.source == "2 fields that people looked at"


def test_a_family_that_joins_leaves_what_was_counted_of_the_others() -> None:
    base = calibration.shipped()
    labels = [
        Label(
            f"paper-{number}",
            (
                Vote("tesseract", "tesseract", "strip", "Nguyễn Văn An", True, 0.9, "good"),
                Vote("easyocr", "easyocr", "strip", said, True, 0.9, "good"),
            ),
            NAME,
            "Nguyễn Văn An",
        )
        for number, said in enumerate(["Nguyễn Văn An", "Nguyễn Văn Ấn"] * 200)
    ]  # fmt: skip
    joined = learning.join(labels, base, "easyocr", made="2026-11-22", source="made up")
    assert {k: v for k, v in joined.readings.items() if "easyocr" not in k} == base.readings
    assert joined.readings["easyocr"].at(0.9) == pytest.approx(0.5, abs=0.01)
    changed = {k for k, f in joined.factors.items() if base.factors.get(k) != f}
    assert changed
    assert all("easyocr" in name or name not in base.factors for name in changed)

"""What a loss is held against, and that chance is the same everywhere."""

import numpy as np
import pytest

from stages.diagnose.accounts import generalize_reference
from stages.diagnose.floor.estimate import Floor, estimate_floor
from stages.diagnose.floor.signal import untold_signal
from stages.lib.trials.laboratory import Laboratory, Runs
from tests.conftest import content_of
from tests.subjects import subject_of

SMALL = {"data.synthetic.rows": 300, "train.epochs": 2, "train.layers": [8]}


@pytest.fixture(scope="module")
def income():
    return subject_of(content_of(**SMALL))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data.synthetic.scenario": "gaussian_classes"},
        {"data.synthetic.scenario": "friedman"},
        {"data.synthetic.scenario": "tags"},
        {"data.source": "bundled", "data.bundled.dataset": "diabetes"},
    ],
    ids=["binary", "classes", "numbers", "labels", "real"],
)
def test_the_constants_losses_are_the_cards_chance(changes):
    subject = subject_of(content_of(**(SMALL | changes)))
    laboratory = Laboratory(subject)
    for split in ("train", "validation", "test"):
        losses = laboratory.chance_losses(Runs((0,)), split)
        assert losses.shape == (len(subject.tables[split]),)
        # A row's loss is capped, which no constant within the targets' range reaches.
        assert losses.mean() == pytest.approx(subject.card.chance[split], rel=1e-6)


def test_a_program_above_chance_has_learnt_nothing(income):
    """Inputs as they come: far above chance at every seed."""
    laboratory = Laboratory(income)
    runs = Runs((0, 1))
    learnt = laboratory.learnt_losses(income.sections, runs, "test")
    chance = laboratory.chance_losses(runs, "test")
    assert laboratory.means(income.sections, runs, "test").min() > chance.mean()
    np.testing.assert_array_equal(learnt, np.stack([chance, chance]))


def test_an_exact_floor_is_paired_with_the_law_on_the_drawn_labels(income):
    bound = estimate_floor(income, 0)
    reference = generalize_reference(income, bound)
    drawn = income.bayes["test"].mean()
    assert drawn == pytest.approx(income.card.floor.test.drawn, rel=1e-9)
    assert reference.value + reference.label_luck == pytest.approx(drawn)
    np.testing.assert_array_equal(reference.rows, income.bayes["test"])


def test_a_reference_model_is_no_floor(income):
    best = generalize_reference(income, floor("bound", 0.5, 0.69))
    assert (best.kind, best.value, best.name) == ("model", 0.5, "boosting")


def floor(kind: str, value: float, chance: float) -> Floor:
    signal = untold_signal("not asked", 1)
    return Floor(kind, value, 0.01, chance, "boosting", {}, signal)

"""Edits of the optimizer, by how training went."""

import pytest

from stages.diagnose.diagnosis import diagnose
from stages.diagnose.interventions.candidates import candidates, facts_of
from stages.lib.diagnosis import schema
from tests.conftest import content_of, settings
from tests.diagnose.interventions.fits import losses, proposals
from tests.diagnose.tables import untrained
from tests.subjects import subject_of

EXPLODING = {
    "data.synthetic.scenario": "friedman",
    "data.synthetic.rows": 500,
    "normalize.features": "standard",
    "train.layers": [32, 32, 32],
    "train.optimizer": "sgd",
    "train.learning_rate": 0.05,
    "train.epochs": 10,
}


def clips(**changes) -> tuple:
    subject = subject_of(content_of(**EXPLODING | changes))
    edits = candidates(subject.sections, facts_of(subject, 300))
    return subject, [one.edit for one in edits if one.intervention == "clip_gradients"]


@pytest.mark.in_turn
def test_a_training_that_diverged_is_clipped_and_the_loss_falls():
    """Squared errors of 200 make gradients that no step of this size survives."""
    subject, edits = clips()
    assert subject.network.training.diverged
    assert edits == [{"train.clip.norm": 1.0}]
    before, after = losses(subject, edits[0])
    assert after < 0.8 * subject.card.chance.test < before


def test_a_training_that_did_not_diverge_or_is_clipped_is_left_alone():
    assert clips(**{"train.learning_rate": 1e-4})[1] == []
    assert clips(**{"train.clip.value": 1e9})[1] == []


@pytest.mark.parametrize(
    ("changes", "warmup"),
    [
        ({}, 3),
        ({"train.epochs": 3}, 1),
        ({"train.epochs": 2}, None),
        ({"train.schedule.name": "exponential"}, None),
        ({"train.schedule.warmup_epochs": 1}, None),
    ],
)
def test_a_warm_up_takes_a_tenth_of_the_epochs(changes, warmup):
    subject = untrained(**{"train.epochs": 30} | changes)
    edits = [candidate.edit for candidate in proposals(subject, "warmed_cosine")]
    wanted = {"train.schedule.warmup_epochs": warmup, "train.schedule.name": "cosine"}
    assert edits == ([] if warmup is None else [wanted])


def test_where_it_is_cosine_already_only_the_warm_up_is_added():
    subject = untrained(**{"train.epochs": 30, "train.schedule.name": "cosine"})
    [candidate] = proposals(subject, "warmed_cosine")
    assert candidate.edit == {"train.schedule.warmup_epochs": 3}


@pytest.mark.slow
def test_where_the_first_steps_throw_the_weights_away_the_diagnosis_prescribes_a_warm_up():
    """Six layers whose squared errors begin at hundreds: at its full size the first step diverges,
    and the rate at which it would not is too low for what follows."""
    deep = {"train.layers": [32] * 6, "train.learning_rate": 0.1, "train.epochs": 20}
    deep |= {"train.activation": "relu", "train.kernel_initializer": "he_normal"}
    deep |= {"normalize.target": "standard", "data.synthetic.rows": 1000}
    subject = subject_of(content_of(**EXPLODING | deep))
    warmed = {"train.schedule.name": "cosine", "train.schedule.warmup_epochs": 2}
    before, after = losses(subject, warmed)
    _, without = losses(subject, {"train.schedule.name": "cosine"})
    _, slower = losses(subject, {"train.learning_rate": 0.03})
    assert after < subject.card.chance.test / 4 and after < 0.9 * slower
    assert min(before, without) > subject.card.chance.test
    only = settings(**{"diagnose.families": ["schedule"], "diagnose.seeds": 4}).diagnose
    found = schema.parse(diagnose(subject, only), "x").lead.prescription
    # Of the two the warm-up is the one that is needed.
    edit = {change.key: change.new for change in found.edits}
    assert edit == {"train.schedule.warmup_epochs": 2}

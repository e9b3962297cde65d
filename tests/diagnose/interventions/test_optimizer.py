"""Edits of the optimizer, by how training went."""

from stages.diagnose.interventions.candidates import candidates, facts_of
from tests.conftest import content_of
from tests.diagnose.interventions.fits import losses
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

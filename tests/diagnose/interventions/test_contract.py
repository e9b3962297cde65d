"""Edits of the loss, by what the targets hold."""

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.interventions.candidates import candidates, facts_of, recommended_program
from stages.lib.params.edits import edited
from stages.lib.tables.dataset import Dataset
from tests.diagnose.interventions.fits import FAST, losses, proposals
from tests.diagnose.tables import table, untrained

PLAIN = FAST | {"normalize.features": "standard", "normalize.target": "standard"}


CONTRACT = {"loss", "from_logits", "target_encoding", "output_units", "output_activation"}


SPARSE = {"train.loss": "sparse_categorical_crossentropy", "train.target_encoding": "integer"}
SHARES = {"train.loss": "categorical_crossentropy", "train.target_encoding": "one_hot"}
SOFTMAX = {"train.output_activation": "softmax", "train.output_units": 2}


@pytest.mark.parametrize(
    ("most", "same"),
    [
        (2, SPARSE),
        (2, SHARES),
        (2, {"train.loss": SPARSE["train.loss"], "train.output_activation": "softmax"}),
        (1, SPARSE | SOFTMAX),
        (1, SHARES | SOFTMAX),
        (1, SHARES | SOFTMAX | {"train.loss": "binary_crossentropy"}),
        (1, {"train.loss": "binary_crossentropy", "train.output_units": 1}),
    ],
)
def test_another_name_for_the_contract_that_there_is_is_no_edit(rng, most, same):
    """Three classes, or two: the loss of their probabilities can be written in several ways."""
    x = rng.standard_normal((300, 2))
    label = pd.Series(np.array(["none", "one", "both"])[(x > 0).sum(axis=1).clip(max=most)])
    subject = untrained(table(label, a=x[:, 0], b=x[:, 1]), **PLAIN, **same)
    known = facts_of(subject, len(subject.x["train"]))
    edits = [recommended_program(subject.sections, known).edit]
    edits += [one.edit for one in candidates(subject.sections, known) if len(one.edit) > 1]
    assert not CONTRACT & {key.removeprefix("train.") for edit in edits for key in edit}
    wrong = edited(subject.sections, {"train.output_activation": "tanh"})
    assert any(CONTRACT & {key.removeprefix("train.") for key in candidate.edit}
               for candidate in candidates(wrong, known))  # fmt: skip


def line(rng: np.random.Generator, noise: np.ndarray) -> Dataset:
    """A target that is a straight line of two columns, and noise."""
    x = rng.standard_normal((600, 2))
    return table(pd.Series(3 * x[:, 0] - 2 * x[:, 1] + noise), a=x[:, 0], b=x[:, 1])


def heavy(rng: np.random.Generator) -> np.ndarray:
    """Noise that is thirty times the usual in a twentieth of the rows."""
    return rng.standard_normal(600) * np.where(rng.uniform(size=600) < 0.05, 30.0, 1.0)


def test_heavy_tails_propose_hubers_loss_and_it_lowers_the_squared_error(rng):
    subject = untrained(line(rng, heavy(rng)), **PLAIN)
    [candidate] = proposals(subject, "robust_loss")
    assert candidate.edit == {"train.loss": "huber"}
    before, after = losses(subject, candidate.edit)
    assert after < before


def test_a_far_target_proposes_a_robust_scale_too(rng):
    dataset = line(rng, 0.1 * rng.standard_normal(600))
    value = untrained(dataset).tables["train"]["target"][5]
    dataset.targets.loc[dataset.targets["target"] == value, "target"] = 1e5
    subject = untrained(dataset, **PLAIN)
    robust = {"train.loss": "huber", "normalize.target": "robust"}
    edits = [candidate.edit for candidate in proposals(subject, "robust_loss")]
    assert edits == [{"train.loss": "huber"}, robust]
    before, after = losses(subject, robust)
    assert after < 0.1 * before


def test_hubers_loss_is_proposed_as_keras_has_it(rng):
    subject = untrained(line(rng, heavy(rng)), **PLAIN, **{"train.huber_delta": 50.0})
    [candidate] = proposals(subject, "robust_loss")
    assert candidate.edit == {"train.loss": "huber", "train.huber_delta": 1.0}


def test_normal_errors_and_other_losses_propose_none(rng):
    normal, tails = line(rng, rng.standard_normal(600)), line(rng, heavy(rng))
    assert proposals(untrained(normal, **PLAIN), "robust_loss") == []
    other = PLAIN | {"train.loss": "mean_absolute_error"}
    assert proposals(untrained(tails, **other), "robust_loss") == []

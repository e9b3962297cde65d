"""Labels that their inputs all but rule out."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from stages.diagnose.checks.label_noise import suspect_labels, suspects_of
from stages.diagnose.checks.redrawn_labels import _fit, _scaled, redrawn_labels
from stages.lib.trials.subject import Subject
from tests.diagnose.checks.programs import SCALED, found
from tests.diagnose.tables import table, untrained

ROWS = 1000


def clusters(rng: np.random.Generator, apart: float, classes: int = 3):
    """Rows of round clusters, one a class, and their codes."""
    codes = rng.integers(0, classes, ROWS)
    return rng.standard_normal((ROWS, 4)) + apart * np.eye(classes, 4)[codes], codes


def redrawn(rng: np.random.Generator, codes: np.ndarray, share: float) -> np.ndarray:
    chosen = rng.uniform(size=ROWS) < share
    return np.where(chosen, rng.integers(0, codes.max() + 1, ROWS), codes)


def subject(x: np.ndarray, codes: np.ndarray) -> Subject:
    features = {f"x{i}": column for i, column in enumerate(x.T)}
    labels = pd.Series(np.array([*"abcde"])[codes])
    return untrained(table(labels, **features), **SCALED)


@pytest.mark.parametrize("share", [0.05, 0.2])
def test_wrong_labels_are_counted_and_named(rng, share):
    x, codes = clusters(rng, 4.0)
    run = subject(x, redrawn(rng, codes, share))
    finding = found(run)["label_noise"]
    assert finding.severity == "note" and finding.family == "data"
    said = re.fullmatch(r"(\d+) of 600 training rows.*: rows ([\d, ]+), \.\.\.", finding.received)
    # Of three classes a label that is drawn anew is wrong two times of three.
    train = run.tables["train"]
    truth = {row.tobytes(): "abc"[code] for row, code in zip(x, codes, strict=True)}
    true = [truth[row.tobytes()] for row in train[[f"x{i}" for i in range(4)]].to_numpy()]
    wrong = train["label"].to_numpy() != np.array(true)
    assert 0.25 * wrong.sum() <= int(said[1]) <= 1.1 * wrong.sum()
    assert wrong[[int(row) - 1 for row in said[2].split(", ")]].mean() >= 0.8


def logistic(rng):
    x = rng.standard_normal((ROWS, 4))
    return x, (rng.uniform(size=ROWS) < 1 / (1 + np.exp(-2 * x[:, 0] + x[:, 1]))).astype(int)


def spheres(rng):
    codes = rng.integers(0, 2, ROWS)
    return rng.standard_normal((ROWS, 3)) * np.where(codes, 3.0, 1.0)[:, None], codes


def crescents(rng):
    from sklearn.datasets import make_moons

    return make_moons(ROWS, noise=0.25, random_state=int(rng.integers(2**31)))


def rare(rng):
    x = rng.standard_normal((ROWS, 4))
    return x, (rng.uniform(size=ROWS) < 1 / (1 + np.exp(4 - 2 * x[:, 0]))).astype(int)


def interaction(rng):
    """No logistic model of inputs and squares, so that the first stage speaks of noise."""
    x = rng.standard_normal((ROWS, 4))
    logit = 4 * x[:, 0] + 4 * x[:, 0] * x[:, 1]
    return x, (rng.uniform(size=ROWS) < 1 / (1 + np.exp(-logit))).astype(int)


NULLS = {
    "far clusters": lambda rng: clusters(rng, 4.0),
    "overlapping clusters": lambda rng: clusters(rng, 1.5),
    "two classes": lambda rng: clusters(rng, 1.0, 2),
    "no signal": lambda rng: clusters(rng, 0.0, 2),
    "logistic": logistic,
    "spheres": spheres,
    "crescents": crescents,
    "rare": rare,
    "interaction": interaction,
}


@pytest.mark.parametrize("law", NULLS)
def test_clean_labels_of_overlapping_laws_are_not_called_noise(law):
    """Of 20 tables each; the rate is one in a thousand at most where the law is logistic."""
    for seed in range(20):
        assert not suspects_of(*NULLS[law](np.random.default_rng(seed))).any()


def test_without_noise_the_model_is_scikit_learns_logistic_regression(rng):
    x, codes = clusters(rng, 1.5)
    x = _scaled(x)
    weights, share = _fit(x, np.eye(3)[codes], None, 0.0)
    theirs = LogisticRegression(C=1.0, tol=1e-8).fit(x, codes)
    assert share == 0
    np.testing.assert_allclose(
        weights[:-1] - weights[:-1].mean(axis=1, keepdims=True), theirs.coef_.T, atol=2e-3
    )


def test_the_share_is_near_that_of_the_labels_drawn_anew(rng):
    x, codes = clusters(rng, 4.0)
    model = redrawn_labels(x, redrawn(rng, codes, 0.2))
    assert 0.1 < model.share < 0.2
    assert model.gain > 10 > redrawn_labels(x, codes).gain
    assert redrawn_labels(x, codes).share < 0.01


def test_few_rows_one_class_and_other_tasks_have_none(rng):
    x, codes = clusters(rng, 4.0)
    noisy = redrawn(rng, codes, 0.2)
    assert not list(suspect_labels(subject(x[:150], noisy[:150])))
    assert list(suspect_labels(subject(x, noisy)))
    assert "label_noise" not in found(untrained(table(pd.Series(x[:, 0]), x=x[:, 1]), **SCALED))

"""A program with fewer epochs keeps its shape in time."""

import pytest

from stages.lib import params
from stages.lib.params.edits import edited
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.shortened import shortened
from tests.conftest import content_of
from tests.subjects import subject_of

TIMES = {
    "train.epochs": 50,
    "train.early_stopping.patience": 10,
    "train.schedule.name": "piecewise_constant",
    "train.schedule.warmup_epochs": 5.0,
    "train.schedule.decay_epochs": 20.0,
    "train.schedule.boundaries": [10, 20],
    "train.schedule.factors": [0.1, 0.01],
}


def test_all_that_is_counted_in_epochs_shrinks_with_them():
    content = content_of(**TIMES)
    short = shortened(content, 0.1)
    params.check(short)
    train = short["train"]
    assert train["epochs"] == 5 and train["early_stopping"]["patience"] == 1
    assert train["schedule"]["warmup_epochs"] == pytest.approx(0.5)
    assert train["schedule"]["decay_epochs"] == pytest.approx(2.0)
    assert train["schedule"]["boundaries"] == pytest.approx([1.0, 2.0])
    assert content["train"]["epochs"] == 50


def test_what_is_off_stays_off_and_an_epoch_is_the_least():
    content = content_of(**{"train.epochs": 3, "train.early_stopping.patience": None})
    train = shortened(content, 0.01)["train"]
    assert train["epochs"] == 1
    assert train["early_stopping"]["patience"] is None
    assert train["reduce_on_plateau"] == content["train"]["reduce_on_plateau"]
    assert shortened(content, 1.0) is content


def test_a_laboratory_trains_programs_for_their_share_of_epochs():
    """Eight epochs at a quarter are the two epochs of a program that has two."""
    changes = {"data.synthetic.rows": 200, "train.layers": [4]}
    subject = subject_of(content_of(**changes, **{"train.epochs": 8}))
    two = edited(subject.sections, {"train.epochs": 2})
    short, whole = Laboratory(subject, epochs=0.25), Laboratory(subject)
    losses = short.losses(subject.sections, Runs((0, 1)), "test")
    assert (losses == whole.losses(two, Runs((0, 1)), "test")).all()
    assert (losses != whole.losses(subject.sections, Runs((0, 1)), "test")).any()

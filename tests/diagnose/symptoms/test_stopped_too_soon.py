"""Early stopping of a training that still improved."""

import dataclasses

import pytest

from stages.lib.params.edits import edited
from tests.conftest import content_of
from tests.diagnose.symptoms.runs import SOUND, assert_fires, healthy, shown, trained, training
from tests.subjects import subject_of

STOPPED = {"patience": 2, "min_delta": 0.2}


def stopped(**stopping):
    """A healthy run that was stopped after the epochs that it has, its loss falling steadily."""
    subject = training(healthy(), status="stopped_early")
    settings = {f"train.early_stopping.{key}": value for key, value in (STOPPED | stopping).items()}
    subject = dataclasses.replace(subject, sections=edited(subject.sections, settings))
    return trained(subject, validation_loss=lambda e: 2.0 - 0.05 * e)


def test_fires():
    assert_fires("stopped_too_soon", stopped(), None, 20)
    assert shown(stopped())["stopped_too_soon"].value == pytest.approx(0.1)


def test_is_silent_where_nothing_was_held_back():
    assert "stopped_too_soon" not in shown(stopped(min_delta=0.0))
    assert "stopped_too_soon" not in shown(training(stopped(), status="completed"))
    flat = trained(stopped(), validation_loss=lambda e: 1.0 + 0.01 * e)
    assert "stopped_too_soon" not in shown(flat)


def test_a_real_training_that_was_stopped():
    stopping = {"train.early_stopping.patience": 2, "train.early_stopping.min_delta": 0.1}
    subject = subject_of(content_of(**SOUND | stopping))
    assert subject.network.training.status == "stopped_early"
    finding = shown(subject, subject.card.floor.test.value, subject.card.chance.test)
    assert finding["stopped_too_soon"].epoch == subject.network.training.epochs_run

"""A test loss above the training loss."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stages.lib.trials.subject import Subject
from tests.cards import changed_card
from tests.diagnose.symptoms.runs import CHANCE, assert_fires, healthy, predicted, shown


def overfit() -> Subject:
    return predicted(healthy(), lambda t: t.assign(target=np.arange(len(t)) % 3 // 2), "test")


def test_fires():
    assert_fires("train_test_gap", overfit(), None, None)


def test_the_gap_by_hand():
    losses = {}
    for name, table in overfit().predictions.items():
        own = np.where(table["target"] == 1, table["probability_1"], table["probability_0"])
        losses[name] = -np.log(own).mean()
    gap = (losses["test"] - losses["train"]) / CHANCE
    assert shown(overfit())["train_test_gap"].value == pytest.approx(gap, rel=1e-5)


def test_the_gap_of_one_group_is_luck():
    subject = overfit()
    tables = {
        name: pd.DataFrame({"g": np.zeros(len(t))}) for name, t in subject.predictions.items()
    }
    one_group = dataclasses.replace(
        subject, card=changed_card(subject.card, groups="g"), tables=tables
    )
    assert "train_test_gap" not in shown(one_group)
    each = {name: pd.DataFrame({"g": np.arange(len(t))}) for name, t in tables.items()}
    assert "train_test_gap" in shown(dataclasses.replace(one_group, tables=each))

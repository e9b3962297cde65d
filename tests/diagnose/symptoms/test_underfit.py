"""A training loss that stays high."""

from tests.diagnose.symptoms.runs import assert_fires, healthy, predicted, shares, shown


def test_fires():
    assert_fires("underfit", predicted(healthy(), shares(0.5), "train"), None, None)


def test_is_silent_without_room_between_chance_and_floor():
    assert "underfit" not in shown(predicted(healthy(), shares(0.5), "train"), floor=0.68)

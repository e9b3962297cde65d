"""Saturated outputs, before training or at a high loss."""

import pytest

from tests.diagnose.symptoms.runs import (
    EPOCHS,
    assert_fires,
    healthy,
    predicted,
    probed,
    shown,
    wrong,
)


def test_fires():
    assert_fires("output_saturation", probed(healthy(), 3, 0, 0, flat_share=0.9), 3, 0)


@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_fires_at_the_end_where_certain_outputs_are_wrong(output):
    certain = predicted(probed(healthy("relu", output), 3, 20, flat_share=0.99), wrong)
    assert shown(certain)["output_saturation"].epoch == EPOCHS


def test_a_certain_network_is_sound_when_it_is_right():
    certain = predicted(
        healthy(),
        lambda table: table.assign(
            probability_1=table["target"].clip(1e-7, 1),
            probability_0=(1 - table["target"]).clip(1e-7),
        ),
    )
    assert "output_saturation" not in shown(probed(certain, 3, 20, flat_share=0.99))

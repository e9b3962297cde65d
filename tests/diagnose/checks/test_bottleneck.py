"""A layer of one or two units between wide ones."""

import pandas as pd
import pytest

from stages.diagnose.checks.bottleneck import narrow_layers
from tests.diagnose.checks.programs import found
from tests.diagnose.tables import table, untrained


@pytest.mark.parametrize(
    ("widths", "narrow"),
    [
        ([6, 64, 1, 32, 1], [2]),
        ([6, 2, 64, 2, 10], [1, 3]),
        ([6, 64, 3, 32, 1], []),
        ([6, 64, 1, 1], []),  # a single output needs no more
        ([3, 2, 64, 1], []),
        ([6, 2, 2, 64, 1], []),  # it narrows step by step
        ([6, 1], []),
        ([6, 64, 32, 1], []),
    ],
)
def test_which_layers(widths, narrow):
    assert narrow_layers(widths) == narrow


def test_the_layer_is_named(rng):
    label = pd.Series(rng.choice([*"abcde"], 400))
    features = {f"x{i}": rng.standard_normal(400) for i in range(6)}
    finding = found(untrained(table(label, **features), **{"train.layers": [16, 1]}))["bottleneck"]
    assert finding.expected == "several units between 16 units and 5 outputs"
    assert finding.received.startswith("hidden layer 2 has 1 unit: all that")
    assert (finding.severity, finding.family) == ("warning", "capacity")
    assert finding.keys == ("train.layers",)

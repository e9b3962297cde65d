"""The prescription as a command."""

import numpy as np
import pytest
from dvc.utils.hydra import to_hydra_overrides
from scipy import stats

from stages.diagnose.prescription import Promise, command, overrides, prescription
from tests.conftest import content_of


def test_command_is_quoted_for_a_shell():
    edit = {"train.layers": [64, 32], "train.clip.value": None, "train.loss": "auto"}
    assert command(edit) == (
        "dvc exp run -S 'train.layers=[64, 32]' -S train.clip.value=null -S train.loss=auto"
    )


def test_a_mapping_takes_the_place_of_the_one_that_is_there():
    """Hydra merges a mapping into an older one unless that is taken away first."""
    edit = {"normalize.columns": {"age": "none"}}
    assert overrides(edit) == ["~normalize.columns", '+normalize.columns={age: "none"}']


@pytest.mark.parametrize(
    "setting",
    [
        {"age": "none", "hours per week (all)": {"name": "cyclic", "period": 24.5}},
        {"a, b": "none", "c:d={}[]": "drop", "e\\f": "drop"},
        [64, {"units": 9, "activation": "tanh", "kernel_initializer": {"name": "zeros"}}, 8],
        [],
        None,
        True,
    ],
)
def test_dvc_reads_the_values_that_are_meant(setting):
    [*_, found] = to_hydra_overrides(overrides({"train.layers": setting}))
    assert found.value() == setting


EDIT = {"normalize.features": "standard"}


def expected_of(losses: list[float], seen: list[float]) -> tuple[float, float, float]:
    promise = Promise(np.array(losses), np.array(seen))
    expected = prescription(content_of(), EDIT, promise)["expected"]
    return expected["loss"], expected["low"], expected["high"]


def test_the_interval_is_students_for_one_more_seed():
    losses = [0.40, 0.42, 0.44, 0.38]
    loss, low, high = expected_of(losses, [0.41])
    half = stats.t.ppf(0.975, 3) * np.std(losses, ddof=1) * np.sqrt(1 + 1 / 4)
    assert (loss, low, high) == pytest.approx((0.41, 0.41 - half, 0.41 + half))


def test_the_interval_holds_what_was_seen():
    """Nine seeds agree and the run's own fails: what `dvc exp run` will print is known."""
    loss, low, high = expected_of([0.4] * 9, [0.69])
    assert (loss, low, high) == pytest.approx((0.4, 0.4, 0.69))


def test_nothing_is_prescribed_without_a_promise():
    assert prescription(content_of(), EDIT, None) is None
    assert prescription(content_of(), {}, Promise(np.ones(2), np.ones(1))) is None

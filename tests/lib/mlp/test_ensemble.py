"""Several networks whose predictions are averaged: their seeds, histories and arrays."""

import numpy as np
import pytest

from stages.lib.core.errors import UserError
from stages.lib.mlp import ensemble
from stages.lib.mlp.fit import Fit
from stages.lib.mlp.program import program
from stages.lib.mlp.saved import TrainedNetwork, parse_network
from stages.lib.params.section import SEEDS
from tests.cards import task_of
from tests.conftest import settings, train_settings
from tests.diagnose.tables import untrained


def test_the_first_member_is_the_network_of_the_seed_itself():
    single = program(train_settings(seed=7, layers=[4]), task_of(), 3)
    first, second = program(train_settings(seed=7, layers=[4], members=2), task_of(), 3).members
    assert first.replica == single.replica and first.params == single.params
    for name, array in single.initial().items():
        np.testing.assert_array_equal(first.initial()[name], array)
    name = "layer_0.kernel"
    assert np.abs(second.initial()[name] - single.initial()[name]).max() > 0.01


def test_ensembles_of_different_seeds_share_no_network():
    seeds = [0, 1, 2, SEEDS - 1]
    every = [ensemble.member_seed(seed, member) for seed in seeds for member in range(5)]
    assert len(set(every)) == len(every)
    kernels = []
    for seed in (0, 1):
        plan = program(train_settings(seed=seed, layers=[4], members=2), task_of(), 3)
        kernels += [member.initial()["layer_0.kernel"].tobytes() for member in plan.members]
    assert len(set(kernels)) == 4


def test_of_members_that_end_at_different_epochs_the_last_row_stays():
    rows = [[{"epoch": e, "loss": float(v)} for e, v in enumerate(v)] for v in ([8, 4], [6, 4, 1])]
    mean = ensemble.history([Fit(history=one) for one in rows])
    assert mean == [{"epoch": 0, "loss": 7}, {"epoch": 1, "loss": 4}, {"epoch": 2, "loss": 2.5}]
    assert ensemble.history([Fit(history=rows[0])]) is rows[0]


def test_arrays_are_parted_as_they_were_joined():
    each = [{"a.b": np.full(2, k), "c": np.full(1, k)} for k in range(3)]
    together = ensemble.joined(each)
    assert len(together) == 6
    for arrays, again in zip(each, ensemble.parted(together, each[0], 3), strict=True):
        assert {k: v.tolist() for k, v in arrays.items()} == {
            k: v.tolist() for k, v in again.items()
        }
    assert list(ensemble.joined(each[:1])) == ["a.b", "c"]


def test_one_that_diverged_is_told_of_all():
    assert ensemble.status(["completed", "stopped_early", "diverged"]) == "diverged"
    assert ensemble.status(["completed", "stopped_early"]) == "stopped_early"
    assert ensemble.status(["completed", "completed"]) == "completed"


def test_network_json_has_the_members_where_there_are_several():
    found = untrained(**{"data.synthetic.rows": 100, "train.layers": [4]}).network
    several = TrainedNetwork(found.network, found.contract, found.training, 3)
    assert "members" not in found.plain()
    read = parse_network(several.plain(), "network.json")
    assert read == several
    assert len(read.shapes) == 3 * len(found.shapes)
    for wrong in (0, True, "3", 10**6):
        with pytest.raises(UserError, match=r"network\.json: members: expected a whole number"):
            parse_network(several.plain() | {"members": wrong}, "network.json")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("train.model.file", "data/programs/mine.json"),
        ("train.initial_weights", "data/initial_weights/mine.npz"),
    ],
)
def test_what_cannot_be_an_ensemble_is_refused(key, value):
    expected = rf"params\.yaml: train\.members: expected 1 beside {key}.*Received: 2"
    with pytest.raises(UserError, match=expected):
        settings(**{key: value, "train.members": 2})

"""The data sets: enough of each kind, drawn anew at each replicate, and what is made of others."""

import numpy as np
import pandas as pd
import pytest

from stages.lib.core.splits import SPLITS
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import REGRESSION
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.datasets import changes, shipped
from stages.tools.claims.datasets.dataset import replicate
from stages.tools.claims.datasets.drawn import scenario
from stages.tools.claims.datasets.table import DATA_SETS, KINDS
from stages.tools.claims.networks import CHOICES, Network

DEPTHS = (1, 2, 4, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_at_least_ten(kind):
    assert len(set(KINDS[kind])) >= 10
    assert set(KINDS[kind]) <= set(DATA_SETS)


def test_every_table_is_of_every_task_real_and_drawn():
    every = [DATA_SETS[name] for name in KINDS["every table"]]
    tasks = {replicate(data_set, 0).task.kind.name for data_set in every}
    assert tasks == {"binary", "multiclass", "multilabel", "regression"}
    assert sum(data_set.is_drawn for data_set in every) >= 5
    # Beside those that stages/generate bundles, four more real ones.
    assert {"titanic", "glass", "penguins", "cpu"} <= set(KINDS["every table"])
    assert sum(not data_set.is_drawn for data_set in every) >= 8


@pytest.mark.parametrize("name", DATA_SETS)
def test_replicates_differ_and_are_the_same_again(name):
    data_set = DATA_SETS[name]
    one, other = replicate(data_set, 3), replicate(data_set, 4)
    sizes = [data_set.sizes.train, data_set.sizes.validation, data_set.sizes.test]
    for data in (one, other):
        assert [len(data.tables[split]) for split in SPLITS] == sizes
    assert not one.tables["train"].equals(other.tables["train"])
    replicate.cache_clear()
    assert replicate(data_set, 3).tables["test"].equals(one.tables["test"])


def test_a_real_row_is_in_one_split_only():
    """Wine has no row twice."""
    data = replicate(DATA_SETS["wine"], 0)
    rows = pd.concat([data.tables[split] for split in SPLITS])
    assert len(rows) == 176 and not rows.duplicated().any()


def test_kinds_are_what_they_say():
    def columns(name: str) -> pd.DataFrame:
        data = replicate(DATA_SETS[name], 0)
        return data.tables["train"].drop(columns=data.targets)

    for name in KINDS["unequal ranges"]:
        deviations = columns(name).std()
        assert deviations.max() > 10 * deviations[deviations > 0].min(), name
    for name in KINDS["small ranges"]:
        assert columns(name).abs().max().max() < 8, name
    for name in KINDS["heavy tails"]:
        assert columns(name).kurtosis().max() > 6, name
    tasks = {"two classes": "binary", "several classes": "multiclass", "numbers": "regression"}
    for kind, task in tasks.items():
        assert {replicate(DATA_SETS[n], 0).task.kind.name for n in KINDS[kind]} == {task}


def test_shipped_tables_have_the_published_numbers():
    """Of rows and classes, by their descriptions at OpenML; of survivors 500."""
    titanic, cpu, glass = shipped.titanic(), shipped.cpu(), shipped.glass()
    assert len(titanic.targets) == 1309 and (titanic.targets["label"] == "1").sum() == 500
    assert titanic.features["age"].isna().sum() == 263
    assert len(cpu.targets) == 209 and cpu.features["MYCT"].max() == 1500
    assert glass.targets["label"].value_counts().tolist() == [87, 76]
    species = shipped.penguins().targets["label"].value_counts()
    assert species.to_dict() == {"Adelie": 151, "Gentoo": 123, "Chinstrap": 68}
    assert len(shipped.penguins_sex().targets) == 333
    assert shipped.chess().targets["label"].value_counts().to_dict() == {"won": 1669, "nowin": 1527}


def test_a_table_that_is_not_shipped_is_named():
    with pytest.raises(FileNotFoundError):
        shipped.arff(123456)


NUMBERS = Dataset(
    "numbers",
    pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0], "b": [5.0, np.nan, 5.0, 5.0]}),
    pd.DataFrame({"target": [3.0, 1.0, 2.0, 0.0]}),
    REGRESSION,
)


def test_changes_by_hand():
    assert changes.in_units(NUMBERS).features["b"].tolist()[0] == 5000
    assert changes.in_parts(NUMBERS, 2).targets["label"].tolist() == ["1", "0", "1", "0"]
    made = changes.column_as_target(NUMBERS, "b")
    assert made.targets["target"].tolist() == [5.0] * 3 and list(made.features) == ["a"]
    classes = changes.column_as_class(NUMBERS, "a")
    assert classes.classes == ("0", "1", "2", "3") and list(classes.features) == ["b"]
    rest = changes.one_against_rest(classes, "2")
    assert rest.targets["label"].tolist() == ["no", "no", "yes", "no"]
    tails = changes.heavy_tailed(NUMBERS).features["a"]
    z = (3 - 1.5) / np.std([0, 1, 2, 3])
    assert tails.tolist()[3] == pytest.approx(np.exp(1.5 * z) - 1)
    assert tails.tolist()[0] == pytest.approx(-tails.tolist()[3])


def test_drawn_rows_are_the_scenarios():
    table = scenario("friedman", 7, noise_sd=0.0)(50, 1)
    x = table.features
    mean = 10 * np.sin(np.pi * x["x1"] * x["x2"]) + 20 * (x["x3"] - 0.5) ** 2
    mean += 10 * x["x4"] + 5 * x["x5"]
    assert np.allclose(table.targets["target"], mean) and x.shape == (50, 7)


# ------------------------------------------------------------------------------------- networks


def test_over_the_data_sets_every_depth_and_activation_comes_up():
    turns = [list(DATA_SETS).index(name) for name in KINDS["every table"]]
    own = {network for turn in turns for network in CHOICES["own"](turn, DEPTHS)}
    assert own == {Network(d, a) for d in DEPTHS for a in ("relu", "tanh", "sigmoid")}
    for activation in ("relu", "tanh", "sigmoid"):
        found = {n for turn in turns for n in CHOICES[activation](turn, DEPTHS)}
        assert found == {Network(depth, activation) for depth in DEPTHS}


def test_every_part_has_its_kind_and_networks():
    for claim in CLAIMS:
        for part in claim.parts:
            assert part.on in KINDS and part.networks in CHOICES


def test_a_network_as_an_edit():
    assert Network(2, "tanh").edit(16) == {
        "train.layers": [16, 16],
        "train.activation": "tanh",
        "train.kernel_initializer": "glorot_uniform",
    }

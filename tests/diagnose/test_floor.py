"""Floors against known answers, and the permutation test against its own null distribution."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from stages.diagnose.floor import (
    ALPHA,
    CONSTANT,
    LAW,
    MAX_BOOSTED_CLASSES,
    REFERENCES,
    floor,
    permutation_p_values,
)
from stages.diagnose.floor import _Data as Data
from stages.diagnose.floor import _folds as folds
from stages.diagnose.floor import _shuffles as shuffles
from stages.diagnose.floor import _standard_error as standard_error
from stages.lib.tables.dataset import Dataset
from stages.lib.trials.statistics import SIMPLE, Design
from stages.lib.trials.subject import Subject
from tests.diagnose.test_checks import coin, table, untrained


def scenario(name: str, **changes) -> Subject:
    given = {"scenario": name, "rows": 1000} | changes
    return untrained(**{f"data.synthetic.{key}": value for key, value in given.items()})


def hidden(subject: Subject) -> Subject:
    """The same data, its law unknown."""
    return dataclasses.replace(subject, card=subject.card | {"floor": None})


def bundled(name: str) -> Subject:
    return untrained(**{"data.source": "bundled", "data.bundled.dataset": name})


def test_coin_flips_have_no_signal_and_the_floor_ln_2():
    found = floor(scenario("coin_flips"), seed=0)
    assert (found.kind, found.reference) == ("exact", LAW)
    assert found.value == pytest.approx(np.log(2))
    assert found.standard_error == 0
    assert not found.signal.found


def test_friedman_has_the_variance_of_its_noise_and_a_signal():
    found = floor(scenario("friedman", noise_sd=2.0), seed=0)
    assert (found.kind, found.value) == ("exact", pytest.approx(4.0))
    assert found.signal.found
    assert found.signal.p_value == pytest.approx(3 / 10_000)
    assert found.chance > 20
    assert all(found.value < loss for loss in found.references.values())


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("income", {}),
        ("gaussian_classes", {"classes": 4}),
        ("friedman", {"noise_sd": 2.0}),
        ("coin_flips", {}),
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_bound_is_above_the_hidden_floor_and_below_chance(name, changes, seed):
    subject = scenario(name, rows=2500, **changes)
    found = floor(hidden(subject), seed)
    exact = subject.card["floor"]["test"]["value"]
    assert found.kind == "bound"
    assert found.reference in REFERENCES
    assert found.value == found.references[found.reference]
    assert found.value > exact - 3 * found.standard_error
    assert found.value < exact + 0.3 * (found.chance - exact) + 3 * found.standard_error
    assert found.chance == pytest.approx(found.references[CONSTANT])


def test_on_noise_the_bound_is_chance():
    subject = scenario("coin_flips", features=20)
    found = floor(hidden(subject), seed=0)
    assert found.reference in (CONSTANT, "gradient boosting")  # cut back to no round at all
    assert found.value == pytest.approx(found.chance, abs=0.01)


@pytest.mark.parametrize(("name", "share"), [("wine", 0.2), ("breast_cancer", 0.3), ("iris", 0.3)])
def test_real_data_have_a_bound_far_below_chance(name, share):
    found = floor(bundled(name), seed=0)
    assert found.kind == "bound"
    assert found.value + 2 * found.standard_error < share * found.chance
    assert found.standard_error > 0
    assert found.signal.found


def test_labels_have_the_mean_of_their_entropies():
    """Coin flips cost ln 2 a label; a law that is known costs its own entropy."""
    found = floor(scenario("tags", label_noise=1.0), seed=0)
    assert (found.kind, found.reference) == ("exact", LAW)
    assert found.value == pytest.approx(np.log(2))
    assert not found.signal.found
    found = floor(scenario("tags", targets=4), seed=0)
    assert found.signal.found
    assert all(found.value < loss for loss in found.references.values())
    assert found.references[CONSTANT] == pytest.approx(found.chance)


@pytest.mark.parametrize(("name", "changes"), [("tags", {}), ("responses", {"noise_sd": 2.0})])
def test_several_targets_have_references_of_their_own(name, changes):
    subject = scenario(name, rows=2500, targets=2, **changes)
    found = floor(hidden(subject), seed=0)
    exact = subject.card["floor"]["test"]["value"]
    assert found.kind == "bound"
    assert set(found.reference.split(", ")) <= set(REFERENCES)
    assert found.value > exact - 3 * found.standard_error
    assert found.value < exact + 0.5 * (found.chance - exact)
    assert found.value <= min(found.references.values()) + found.standard_error
    # as if each were the only one
    losses = []
    for target in subject.targets:
        alone = {"task": "binary", "classes": ["0", "1"]} if name == "tags" else {}
        card = subject.card | alone | {"targets": [target]}
        tables = subject.tables
        if name == "tags":
            one = {part: rows[target].map({0.0: "0", 1.0: "1"}) for part, rows in tables.items()}
            tables = {part: rows.assign(**{target: one[part]}) for part, rows in tables.items()}
        losses.append(floor(hidden(dataclasses.replace(subject, card=card, tables=tables)), 0))
    for reference, loss in found.references.items():
        mean = np.mean([one.references[reference] for one in losses])
        assert loss == pytest.approx(mean, rel=1e-6)


def test_a_regression_is_judged_in_its_own_units():
    subject = bundled("diabetes")
    found = floor(subject, seed=0)
    assert found.value < 0.8 * found.chance
    tables = {
        name: rows.assign(target=rows["target"] * 1000) for name, rows in subject.tables.items()
    }
    card = subject.card | {"chance": {"test": 1e6 * subject.card["chance"]["test"]}}
    scaled = floor(dataclasses.replace(subject, tables=tables, card=card), seed=0)
    assert scaled.value == pytest.approx(1e6 * found.value)
    assert scaled.standard_error == pytest.approx(1e6 * found.standard_error)
    assert scaled.signal == found.signal


def test_the_same_seed_gives_the_same_floor():
    subject = bundled("wine")
    assert floor(subject, seed=3) == floor(subject, seed=3)


def test_the_network_and_its_scaling_do_not_matter():
    subject = bundled("wine")
    empty = dataclasses.replace(subject, x={}, y={}, state={}, network={})
    assert floor(empty, seed=0) == floor(subject, seed=0)


@pytest.mark.parametrize("seed", range(8))
def test_healthy_noise_is_called_noise(seed):
    rng = np.random.default_rng(seed)
    dataset = table(coin(rng), **{f"x{i}": rng.standard_normal(400) for i in range(8)})
    subject = untrained(dataset)
    exact = {"test": {"value": np.log(2), "standard_error": 0.0}}
    found = floor(dataclasses.replace(subject, card=subject.card | {"floor": exact}), seed)
    assert not found.signal.found
    assert found.signal.p_value >= ALPHA


def orders(rng, rows):
    return lambda: rng.permutation(rows)


@pytest.mark.parametrize("kind", ["value", "binary", "multiclass"])
def test_p_values_are_uniform_without_a_signal(kind):
    values = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        if kind == "value":
            target, prediction = rng.standard_normal(60), rng.standard_normal((60, 1))
        else:
            classes = 2 if kind == "binary" else 4
            target = rng.integers(0, classes, 60)
            prediction = rng.dirichlet(np.ones(classes), 60).clip(1e-6)
        found = permutation_p_values({"only": [prediction]}, target[:, None], 199, orders(rng, 60))
        values.append(found["only"])
    assert kstest(values, "uniform").pvalue > 0.01
    assert min(values) >= 1 / 200


def test_p_values_of_several_targets_permute_whole_rows(rng):
    """Two targets that are each other's mirror: alone they would cancel, together they do not."""
    target = rng.standard_normal(200)
    both = np.column_stack([target, -target])
    said = [np.stack([target + rng.standard_normal(200)], axis=1), np.zeros((200, 1))]
    found = permutation_p_values({"good": said, "none": [said[1]] * 2}, both, 199, orders(rng, 200))
    assert found == {"good": 1 / 200, "none": 1.0}


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_p_values_agree_with_counting_the_losses(columns, rng):
    """The shortcuts of the statistic leave the order of the losses as it is."""
    rows = 6
    if columns == 1:
        target, prediction = rng.standard_normal(rows), rng.standard_normal((rows, 1))
    else:
        target = np.arange(rows) % columns
        prediction = rng.dirichlet(np.ones(columns), rows)

    def loss(targets):
        if columns == 1:
            return ((prediction[:, 0] - targets) ** 2).mean()
        return -np.log(prediction[np.arange(rows), targets]).mean()

    count, again = 2000, np.random.default_rng(7)
    losses = np.array([loss(again.permutation(target)) for _ in range(count)])
    expected = (1 + (losses <= loss(target) + 1e-9).sum()) / (count + 1)
    found = permutation_p_values(
        {"only": [prediction]}, target[:, None], count, orders(np.random.default_rng(7), rows)
    )
    assert found["only"] == pytest.approx(expected)


def test_a_constant_prediction_has_the_p_value_1(rng):
    for prediction in (np.full((500, 1), 0.3), np.full((500, 2), 0.5), np.full((500, 3), 1 / 3)):
        target = rng.integers(0, max(2, prediction.shape[1]), 500)
        found = permutation_p_values({"only": [prediction]}, target[:, None], 99, orders(rng, 500))
        assert found == {"only": 1.0}


def test_text_gaps_and_far_values_are_no_hindrance(rng):
    label = coin(rng)
    number = rng.standard_normal(400)
    number[:40] = np.nan
    text = pd.Series(np.where(label == "yes", "a", "b")).where(rng.uniform(size=400) < 0.8, "c")
    subject = untrained(table(label, number=number, text=text, gap=np.where(number > 9, 1, np.nan)))
    subject.tables["test"].loc[0, "number"] = 1e38
    subject.tables["test"].loc[1, "text"] = "new"
    found = floor(subject, seed=0)
    assert found.value < 0.6 * found.chance
    assert found.signal.found


@pytest.mark.parametrize("rows", [10, 40])
def test_few_rows_have_a_floor_too(rng, rows):
    shares = {"data.split.validation": 0.4, "data.split.test": 0.4}
    for target in (coin(rng, rows), pd.Series(rng.standard_normal(rows))):
        dataset = table(target, x=rng.standard_normal(rows))
        found = floor(untrained(dataset, **shares), seed=0)
        assert np.isfinite([found.value, found.standard_error, found.signal.p_value]).all()


def test_a_rare_class_and_many_classes_have_a_floor(rng):
    rare = pd.Series(rng.choice(["no", "yes"], 300))
    rare[:5] = "seldom"
    many = pd.Series(np.arange(600) % (MAX_BOOSTED_CLASSES + 10)).map("class {}".format)
    for target in (rare, many):
        found = floor(untrained(table(target, x=rng.standard_normal(len(target)))), seed=0)
        assert np.isfinite(list(found.references.values())).all()
    assert "gradient boosting" not in found.references


def test_a_constant_training_target_has_a_floor(rng):
    subject = untrained(table(pd.Series(rng.standard_normal(60)), x=rng.standard_normal(60)))
    still = subject.tables["train"].assign(target=2.0)
    found = floor(dataclasses.replace(subject, tables=subject.tables | {"train": still}), seed=0)
    assert np.isfinite(found.value)
    assert found.signal.p_value == 1


def test_more_labels_than_are_boosted_have_a_floor():
    subject = scenario("tags", rows=400, targets=MAX_BOOSTED_CLASSES + 1)
    found = floor(hidden(subject), seed=0)
    assert set(found.reference.split(", ")) <= {*REFERENCES} - {"gradient boosting"}
    assert found.value < found.chance


def rows_of(rng, sizes=(), ordered=False) -> Data:
    """Rows of three classes, in groups of these sizes or in the order of time."""
    rows = sum(sizes) or 100
    groups = np.repeat(np.arange(len(sizes)), sizes) if sizes else None
    return Data(
        rng.standard_normal((rows, 2)), rng.integers(0, 3, rows), 3, Design(groups=groups), ordered
    )


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("sizes", [[4] * 30, [50, 3, 2, 1], [7, 5]])
def test_references_are_not_judged_on_a_group_they_were_fitted_on(rng, sizes, classes):
    data = dataclasses.replace(rows_of(rng, sizes), classes=classes)
    found = folds(data, seed=0)
    assert len(found) == min(5, len(sizes))
    for fitted, judged in found:
        assert not set(data.groups[fitted]) & set(data.groups[judged])
    assert sorted(np.concatenate([judged for _, judged in found])) == list(range(sum(sizes)))


def test_references_are_judged_on_later_rows(rng):
    for fitted, judged in folds(rows_of(rng, ordered=True), seed=0):
        assert fitted.max() < judged.min()


def test_groups_are_shuffled_within_and_among_their_size(rng):
    data = rows_of(rng, [2, 3, 2, 1])
    draw = shuffles(data, rng)
    seen = set()
    for _ in range(1000):
        order = draw()
        assert sorted(order) == list(range(8))
        for group in range(4):
            came = data.groups[order[data.groups == group]]
            assert len(set(came)) == 1  # a whole group, of the same size
            assert (data.groups == came[0]).sum() == (data.groups == group).sum()
        seen.add(tuple(order))
    assert len(seen) == 2 * 2**2 * 6  # which of the two pairs, either way round, and the three


def test_blocks_of_time_are_shuffled_whole(rng):
    draw = shuffles(rows_of(rng, ordered=True), rng)
    order = draw()
    assert sorted(order) == list(range(100))
    assert (np.diff(order.reshape(10, 10), axis=1) == 1).all()
    assert (order.reshape(10, 10)[:, 0] != np.arange(0, 100, 10)).any()


def patients(seed: int, effect: float) -> Dataset:
    """60 patients of 1 to 10 visits; one column is the same at all visits of a patient, and so,
    but for the visits' luck, is the label, which follows the column by this effect."""
    rng = np.random.default_rng(seed)
    patient = np.repeat(np.arange(60), rng.integers(1, 11, 60))
    constant = rng.standard_normal(60)
    sick = constant * effect + rng.standard_normal(60) > 0
    label = np.where(rng.uniform(size=len(patient)) < 0.05, ~sick[patient], sick[patient])
    made = table(pd.Series(np.where(label, "yes", "no")), a=constant[patient])
    return dataclasses.replace(made, groups=pd.Series(patient, name="patient"))


def test_p_values_over_groups_are_honest_where_those_over_rows_are_not():
    """Neither target nor prediction changes within a group, and neither knows of the other: as so
    many rows they would make luck look sure."""
    low = {True: 0, False: 0}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(20), 20)
        target, prediction = rng.standard_normal((2, 20))[:, groups]
        for known in low:
            design = Design(groups=groups) if known else SIMPLE
            data = Data(prediction[:, None], target[:, None], 0, design)
            said = {"only": [prediction[:, None]]}
            p_value = permutation_p_values(said, data.target, 99, shuffles(data, rng))["only"]
            low[known] += p_value <= 0.1
    assert low[True] <= 13  # of 60 at the 10 % level: the 99.5th percentile of luck
    assert low[False] > 18


def test_a_bound_is_one_for_new_patients():
    """Trees that know the patient by the column are best on more visits of the same patients."""
    subject = untrained(patients(3, effect=4.0))
    found = floor(subject, seed=0)
    assert found.signal.found
    assert found.reference == "linear model"
    card = {key: value for key, value in subject.card.items() if key != "groups"}
    found = floor(dataclasses.replace(subject, card=card), seed=0)
    assert found.reference == "gradient boosting"


def test_the_error_of_a_bound_is_over_groups():
    """Two groups whose means are 0 and 4: of their mean, 2, the standard error is sqrt(8 / 2)."""
    loss = np.array([0.0, 0.0, 4.0, 4.0])
    assert standard_error(loss, Design(groups=np.array([5, 5, 3, 3]))) == pytest.approx(2.0)
    assert standard_error(loss, SIMPLE) < 1.2

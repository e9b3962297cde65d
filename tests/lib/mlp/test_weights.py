"""Weights of rows and of classes: an integer weight is a row repeated so often, 1 is no weight."""

from dataclasses import astuple, replace
from functools import partial
from pathlib import Path

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from stages.diagnose.diagnosis import diagnose
from stages.diagnose.floor.estimate import estimate_floor
from stages.diagnose.floor.permutation import permutation_tests
from stages.diagnose.floor.references import CONSTANT
from stages.evaluate import curves
from stages.evaluate.scores import calibration_table, scores
from stages.generate.card import card
from stages.generate.split import split_rows
from stages.lib import params
from stages.lib.artifacts.card import Card
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.mlp.batches import Batches, Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import train
from stages.lib.mlp.program import program
from stages.lib.mlp.step import GraphCache
from stages.lib.mlp.weights import class_weights
from stages.lib.params.edits import edited
from stages.lib.tables.dataset import Dataset
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import Design, paired
from tests.cards import card_of, task_of
from tests.conftest import changed, content_of, lead, settings, train_settings
from tests.subjects import subject_of

TASKS = ("binary", "multiclass", "multilabel", "regression", "several")
ROWS = 30  # of each split
GRAPHS = GraphCache()


def targets(task: str, rng: np.random.Generator) -> np.ndarray:
    """[3 ROWS, targets]; codes come in the order 0, 1, 2, 0, ..."""
    if task in ("binary", "multiclass"):
        return (np.arange(3 * ROWS) % (2 if task == "binary" else 3))[:, None]
    width = 1 if task == "regression" else 2
    numbers = rng.normal(size=(3 * ROWS, width))
    return (numbers > 0).astype(float) if task == "multilabel" else numbers


def said(task: str, target: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Predictions of these targets as train writes them."""
    several = target.shape[1] > 1
    names = [f"target_{k}" if several else "target" for k in range(target.shape[1])]
    table = pd.DataFrame(target, columns=names)
    if task in ("regression", "several"):
        for name in names:
            table[name.replace("target", "prediction")] = rng.normal(size=len(target))
        return table
    shares = rng.uniform(0.05, 0.95, (len(target), 3 if task == "multiclass" else 2))
    if task != "multilabel":
        shares /= shares.sum(axis=1, keepdims=True)
    return table.assign(**{f"probability_{k}": share for k, share in enumerate(shares.T)})


def facts(task: str) -> Card:
    if task in ("multilabel", "several"):
        kind = "regression" if task == "several" else task
        return card_of(task=kind, targets=["a", "b"])
    classes = {"binary": ["x", "y"], "multiclass": ["x", "y", "z"]}.get(task, [])
    return card_of(task=task, targets=["a"], classes=classes)


@hypothesis.settings(max_examples=30)
@given(
    task=st.sampled_from(TASKS),
    seed=st.integers(0, 2**16),
    times=st.lists(st.integers(0, 4), min_size=ROWS, max_size=ROWS),
    factor=st.sampled_from([1.0, 0.125, 3e5]),
)
def test_integer_weights_score_as_repeated_rows(task, seed, times, factor):
    """Up to a common factor, which changes nothing."""
    rng = np.random.default_rng(seed)
    times = np.array(times)
    times[:6] += 1  # a row of each class counts
    table = said(task, targets(task, rng)[:ROWS], rng)
    repeated = table.iloc[np.repeat(np.arange(ROWS), times)]
    weighted = table.assign(weight=factor * times)
    assert_same(scores(weighted, facts(task), 7), scores(repeated, facts(task), 7))


def assert_same(found: dict, wanted: dict) -> None:
    """Numbers in mappings of mappings, to rounding."""
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if isinstance(value, dict):
            assert_same(found[name], value)
        else:
            assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-9), name


@pytest.mark.parametrize("task", TASKS)
def test_weights_of_1_are_none(task, rng):
    table = said(task, targets(task, rng)[:ROWS], rng)
    weighted = table.assign(weight=1.0)
    assert_same(scores(weighted, facts(task), 7), scores(table, facts(task), 7))
    history = pd.DataFrame({"epoch": [0]})
    drawn, plain = (curves.tables(history, one, facts(task), 7) for one in (weighted, table))
    for name in plain:
        pd.testing.assert_frame_equal(drawn[name], plain[name], check_dtype=False)


def test_weighted_scores_by_hand():
    table = pd.DataFrame(
        {"target": [0, 1], "probability_0": [0.9, 0.4], "probability_1": [0.1, 0.6],
         "weight": [3.0, 1.0]}
    )  # fmt: skip
    found = scores(table, facts("binary"), 10)
    assert found["log_loss"] == pytest.approx(-(3 * np.log(0.9) + np.log(0.6)) / 4)
    assert found["brier"] == pytest.approx((3 * 0.01 + 0.16) / 4)
    assert found["calibration_error"] == pytest.approx((3 * 0.1 + 0.4) / 4)
    bins = calibration_table(np.array([0, 1]), np.array([[0.9, 0.1], [0.4, 0.6]]), 10, table.weight)
    assert bins["rows"].tolist() == [1.0, 3.0]


# ------------------------------------------------------------------------------------- the data


def dataset(task: str, rng: np.random.Generator, weights: np.ndarray | None) -> Dataset:
    known = facts(task)
    target = pd.DataFrame(targets(task, rng), columns=list(known.targets))
    if task in ("binary", "multiclass"):
        target = target.map(lambda code: known.classes[code])
    splits = pd.Series(np.repeat(SPLITS, ROWS), name="split")
    own = None if weights is None else pd.Series(weights, name="weight")
    features = pd.DataFrame({"f": rng.normal(size=3 * ROWS)})
    return Dataset(
        "made", features, target, known.task.kind, known.task.classes, splits=splits, weights=own
    )


def repeated(one: Dataset, times: np.ndarray) -> Dataset:
    rows = np.repeat(np.arange(len(times)), times)
    parts = {
        name: getattr(one, name).iloc[rows].reset_index(drop=True)
        for name in ("features", "targets", "splits")
    }
    return replace(one, **parts, weights=None)


def stated(one: Dataset) -> dict:
    """As card.json has it."""
    return card("file", one, split_rows(one, settings().data.split, 0)).plain()


@hypothesis.settings(max_examples=30)
@given(
    task=st.sampled_from(TASKS),
    seed=st.integers(0, 2**16),
    times=st.lists(st.integers(0, 3), min_size=3 * ROWS, max_size=3 * ROWS),
    factor=st.sampled_from([1.0, 0.5]),
)
def test_chance_of_integer_weights_is_that_of_repeated_rows(task, seed, times, factor):
    times = np.array(times)
    times[::10] += 1  # every class counts in every split
    times[1::10] += 1
    times[2::10] += 1
    weighted = dataset(task, np.random.default_rng(seed), factor * times)
    found, wanted = stated(weighted), stated(repeated(weighted, times))
    assert found.pop("weights") == "weight"
    assert found.pop("chance") == pytest.approx(wanted.pop("chance"), rel=1e-8)
    assert found | {"rows": 0} == wanted | {"rows": 0}


@pytest.mark.parametrize("task", TASKS)
def test_chance_of_weights_of_1(task):
    found = stated(dataset(task, np.random.default_rng(3), np.ones(3 * ROWS)))
    wanted = stated(dataset(task, np.random.default_rng(3), None))
    assert "weights" not in wanted
    assert found == {**wanted, "weights": "weight"}


@pytest.mark.parametrize(
    ("nothing", "words"),
    [
        (slice(ROWS, 2 * ROWS), "above 0 in every split.*all 30 rows of the validation split"),
        (slice(0, ROWS, 2), "every class in every split.*'x'.*of the train split"),
    ],
)
def test_rows_of_weight_0_are_none_in_a_split(nothing, words):
    weights = np.ones(3 * ROWS)
    weights[nothing] = 0.0
    with pytest.raises(UserError, match=words):
        stated(dataset("binary", np.random.default_rng(0), weights))


# ------------------------------------------------------------------------------------ the engine


def test_weights_follow_their_rows(rng):
    """In every seed's order, in groups of a table beyond the buffer, into the last batch."""
    x = np.arange(100, dtype="float32")[:, None]
    codes = (np.arange(100) % 3).astype("int32")[:, None]
    weights, of_class = rng.gamma(1.0, size=100), np.array([1.0, 0.5, 4.0])
    part = Part(x, codes, weights=weights, class_weights=of_class)
    for buffer in (10**6, 100):
        batches = Batches([part], [(7, 0), (8, 0)], 16, 0, buffer)
        assert (batches.shuffle.groups > 1) == (buffer == 100)
        for block in batches.blocks_of(1):
            rows = block.x[..., 0].astype(int)
            wanted = (weights * of_class[codes[:, 0]])[rows]
            np.testing.assert_allclose(block.factors, wanted, rtol=1e-6)


def test_without_weights_none_are_taken():
    x = np.zeros((20, 1), "float32")
    [block] = Batches([Part(x, x)], [(0, 0)], 8, 0).blocks_of(0)
    assert block.factors is None


def fits(parts: list[Part], seeds_and_parts: list[tuple[int, int]], **changes) -> list:
    given_train = train_settings(layers=[6], epochs=2, dropout=0.2, batch_size=16, **changes)
    plan = program(given_train, task_of(), 3)
    encoded = [part._replace(encode=plan.contract.encode) for part in parts]
    replicas = [replace(plan.replica, seed=seed, part=part) for seed, part in seeds_and_parts]
    starts = [replace(plan, params=plan.params.model_copy(update={"seed": one.seed})).initial()
              for one in replicas]  # fmt: skip
    constants = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
    engine = Engine(plan.network, plan.contract, "adam", constants, replicas, encoded, 16, GRAPHS)
    return train(
        engine, starts, {"train": encoded, "validation": encoded},
        [plan.fit_config] * len(replicas),
        lambda outputs, split, rows: 0.0,
    )  # fmt: skip


def test_a_replica_with_weights_does_not_depend_on_the_others(rng):
    x = rng.normal(size=(50, 3)).astype("float32")
    codes = rng.integers(0, 2, (50, 1)).astype("int32")
    parts = [Part(x, codes, weights=rng.gamma(1.0, size=50)) for _ in range(2)]
    both = [(1, 0), (2, 1), (1, 1)]
    together = fits(parts, both)
    for one, (seed, part) in zip(together, both, strict=True):
        [alone] = fits([parts[part]], [(seed, 0)])
        for name in one.arrays:
            np.testing.assert_allclose(one.arrays[name], alone.arrays[name], rtol=1e-4, atol=1e-6)
    # and the weights are what makes the difference
    first, other = together[0].history, together[2].history
    assert abs(first[-1]["running_loss"] - other[-1]["running_loss"]) > 1e-3


def test_weights_of_1_train_as_none(rng):
    x = rng.normal(size=(50, 3)).astype("float32")
    codes = rng.integers(0, 2, (50, 1)).astype("int32")
    [plain] = fits([Part(x, codes)], [(1, 0)])
    [ones] = fits([Part(x, codes, weights=np.ones(50))], [(1, 0)])
    for name in plain.arrays:
        np.testing.assert_allclose(ones.arrays[name], plain.arrays[name], rtol=1e-5, atol=1e-7)


CODES = np.array([[0], [0], [0], [1]], dtype="int32")


@pytest.mark.parametrize(
    ("given_weights", "rows", "wanted"),
    [
        (None, None, None),
        ("balanced", None, [4 / 6, 2]),
        ("balanced", np.array([1.0, 0.0, 0.0, 3.0]), [2, 2 / 3]),
        ({"yes": 5.0}, None, [1, 5]),
        ({"yes": 0.0, "no": 0.5}, np.ones(4), [0.5, 0]),
    ],
)
def test_class_weights(given_weights, rows, wanted):
    found = class_weights(train_settings(class_weight=given_weights), card_of().task, CODES, rows)
    if wanted is None:
        assert found is None
    else:
        np.testing.assert_allclose(found, wanted)


@pytest.mark.parametrize(
    ("given_weights", "task", "words"),
    [
        ({"yess": 2.0}, "binary", "classes of the target .'no', 'yes'.*'yess'; did you mean 'yes'"),
        ("balanced", "regression", "null for a regression task.*'balanced'"),
        ({"yes": 2.0}, "multilabel", "null for a multilabel task"),
    ],
)
def test_class_weights_that_stand_for_nothing_are_a_line(given_weights, task, words):
    with pytest.raises(UserError, match=rf"train\.class_weight: expected {words}"):
        class_weights(
            train_settings(class_weight=given_weights),
            replace(task_of(task), classes=("no", "yes")),
            CODES,
        )


@pytest.mark.parametrize("wrong", [{"yes": -1.0}, "equal", 3.0, {"yes": None}])
def test_class_weights_of_another_kind_are_a_line(wrong):
    with pytest.raises(UserError, match=r"train\.class_weight\S*: expected"):
        train_settings(class_weight=wrong)


# --------------------------------------------------------------------------------- the diagnosis


def test_paired_differences_by_weight(rng):
    """Of integers the mean is that of repeated rows; a factor changes nothing; 1 is no weight."""
    difference = rng.normal(0.2, 1.0, (4, 60))
    weights = rng.integers(0, 4, 60).astype("float64")
    found = paired(difference, Design(weights))
    assert found.mean == pytest.approx(np.repeat(difference, weights.astype(int), axis=1).mean())
    scaled = paired(difference, Design(7.5 * weights))
    assert scaled.interval() == pytest.approx(found.interval())
    ones, none = paired(difference, Design(np.ones(60))), paired(difference)
    assert (ones.error, ones.freedom) == (none.error, none.freedom)
    assert ones.mean == pytest.approx(none.mean, rel=1e-14)
    counts = weights > 0
    assert paired(difference[:, counts], Design(weights[counts])) == found


@hypothesis.settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=4), st.integers(0, 99))
def test_integer_weights_are_repeated_rows_of_the_same_group(rows, seed):
    """To the last part of the error; a group whose rows stand for none is none."""
    times, groups = np.array([*rows, (1, 5), (2, 6)]).T
    difference = np.random.default_rng(seed).normal(0.2, 1.0, (3, len(times)))
    found = paired(difference, Design(times.astype("float64"), groups))
    again = np.repeat(np.arange(len(times)), times)
    repeated = paired(difference[:, again], Design(groups=groups[again]))
    assert astuple(found) == pytest.approx(astuple(repeated))


def test_the_interval_of_a_weighted_mean_covers_it(rng):
    """At the weights' own spread: rows of a large weight decide, and are few."""
    inside = 0
    for _ in range(400):
        weights = rng.gamma(0.7, size=80)
        seeds, rows = rng.normal(0, 0.1, (5, 1)), rng.normal(0, 1.0, 80)
        difference = 0.3 + seeds + rows + rng.normal(0, 0.3, (5, 80))
        low, high = paired(difference, Design(weights)).interval()
        inside += low <= 0.3 <= high
    assert 0.91 <= inside / 400 <= 0.985


@pytest.mark.parametrize("classes", [0, 2, 3])
@pytest.mark.parametrize("of", ["inputs", "target"])
def test_weights_alone_are_no_signal(classes, of, rng):
    """Whatever they depend on: p-values of noise stay uniform, at least where they are small."""
    values, orders = [], partial(rng.permutation, 60)
    for _ in range(150):
        x = rng.normal(size=60)
        target = rng.integers(0, classes, 60) if classes else rng.normal(size=60)
        weights = 0.2 + (x > 0) * 2.0 if of == "inputs" else 0.2 + 2.0 * (target > 0)
        if classes:
            prediction = np.exp(np.outer(0.5 * x, np.arange(classes)))
            prediction /= prediction.sum(axis=1, keepdims=True)
        else:
            prediction = 0.5 * x[:, None]
        found = permutation_tests({"a": [prediction]}, target[:, None], 99, orders, weights)
        values.append(found["a"].p_value)
    assert kstest(values, "uniform", alternative="greater").pvalue > 0.001
    # and of a signal they are small
    signal = (x > 0).astype(int) if classes else x
    found = permutation_tests({"a": [prediction]}, signal[:, None], 99, orders, weights)
    assert found["a"].p_value == 0.01


def test_p_values_of_weights_of_1(rng):
    prediction = rng.dirichlet(np.ones(3), 50)
    target = rng.integers(0, 3, (50, 1))
    pair = []
    for weights in (None, np.ones(50)):
        orders = partial(np.random.default_rng(1).permutation, 50)
        pair.append(permutation_tests({"a": [prediction]}, target, 299, orders, weights))
    assert pair[0] == pair[1]


@pytest.fixture
def survey(tmp_path, monkeypatch) -> dict:
    """Params of a table in which one class is rare by its weights, and balanced in training."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(400, 2))
    yes = rng.random(400) < 1 / (1 + np.exp(-2 * x[:, 0]))
    weights = np.where(yes, 0.05, 1.0) * rng.integers(0, 4, 400)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": np.where(yes, "yes", "no")})
    Path(tmp_path, "data/inputs").mkdir(parents=True)
    frame.assign(people=weights).to_csv(tmp_path / "data/inputs/t.csv", index=False)
    monkeypatch.chdir(tmp_path)
    return content_of(
        **{
            "data.source": "file", "data.file.path": "data/inputs/t.csv", "data.file.target": "y",
            "data.file.weights": "people", "train.layers": [4], "train.epochs": 20,
            "train.class_weight": "balanced",
        }
    )  # fmt: skip


@pytest.mark.in_turn
def test_the_weights_of_a_table_reach_floor_losses_and_predictions(survey):
    subject = subject_of(survey)
    assert "people" not in [column.name for column in subject.card.columns]
    weights = subject.tables["test"]["people"].to_numpy()
    np.testing.assert_array_equal(subject.predictions["test"]["weight"], weights)
    # Class weights are of the trained loss alone.
    table = subject.predictions["validation"]
    score = scores(table, subject.card, 15)
    last = subject.history.iloc[-1]
    assert last["validation_proper"] == pytest.approx(score["log_loss"], rel=1e-4)
    rows = -np.log(np.where(table["target"], table["probability_1"], table["probability_0"]))
    assert last["validation_loss"] == pytest.approx((table["weight"] * rows).mean(), rel=1e-4)
    own = class_weights(
        params.check(survey).train, subject.task, subject.y["train"],
        subject.tables["train"]["people"],
    )  # fmt: skip
    table = subject.predictions["train"]
    rows = -np.log(np.where(table["target"], table["probability_1"], table["probability_0"]))
    trained = (table["weight"] * own[table["target"]] * rows).mean()
    assert last["training_loss"] == pytest.approx(trained, rel=1e-4)

    found = estimate_floor(subject, 0)
    assert found.references[CONSTANT] == pytest.approx(subject.card.chance.test)
    assert found.signal.found

    laboratory, runs = Laboratory(subject), Runs((0, 1))
    plain = edited(subject.sections, {"train.class_weight": None})
    laboratory.train([subject.sections, plain], runs)
    losses = laboratory.losses(plain, runs, "test")
    wanted = (losses * weights).sum(axis=1) / weights.sum()
    np.testing.assert_allclose(laboratory.means(plain, runs, "test"), wanted)
    assert laboratory.means(subject.sections, runs, "test").mean() > wanted.mean() + 0.1
    # Arms without class weights are what they are alone.
    alone = Laboratory(subject)
    np.testing.assert_array_equal(alone.losses(plain, runs, "test"), losses)


@pytest.mark.slow
def test_class_weights_are_a_cause(survey):
    """Probabilities of balanced classes cost more than those of the data."""
    wanted = {"diagnose.families": ["loss"], "diagnose.seeds": 4, "train.learning_rate": 0.02}
    content = changed(survey, wanted)
    found = diagnose(subject_of(content), params.check(content).diagnose)
    [line] = [line for line in lead(found)["ledger"] if line["line"] == "cause"]
    assert line["edit"] == {"train.class_weight": None}
    assert line["families"] == ["loss"]
    assert lead(found)["prescription"]["commands"] == ["dvc exp run -S train.class_weight=null"]

"""Floors against known answers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.floor import estimate
from stages.diagnose.floor.estimate import LAW, estimate_floor, standard_error
from stages.diagnose.floor.references import (
    CONSTANT,
    MAX_BOOSTED_OUTPUTS,
    REFERENCES,
    Reference,
)
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.tables.dataset import Dataset
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.statistics import SIMPLE, Design
from stages.lib.trials.subject import Subject
from tests.cards import changed_card
from tests.diagnose.tables import coin, table, untrained


def scenario(name: str, **changes) -> Subject:
    given = {"scenario": name, "rows": 1000} | changes
    return untrained(**{f"data.synthetic.{key}": value for key, value in given.items()})


def hidden(subject: Subject) -> Subject:
    """The same data, its law unknown."""
    return dataclasses.replace(subject, card=changed_card(subject.card, floor=None))


def bundled(name: str) -> Subject:
    return untrained(**{"data.source": "bundled", "data.bundled.dataset": name})


def test_coin_flips_have_no_signal_and_the_floor_ln_2():
    found = estimate_floor(scenario("coin_flips"), seed=0)
    assert (found.kind, found.reference) == ("exact", LAW)
    assert found.value == pytest.approx(np.log(2))
    assert found.standard_error == 0
    assert not found.signal.found


def test_friedman_has_the_variance_of_its_noise_and_a_signal():
    found = estimate_floor(scenario("friedman", noise_sd=2.0), seed=0)
    assert (found.kind, found.value) == ("exact", pytest.approx(4.0))
    assert found.signal.found
    assert found.signal.p_value == pytest.approx(3 / 10_000)
    assert found.chance > 20
    assert all(found.value < loss for loss in found.references.values())


@pytest.mark.in_turn
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
@pytest.mark.sampled(1)
def test_a_bound_is_above_the_hidden_floor_and_below_chance(name, changes, seed):
    subject = scenario(name, rows=2500, **changes)
    found = estimate_floor(hidden(subject), seed)
    exact = subject.card.floor.test.value
    assert found.kind == "bound"
    assert found.reference in REFERENCES
    assert found.value == pytest.approx(found.references[found.reference])
    assert found.value == pytest.approx(found.row_losses.mean())
    assert found.value <= found.chance
    assert found.value > exact - 3 * found.standard_error
    assert found.value < exact + 0.3 * (found.chance - exact) + 3 * found.standard_error
    assert found.chance == pytest.approx(found.references[CONSTANT])


def test_on_noise_the_bound_is_chance():
    subject = scenario("coin_flips", features=20)
    found = estimate_floor(hidden(subject), seed=0)
    assert found.value <= found.chance
    assert found.value == pytest.approx(found.chance, abs=0.01)


@pytest.mark.in_turn
@pytest.mark.parametrize(("name", "share"), [("wine", 0.2), ("breast_cancer", 0.3), ("iris", 0.3)])
def test_real_data_have_a_bound_far_below_chance(name, share):
    found = estimate_floor(bundled(name), seed=0)
    assert found.kind == "bound"
    assert found.value + 2 * found.standard_error < share * found.chance
    assert found.standard_error > 0
    assert found.signal.found


def test_labels_have_the_mean_of_their_entropies():
    """Coin flips cost ln 2 a label; a law that is known costs its own entropy."""
    found = estimate_floor(scenario("tags", label_noise=1.0), seed=0)
    assert (found.kind, found.reference) == ("exact", LAW)
    assert found.value == pytest.approx(np.log(2))
    assert not found.signal.found
    found = estimate_floor(scenario("tags", targets=4), seed=0)
    assert found.signal.found
    assert all(found.value < loss for loss in found.references.values())
    assert found.references[CONSTANT] == pytest.approx(found.chance)


@pytest.mark.in_turn
@pytest.mark.parametrize(("name", "changes"), [("tags", {}), ("responses", {"noise_sd": 2.0})])
def test_several_targets_have_references_of_their_own(name, changes):
    subject = scenario(name, rows=2500, targets=2, **changes)
    found = estimate_floor(hidden(subject), seed=0)
    exact = subject.card.floor.test.value
    assert found.kind == "bound"
    assert set(found.reference.split(", ")) <= set(REFERENCES)
    assert found.value > exact - 3 * found.standard_error
    assert found.value < exact + 0.5 * (found.chance - exact)
    assert found.value <= min(found.references.values()) + found.standard_error
    # as if each were the only one
    losses = []
    for target in subject.targets:
        alone = {"task": "binary", "classes": ["0", "1"]} if name == "tags" else {}
        card = changed_card(subject.card, **alone, targets=[target])
        tables = subject.tables
        if name == "tags":
            one = {part: rows[target].map({0.0: "0", 1.0: "1"}) for part, rows in tables.items()}
            tables = {part: rows.assign(**{target: one[part]}) for part, rows in tables.items()}
        losses.append(
            estimate_floor(hidden(dataclasses.replace(subject, card=card, tables=tables)), 0)
        )
    for reference, loss in found.references.items():
        mean = np.mean([one.references[reference] for one in losses])
        assert loss == pytest.approx(mean, rel=1e-6)


def test_a_regression_is_judged_in_its_own_units():
    subject = bundled("diabetes")
    found = estimate_floor(subject, seed=0)
    assert found.value < 0.8 * found.chance
    tables = {
        name: rows.assign(target=rows["target"] * 1000) for name, rows in subject.tables.items()
    }
    chance = {name: 1e6 * loss for name, loss in subject.card.chance.items()}
    card = changed_card(subject.card, chance=chance)
    scaled = estimate_floor(dataclasses.replace(subject, tables=tables, card=card), seed=0)
    assert scaled.value == pytest.approx(1e6 * found.value)
    assert scaled.standard_error == pytest.approx(1e6 * found.standard_error)
    gain = pytest.approx(found.signal.highest_gain)  # the last bits are rounded otherwise
    assert scaled.signal == dataclasses.replace(found.signal, highest_gain=gain)


@pytest.mark.in_turn
def test_the_same_seed_gives_the_same_floor():
    subject = bundled("wine")
    assert estimate_floor(subject, seed=3) == estimate_floor(subject, seed=3)


@pytest.mark.in_turn
def test_the_network_and_its_scaling_do_not_matter():
    subject = bundled("wine")
    empty = dataclasses.replace(subject, x={}, y={}, state=None, network=None)
    assert estimate_floor(empty, seed=0) == estimate_floor(subject, seed=0)


def test_text_gaps_and_far_values_are_no_hindrance(rng):
    label = coin(rng)
    number = rng.standard_normal(400)
    number[:40] = np.nan
    text = pd.Series(np.where(label == "yes", "a", "b")).where(rng.uniform(size=400) < 0.8, "c")
    subject = untrained(table(label, number=number, text=text, gap=np.where(number > 9, 1, np.nan)))
    subject.tables["test"].loc[0, "number"] = 1e38
    subject.tables["test"].loc[1, "text"] = "new"
    found = estimate_floor(subject, seed=0)
    assert found.value < 0.6 * found.chance
    assert found.signal.found


@pytest.mark.in_turn
@pytest.mark.parametrize("rows", [10, 40])
def test_few_rows_have_a_floor_too(rng, rows):
    shares = {"data.split.validation": 0.4, "data.split.test": 0.4, "data.split.min_rows": 0}
    for target in (coin(rng, rows), pd.Series(rng.standard_normal(rows))):
        dataset = table(target, x=rng.standard_normal(rows))
        found = estimate_floor(untrained(dataset, **shares), seed=0)
        assert np.isfinite([found.value, found.standard_error, found.signal.p_value]).all()
        assert found.value <= found.chance


@pytest.mark.in_turn
def test_a_rare_class_and_many_classes_have_a_floor(rng):
    rare = pd.Series(rng.choice(["no", "yes"], 300))
    rare[:5] = "seldom"
    many = pd.Series(np.arange(600) % (MAX_BOOSTED_OUTPUTS + 10)).map("class {}".format)
    for target in (rare, many):
        found = estimate_floor(untrained(table(target, x=rng.standard_normal(len(target)))), seed=0)
        assert np.isfinite(list(found.references.values())).all()
    assert "gradient boosting" not in found.references


def test_a_constant_training_target_has_a_floor(rng):
    subject = untrained(table(pd.Series(rng.standard_normal(60)), x=rng.standard_normal(60)))
    still = subject.tables["train"].assign(target=2.0)
    found = estimate_floor(
        dataclasses.replace(subject, tables=subject.tables | {"train": still}), seed=0
    )
    assert np.isfinite(found.value)
    assert not found.signal.found


@pytest.mark.in_turn
def test_more_labels_than_are_boosted_have_a_floor():
    subject = scenario("tags", rows=400, targets=MAX_BOOSTED_OUTPUTS + 1)
    found = estimate_floor(hidden(subject), seed=0)
    assert set(found.reference.split(", ")) <= {*REFERENCES} - {"gradient boosting"}
    assert found.value < found.chance


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


@pytest.mark.in_turn
def test_a_bound_is_one_for_new_patients():
    """Trees that know the patient by the column are best on more visits of the same patients."""
    subject = untrained(patients(3, effect=4.0))
    found = estimate_floor(subject, seed=0)
    assert found.signal.found
    assert found.reference not in ("gradient boosting", "nearest neighbours")
    card = changed_card(subject.card, groups=None)
    found = estimate_floor(dataclasses.replace(subject, card=card), seed=0)
    assert found.reference == "gradient boosting"


def test_the_error_of_a_bound_is_over_groups():
    """Two groups whose means are 0 and 4: of their mean, 2, the standard error is sqrt(8 / 2)."""
    loss = np.array([0.0, 0.0, 4.0, 4.0])
    assert standard_error(loss, Design(groups=np.array([5, 5, 3, 3]))) == pytest.approx(2.0)
    assert standard_error(loss, SIMPLE) < 1.2


# -------------------------------------------------------------------------------- row by row


@pytest.fixture
def only_the_constant(monkeypatch):
    for name in [name for name in REFERENCES if name != CONSTANT]:
        monkeypatch.delitem(REFERENCES, name)


@pytest.mark.parametrize("name", ["diabetes", "wine"])
def test_row_losses_are_in_the_order_of_the_laboratory(name, only_the_constant):
    """The constant's losses are those that the laboratory has of chance, division by division."""
    subject = bundled(name)
    laboratory = Laboratory(subject)
    assert len(laboratory.folds) > 1
    found = estimate_floor(subject, 0, laboratory.folds)
    chance = laboratory.chance_losses(Runs((0,), len(laboratory.folds)), "test")
    assert found.judged_rows is None
    np.testing.assert_allclose(found.row_losses, chance, rtol=1e-6)
    assert found.value == pytest.approx(chance.mean(), rel=1e-6)


def test_sampled_row_losses_say_of_which_rows(only_the_constant, monkeypatch):
    monkeypatch.setattr(estimate, "MAX_TEST_ROWS", 40)
    subject = bundled("diabetes")
    laboratory = Laboratory(subject)
    found = estimate_floor(subject, 0, laboratory.folds)
    chance = laboratory.chance_losses(Runs((0,), len(laboratory.folds)), "test")
    assert len(found.row_losses) == 40 * len(laboratory.folds) < len(chance)
    np.testing.assert_allclose(found.row_losses, chance[found.judged_rows], rtol=1e-6)


def test_row_losses_of_an_exact_floor_are_those_of_the_law():
    subject = scenario("friedman")
    bayes = {split: np.arange(len(rows)) * 1.0 for split, rows in subject.tables.items()}
    found = estimate_floor(dataclasses.replace(subject, bayes=bayes), 0)
    np.testing.assert_array_equal(found.row_losses, bayes["test"])
    assert estimate_floor(subject, 0).row_losses is None


def test_rows_of_no_weight_keep_their_place(rng):
    subject = bundled("diabetes")
    tables = {
        split: rows.assign(w=rng.integers(0, 2, len(rows)).astype(float))
        for split, rows in subject.tables.items()
    }
    subject = dataclasses.replace(
        subject, tables=tables, card=changed_card(subject.card, weights="w")
    )
    found = estimate_floor(subject, 0)
    assert len(found.row_losses) == len(tables["test"])
    assert found.value == pytest.approx(np.average(found.row_losses, weights=tables["test"]["w"]))


def test_a_reference_worse_than_chance_gives_way_to_the_constant(monkeypatch):
    """One that is chosen because it looks best on training rows, and fails on the test rows."""
    subject = bundled("diabetes")
    test_rows = len(subject.tables["test"])

    def fit(rows: EncodedRows, seed: int):
        return lambda x: np.full((len(x), 1), 9.0 if len(x) == test_rows else 0.0)

    monkeypatch.setitem(REFERENCES, "fails", Reference("fails", fit, "a test"))
    monkeypatch.setattr(estimate, "choose_reference", lambda rows, names, seed: "fails")
    found = estimate_floor(subject, 0)
    assert found.references["fails"] > found.chance
    assert (found.reference, found.value) == (CONSTANT, pytest.approx(found.chance))
    assert found.row_losses.mean() == pytest.approx(found.chance)


# ------------------------------------------------------------------------------------- leaks


def test_coin_flips_six_times_have_no_floor(rng, monkeypatch):
    """Each row six times: whoever remembers reaches a loss of 0.1 under coin flips."""
    x = np.repeat(rng.standard_normal((100, 4)), 6, axis=0)
    label = pd.Series(np.repeat(coin(rng, 100).to_numpy(), 6))
    subject = untrained(table(label, **{f"x{k}": x[:, k] for k in range(4)}))
    found = estimate_floor(subject, 0)
    assert "test rows are equal to a training row in every column" in found.withheld
    assert (found.kind, found.reference) == ("bound", CONSTANT)
    assert found.value == pytest.approx(found.chance)
    assert list(found.references) == [CONSTANT]
    assert (found.signal.status, found.signal.reason) == ("cannot_tell", found.withheld)
    monkeypatch.setattr(estimate, "held_out_twins", lambda data: None)
    assert estimate_floor(subject, 0).value < 0.2


@pytest.mark.in_turn
@pytest.mark.parametrize("name", ["iris", "digits"])
def test_real_data_keep_their_floor(name):
    assert estimate_floor(bundled(name), 0).withheld is None


@pytest.mark.slow
def test_of_a_table_that_is_sampled_boosting_sees_all_rows(monkeypatch):
    subject = bundled("digits")
    monkeypatch.setattr(estimate, "MAX_TRAIN_ROWS", 200)
    found = estimate_floor(subject, 0)
    every, sampled = (
        found.references[name] for name in ("boosting of all rows", "gradient boosting")
    )
    assert every < 0.8 * sampled
    assert found.reference == "boosting of all rows" and found.value == pytest.approx(every)
    # Where the others see all rows it is no further one.
    monkeypatch.undo()
    assert "boosting of all rows" not in estimate_floor(subject, 0).references

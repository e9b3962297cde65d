"""Symptoms: each one fires on the change that makes it, and sound runs show none of the grave."""

import dataclasses
import json
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.symptoms import SYMPTOMS, symptoms
from stages.lib.core.splits import SPLITS
from stages.lib.trials.subject import Subject
from tests.subjects import content_of, subject_of

FLOOR, CHANCE = 0.3, math.log(2)
EPOCHS = 20
SECTIONS = {name: content_of()[name] for name in ("normalize", "train")}
FAMILIES = {
    "initialization", "input_normalization", "target_normalization", "optimizer", "learning_rate",
    "schedule", "batch_size", "epochs", "loss", "output_activation", "hidden_activation",
    "regularization", "capacity", "data",
}  # fmt: skip
# All but those that a short or small run may well show.
GRAVE = {one.name for one in SYMPTOMS} - {
    "still_falling", "underfit", "train_test_gap", "validation_loss_rises",
}  # fmt: skip


def healthy(activation: str = "relu", output: str = "sigmoid") -> Subject:
    """A made-up sound run of two hidden layers: the loss falls from 0.70 to 0.32 and stays."""
    epoch = np.arange(EPOCHS + 1)
    loss = 0.32 + 0.38 * np.exp(-epoch / 2.0)
    history = pd.DataFrame(
        {
            "epoch": epoch,
            "learning_rate": 0.001,
            "running_loss": np.where(epoch == 0, np.nan, loss + 0.01),
            "training_loss": loss,
            "validation_loss": loss + 0.01,
            "training_proper": loss,
            "validation_proper": loss + 0.01,
            "penalty": 0.0,
        }
    )
    probes = pd.DataFrame(
        [
            {
                "epoch": at,
                "layer": layer,
                "activation_mean": 0.3,
                "activation_std": 0.5,
                "flat_share": 0.4,
                "dead_share": 0.0,
                "gradient_rms": 0.01,
                "weight_rms": 0.2,
                "update_ratio": 0.002,
            }
            for at in (0, 1, 2, 5, 10, EPOCHS)
            for layer in (1, 2, 3)
        ]
    )
    rng = np.random.default_rng(0)
    predictions = {}
    for name, rows in {"train": 300, "validation": 100, "test": 100}.items():
        # Right in nine rows of ten at 0.9: a loss of 0.325
        sure, wrong = np.arange(rows) % 2, np.arange(rows) % 10 == 0
        share = np.where(sure == 1, 0.9, 0.1) + rng.uniform(-0.01, 0.01, rows)
        predictions[name] = pd.DataFrame(
            {
                "target": np.where(wrong, 1 - sure, sure),
                "probability_0": 1 - share,
                "probability_1": share,
            }
        )
    layers = [
        {"inputs": inputs, "units": units, "activation": name}
        for inputs, units, name in ((6, 8, activation), (8, 4, activation), (4, 1, output))
    ]
    network = {
        "layers": layers, "status": "completed", "epochs_run": EPOCHS, "kept_epoch": EPOCHS,
        "divergence": None,
    }  # fmt: skip
    return Subject(
        card={"task": "binary", "classes": ["0", "1"], "targets": ["y"]},
        tables=dict.fromkeys(SPLITS, pd.DataFrame()), sections=SECTIONS, state={},
        x={"train": np.zeros((1, 1), "float32")}, y={"train": np.zeros((1, 1), "int32")},
        network=network, history=history, probes=probes, predictions=predictions,
    )  # fmt: skip


def regression() -> Subject:
    """The same with a target of deviation 10 around 50, met to within 1."""
    rng = np.random.default_rng(0)
    target = {name: rng.normal(50, 10, 200) for name in ("train", "validation", "test")}
    one = healthy(output="linear")
    return dataclasses.replace(
        one,
        card={"task": "regression", "classes": [], "targets": ["y"]},
        predictions={
            name: pd.DataFrame({"target": values, "prediction": values + rng.normal(0, 1, 200)})
            for name, values in target.items()
        },
        history=one.history.assign(
            **{f"{name}_proper": one.history["training_proper"] * 100 for name in
               ("training", "validation")}
        ),
    )  # fmt: skip


def labels() -> Subject:
    """Two labels in the place of the class: it, and its opposite."""
    return dataclasses.replace(
        healthy(),
        card={"task": "multilabel", "classes": ["a", "b"], "targets": ["a", "b"]},
        predictions={
            name: pd.DataFrame(
                {
                    "target_0": table["target"],
                    "target_1": 1 - table["target"],
                    "probability_0": table["probability_1"],
                    "probability_1": table["probability_0"],
                }
            )
            for name, table in healthy().predictions.items()
        },
    )


def numbers() -> Subject:
    """The regression's target and another one, in another unit."""
    one = regression()
    return dataclasses.replace(
        one,
        card=one.card | {"targets": ["y", "z"]},
        predictions={
            name: pd.DataFrame(
                {
                    "target_0": table["target"],
                    "target_1": table["target"] / 1000,
                    "prediction_0": table["prediction"],
                    "prediction_1": table["prediction"] / 1000,
                }
            )
            for name, table in one.predictions.items()
        },
    )


def found(subject: Subject, floor: float = FLOOR, chance: float = CHANCE) -> dict[str, dict]:
    """The symptoms by name, after a check of what each of them holds."""
    listed = symptoms(subject, floor, chance)
    json.dumps(listed, allow_nan=False)
    for one in listed:
        assert list(one) == [
            "symptom", "families", "value", "threshold", "layer", "epoch", "text",
        ]  # fmt: skip
        assert set(one["families"]) <= FAMILIES and one["families"]
        assert one["value"] is None or isinstance(one["value"], float)
        assert isinstance(one["threshold"], float)
        assert one["layer"] is None or 1 <= one["layer"] <= len(subject.network["layers"])
        assert type(one["epoch"]) in (int, type(None))
        assert one["text"].endswith(".") and "\n" not in one["text"] and "nan" not in one["text"]
    names = [one["symptom"] for one in listed]
    assert names == [one.name for one in SYMPTOMS if one.name in names]
    return {one["symptom"]: one for one in listed}


def probed(one: Subject, layer: int, first: int = 0, last: int = EPOCHS, **values) -> Subject:
    probes = one.probes.copy()
    at = (probes["layer"] == layer) & probes["epoch"].between(first, last)
    for name, value in values.items():
        probes.loc[at, name] = value
    return dataclasses.replace(one, probes=probes)


def all_probed(one: Subject, **values) -> Subject:
    return dataclasses.replace(one, probes=one.probes.assign(**values))


def trained(one: Subject, **columns: Callable[[np.ndarray], np.ndarray]) -> Subject:
    """Columns of the history as functions of the epoch."""
    epoch = one.history["epoch"].to_numpy()
    given = {name: value(epoch) for name, value in columns.items()}
    return dataclasses.replace(one, history=one.history.assign(**given))


def predicted(one: Subject, change: Callable[[pd.DataFrame], pd.DataFrame], *splits) -> Subject:
    tables = {
        name: change(table.copy()) if name in splits or not splits else table
        for name, table in one.predictions.items()
    }
    return dataclasses.replace(one, predictions=tables)


def shares(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(probability_0=1 - value, probability_1=value)


def network(one: Subject, **values) -> Subject:
    return dataclasses.replace(one, network=one.network | values)


def wrong(table: pd.DataFrame) -> pd.DataFrame:
    """Certain, and right in half of the rows."""
    sure = np.where(np.arange(len(table)) % 4 < 2, 0.9999, 0.0001)
    return table.assign(probability_0=1 - sure, probability_1=sure)


def gap_in(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[3, "probability_1"] = np.nan
    return table


# symptom -> the change that makes it, with the layer and epoch that it names
MADE = {
    "initial_loss_above_chance": (
        trained(healthy(), training_proper=lambda e: np.where(e == 0, 8.0, 0.32)), None, 0,
    ),
    "no_signal_at_start": (all_probed(healthy(), gradient_rms=0.0), None, 0),
    "activations_shrink": (probed(healthy(), 2, activation_std=0.01), 2, 0),
    "activations_grow": (probed(healthy(), 2, activation_std=50.0), 2, 0),
    "gradients_vanish": (probed(healthy(), 1, gradient_rms=1e-6), 1, 0),
    "gradients_explode": (probed(healthy(), 1, gradient_rms=10.0), 1, 0),
    "diverged": (
        network(healthy(), status="diverged", kept_epoch=1,
                divergence={"epoch": 2, "step": 7, "what": "weights"}), None, 2,
    ),
    "updates_too_small": (all_probed(healthy(), update_ratio=2e-5), 1, None),
    "updates_too_large": (probed(healthy(), 3, update_ratio=0.4), 3, None),
    "oscillation": (
        trained(healthy(), training_proper=lambda e: 0.5 + 0.05 * (-1.0) ** e), None, None,
    ),
    "still_falling": (
        trained(healthy(), training_proper=lambda e: 0.69 - 0.01 * e,
                validation_proper=lambda e: 0.70 - 0.01 * e), None, EPOCHS,
    ),
    "plateau": (
        trained(healthy(), training_proper=lambda e: CHANCE - 1e-4 * e), None, EPOCHS,
    ),
    "validation_loss_rises": (
        trained(healthy(), validation_proper=lambda e: 0.4 + 0.001 * (e - 6.0) ** 2), None, 6,
    ),
    "dead_units": (probed(healthy(), 2, first=10, dead_share=0.75), 2, EPOCHS),
    "hidden_saturation": (probed(healthy("tanh"), 1, 5, 5, flat_share=0.8), 1, 5),
    "output_saturation": (probed(healthy(), 3, 0, 0, flat_share=0.9), 3, 0),
    "non_finite_predictions": (predicted(healthy(), gap_in, "validation"), None, None),
    "constant_predictions": (predicted(healthy(), shares(0.5)), None, None),
    "train_test_gap": (
        predicted(healthy(), lambda t: t.assign(target=np.arange(len(t)) % 3 // 2), "test"),
        None, None,
    ),
    "underfit": (predicted(healthy(), shares(0.5), "train"), None, None),
    "misleading_loss": (
        trained(healthy(), training_loss=lambda e: 0.15 + 0 * e,
                training_proper=lambda e: 7.9 + 0 * e), None, EPOCHS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [one.name for one in SYMPTOMS])
def test_fires_on_its_change(name):
    subject, layer, epoch = MADE[name]
    assert name in found(subject), list(found(subject))
    one = found(subject)[name]
    assert (one["layer"], one["epoch"]) == (layer, epoch)


def test_table():
    names = [one.name for one in SYMPTOMS]
    assert len(set(names)) == len(names) and set(MADE) == set(names)


@pytest.mark.parametrize("activation", ["relu", "tanh", "softmax"])
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_healthy_shows_nothing(activation, output):
    assert found(healthy(activation, output)) == {}
    # Nor the same run where chance is all there is, and it was reached.
    flat = trained(
        healthy(activation, output),
        **{name: lambda e: CHANCE + 0 * e for name in ("training_proper", "validation_proper")},
    )
    assert found(predicted(flat, shares(0.5)), floor=CHANCE) == {}


def test_healthy_regression_shows_nothing():
    assert found(regression(), floor=1.0, chance=100.0) == {}


def test_healthy_runs_with_several_targets_show_nothing():
    assert found(labels()) == {}
    assert found(numbers(), floor=0.5, chance=50.0) == {}


def test_labels_that_are_all_but_constant_or_certain_and_wrong():
    still = predicted(labels(), lambda t: t.assign(probability_0=0.01, probability_1=0.01))
    assert found(still)["constant_predictions"]["value"] < 1e-9
    # one of them that follows its inputs is enough
    assert "constant_predictions" not in found(
        predicted(labels(), lambda t: t.assign(probability_0=0.01))
    )
    # before training outputs near zero cost ln 2 a label, however many there are
    start = trained(labels(), training_proper=lambda e: np.where(e == 0, 1.2, 0.32))
    assert found(start, chance=0.3)["initial_loss_above_chance"]["value"] > 1.7
    assert found(predicted(labels(), gap_in))["non_finite_predictions"]["value"] == 3


def test_several_numbers_that_are_all_but_constant():
    still = predicted(numbers(), lambda t: t.assign(prediction_0=50.0, prediction_1=0.05))
    assert "constant_predictions" in found(still, floor=0.5, chance=50.0)
    # each beside its own scale: one that follows is enough, whatever its unit
    one = predicted(numbers(), lambda t: t.assign(prediction_0=50.0))
    assert "constant_predictions" not in found(one, floor=0.5, chance=50.0)


def test_constant_regression():
    one = predicted(regression(), lambda table: table.assign(prediction=50.0))
    assert set(found(one, 1.0, 100.0)) == {"constant_predictions", "underfit"}
    negative = trained(
        regression(), training_loss=lambda e: -e * 9.0, training_proper=lambda e: 2600 + 0.0 * e
    )
    assert found(negative, 1.0, 100.0)["misleading_loss"]["threshold"] == 0


def test_numbers_by_hand():
    subject, *_ = MADE["initial_loss_above_chance"]
    one = found(subject)["initial_loss_above_chance"]
    assert one["value"] == float(f"{8 / math.log(2):.6g}")
    assert "8, 11.5 times" in one["text"]
    one = found(MADE["train_test_gap"][0])["train_test_gap"]
    losses = {}
    for name, table in MADE["train_test_gap"][0].predictions.items():
        own = np.where(table["target"] == 1, table["probability_1"], table["probability_0"])
        losses[name] = -np.log(own).mean()
    assert one["value"] == pytest.approx((losses["test"] - losses["train"]) / CHANCE, rel=1e-5)


def test_the_gap_of_one_group_is_luck():
    subject = MADE["train_test_gap"][0]
    tables = {
        name: pd.DataFrame({"g": np.zeros(len(t))}) for name, t in subject.predictions.items()
    }
    one_group = dataclasses.replace(subject, card=subject.card | {"groups": "g"}, tables=tables)
    assert "train_test_gap" not in found(one_group)
    each = {name: pd.DataFrame({"g": np.arange(len(t))}) for name, t in tables.items()}
    assert "train_test_gap" in found(dataclasses.replace(one_group, tables=each))


def test_other_ways_to_the_same_symptom():
    dead_start = probed(healthy(), 2, 0, 0, activation_std=0.0)
    assert found(dead_start)["no_signal_at_start"]["layer"] == 2
    erased = probed(healthy(), 1, 0, 0, update_ratio=4.0)
    assert found(erased)["updates_too_large"]["epoch"] == 0
    running = trained(healthy(), running_loss=lambda e: 300 + 50 * (-1.0) ** e)
    assert "oscillation" in found(running)
    for output in ("sigmoid", "softmax"):
        certain = predicted(probed(healthy("relu", output), 3, 20, flat_share=0.99), wrong)
        assert found(certain)["output_saturation"]["epoch"] == EPOCHS


def test_not_blamed():
    """What looks alike but has another cause, or is none."""
    # Without a gradient the learning rate is not too low.
    stopped = probed(all_probed(healthy(), update_ratio=0.0), 1, 1, gradient_rms=0.0)
    stopped = probed(probed(stopped, 2, 1, gradient_rms=0.0), 3, 1, gradient_rms=0.0)
    assert "updates_too_small" not in found(probed(stopped, 1, 0, 0, update_ratio=0.01))
    # Early stopping went back to the best epoch.
    rise = MADE["validation_loss_rises"][0]
    assert "validation_loss_rises" not in found(network(rise, kept_epoch=6))
    # While the validation loss rises, more epochs are no cure.
    falling = MADE["still_falling"][0]
    overfitting = trained(falling, validation_proper=lambda e: 0.6 + 0.01 * e)
    assert "still_falling" not in found(overfitting)
    # A certain network is sound when it is right, and flat relu units are as they should be.
    certain = predicted(
        healthy(),
        lambda t: t.assign(
            probability_1=t["target"].clip(1e-7, 1), probability_0=(1 - t["target"]).clip(1e-7)
        ),
    )
    assert "output_saturation" not in found(probed(certain, 3, 20, flat_share=0.99))  # fmt: skip
    assert "hidden_saturation" not in found(probed(healthy(), 1, flat_share=0.9))
    # Sigmoid units that are flat are saturated, not dead.
    assert "dead_units" not in found(probed(healthy("sigmoid"), 1, dead_share=0.9))
    # Unequal classes start above chance under the best of draws.
    assert "initial_loss_above_chance" not in found(healthy(), floor=0.1, chance=0.2)


def hollow(one: Subject, kept: int | None) -> Subject:
    """The first `kept` epochs after the start alone."""
    return dataclasses.replace(
        one,
        history=one.history[one.history["epoch"] <= kept],
        probes=one.probes[one.probes["epoch"] <= kept],
        network=one.network | {"kept_epoch": kept, "epochs_run": kept},
    )


@pytest.mark.parametrize("epochs", [0, 1, 2, 3])
def test_short_histories(epochs):
    assert not set(found(hollow(healthy(), epochs))) & GRAVE


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nothing_finite_is_no_crash(bad):
    one = healthy("tanh")
    for table in (one.history, one.probes):
        columns = [name for name in table if name not in ("epoch", "layer")]
        for column in columns:
            broken = dataclasses.replace(
                one,
                **{"history" if table is one.history else "probes": table.assign(**{column: bad})},
            )
            found(broken)
        emptied = table.assign(**dict.fromkeys(columns, bad))
        found(dataclasses.replace(
            one, **{"history" if table is one.history else "probes": emptied}
        ))  # fmt: skip
    nothing = predicted(one, lambda t: t.assign(probability_0=bad, probability_1=bad))
    assert set(found(nothing)) == {"non_finite_predictions"}
    assert found(nothing)["non_finite_predictions"]["value"] == 500


def test_few_rows_and_no_room():
    for subject in (healthy("tanh"), *(made[0] for made in MADE.values())):
        found(predicted(subject, lambda t: t.iloc[:0]))
        found(predicted(subject, lambda t: t.iloc[:1]))
        found(dataclasses.replace(subject, probes=subject.probes.iloc[:0]))
        found(subject, floor=0.0, chance=0.0)
        found(subject, floor=0.9, chance=0.2)


def test_no_hidden_layer():
    one = healthy()
    linear = dataclasses.replace(
        network(one, layers=one.network["layers"][-1:]),
        probes=one.probes[one.probes["layer"] == 1],
    )
    assert found(linear) == {}


# --------------------------------------------------------------------------------- real trainings

SMALL = {"data.synthetic.rows": 1000, "train.layers": [16, 8]}
SOUND = SMALL | {"normalize.features": "standard", "train.epochs": 15, "train.learning_rate": 0.005}
MOONS = SOUND | {"data.synthetic.scenario": "moons"}


def of_run(changes: dict) -> dict[str, dict]:
    subject = subject_of(content_of(**changes))
    return found(subject, subject.card["floor"]["test"]["value"], subject.card["chance"]["test"])


@pytest.mark.parametrize("changes", [SOUND, MOONS], ids=["income", "moons"])
def test_sound_runs(changes):
    assert not set(of_run(changes)) & GRAVE


def test_raw_income():
    shown = of_run(SMALL | {"train.layers": [64, 32], "train.epochs": 6})
    assert {"initial_loss_above_chance", "plateau", "underfit"} <= set(shown)
    assert shown["initial_loss_above_chance"]["value"] > 5
    assert "input_normalization" in shown["plateau"]["families"]


def test_deep_narrow_sigmoid():
    shown = of_run(
        SOUND
        | {
            "train.layers": [16] * 5,
            "train.activation": "sigmoid",
            "train.kernel_initializer": {"name": "random_uniform", "minval": -0.05, "maxval": 0.05},
            "train.learning_rate": 0.001,
            "train.epochs": 5,
        }
    )
    assert {"gradients_vanish", "plateau", "constant_predictions"} <= set(shown)
    assert "diverged" not in shown


def test_learning_rate_far_too_high():
    shown = of_run(
        SOUND | {"train.optimizer": "sgd", "train.learning_rate": 10.0, "train.epochs": 8}
    )
    high = {"updates_too_large", "diverged", "oscillation"} & set(shown)
    assert "updates_too_large" in high
    assert all("learning_rate" in shown[name]["families"] for name in high)
    assert "updates_too_small" not in shown


def test_one_unit_softmax_shows_a_low_loss():
    shown = of_run(
        SOUND
        | {
            "train.output_activation": "softmax",
            "train.output_units": 1,
            "train.loss": "binary_crossentropy",
            "train.epochs": 5,
        }
    )
    assert {"misleading_loss", "constant_predictions", "output_saturation"} <= set(shown)


def test_divergence():
    regression = {
        "data.synthetic.scenario": "friedman",
        "train.optimizer": "sgd",
        "train.learning_rate": 100.0,
        "train.epochs": 3,
    }
    shown = of_run(SMALL | regression)
    assert shown["diverged"]["epoch"] == 1

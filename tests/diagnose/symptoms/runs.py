"""Made-up runs, sound ones and changes of them, and the symptoms that they show."""

import dataclasses
import json
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.diagnose.findings import SymptomFinding
from stages.diagnose.symptoms import SYMPTOMS, find_symptoms
from stages.lib.artifacts.network import Training
from stages.lib.core.splits import SPLITS
from stages.lib.mlp.network import Layer, Network
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.params.contract import settle
from stages.lib.params.families import families
from stages.lib.params.train import Train
from stages.lib.trials.subject import Subject
from tests.cards import card_of, task_of
from tests.conftest import content_of
from tests.subjects import subject_of

FLOOR, CHANCE = 0.3, math.log(2)
EPOCHS = 20
SECTIONS = {name: content_of()[name] for name in ("normalize", "train")}
# All but those that a short or small run may well show.
GRAVE = {symptom.name for symptom in SYMPTOMS} - {
    "still_falling", "underfit", "train_test_gap", "validation_loss_rises",
}  # fmt: skip

# Of real trainings.
SMALL = {"data.synthetic.rows": 1000, "train.layers": [16, 8]}
SOUND = SMALL | {"normalize.features": "standard", "train.epochs": 15, "train.learning_rate": 0.005}


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
    layers = Layer(6, 8, activation), Layer(8, 4, activation), Layer(4, 1, output)
    training = Training(
        version=1, parameters=97, status="completed", epochs_run=EPOCHS, kept_epoch=EPOCHS,
        divergence=None,
    )  # fmt: skip
    contract = settle(Train.model_validate(SECTIONS["train"]), task_of())
    network = TrainedNetwork(Network(layers), contract, training)
    return Subject(
        card=card_of(),
        tables=dict.fromkeys(SPLITS, pd.DataFrame()), sections=SECTIONS, state=None,
        x={"train": np.zeros((1, 1), "float32")}, y={"train": np.zeros((1, 1), "int32")},
        network=network, history=history, probes=probes, predictions=predictions,
    )  # fmt: skip


def regression() -> Subject:
    """The same with a target of deviation 10 around 50, met to within 1."""
    rng = np.random.default_rng(0)
    target = {name: rng.normal(50, 10, 200) for name in ("train", "validation", "test")}
    subject = healthy(output="linear")
    return dataclasses.replace(
        subject,
        card=card_of(task="regression"),
        predictions={
            name: pd.DataFrame({"target": values, "prediction": values + rng.normal(0, 1, 200)})
            for name, values in target.items()
        },
        history=subject.history.assign(
            **{f"{name}_proper": subject.history["training_proper"] * 100 for name in
               ("training", "validation")}
        ),
    )  # fmt: skip


def labels() -> Subject:
    """Two labels in the place of the class: it, and its opposite."""
    return dataclasses.replace(
        healthy(),
        card=card_of(task="multilabel", targets=["a", "b"]),
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
    """The regression's target and another subject, in another unit."""
    subject = regression()
    return dataclasses.replace(
        subject,
        card=card_of(task="regression", targets=["y", "z"]),
        predictions={
            name: pd.DataFrame(
                {
                    "target_0": table["target"],
                    "target_1": table["target"] / 1000,
                    "prediction_0": table["prediction"],
                    "prediction_1": table["prediction"] / 1000,
                }
            )
            for name, table in subject.predictions.items()
        },
    )


def shown(
    subject: Subject, floor: float = FLOOR, chance: float = CHANCE
) -> dict[str, SymptomFinding]:
    """The symptoms by name, after a check of what each of them holds."""
    findings = find_symptoms(subject, floor, chance)
    contents = [finding.content() for finding in findings]
    json.dumps(contents, allow_nan=False)
    for content in contents:
        assert list(content) == [
            "symptom", "families", "value", "threshold", "layer", "epoch", "text", "code",
        ]  # fmt: skip
        assert set(content["families"]) <= set(families()) and content["families"]
        assert content["value"] is None or isinstance(content["value"], float)
        assert isinstance(content["threshold"], float)
        assert content["layer"] is None or 1 <= content["layer"] <= len(subject.network.layers)
        assert type(content["epoch"]) in (int, type(None))
        text = content["text"]
        assert text.endswith(".") and "\n" not in text and "nan" not in text
    return {finding.symptom: finding for finding in findings}


def shown_by_training(changes: dict) -> dict[str, SymptomFinding]:
    """The symptoms of a real training with these params."""
    subject = subject_of(content_of(**changes))
    return shown(subject, subject.card.floor.test.value, subject.card.chance.test)


def assert_fires(name: str, subject: Subject, layer: int | None, epoch: int | None) -> None:
    """The subject shows the symptom at this layer and epoch; and with few rows, no probes or no
    room between floor and chance nothing fails."""
    finding = shown(subject)[name]
    assert (finding.layer, finding.epoch) == (layer, epoch)
    shown(predicted(subject, lambda table: table.iloc[:0]))
    shown(predicted(subject, lambda table: table.iloc[:1]))
    shown(dataclasses.replace(subject, probes=subject.probes.iloc[:0]))
    shown(subject, floor=0.0, chance=0.0)
    shown(subject, floor=0.9, chance=0.2)


def probed(subject: Subject, layer: int, first: int = 0, last: int = EPOCHS, **values) -> Subject:
    probes = subject.probes.copy()
    at = (probes["layer"] == layer) & probes["epoch"].between(first, last)
    for name, value in values.items():
        probes.loc[at, name] = value
    return dataclasses.replace(subject, probes=probes)


def all_probed(subject: Subject, **values) -> Subject:
    return dataclasses.replace(subject, probes=subject.probes.assign(**values))


def trained(subject: Subject, **columns: Callable[[np.ndarray], np.ndarray]) -> Subject:
    """Columns of the history as functions of the epoch."""
    epoch = subject.history["epoch"].to_numpy()
    changed = {name: value(epoch) for name, value in columns.items()}
    return dataclasses.replace(subject, history=subject.history.assign(**changed))


def predicted(subject: Subject, change: Callable[[pd.DataFrame], pd.DataFrame], *splits) -> Subject:
    tables = {
        name: change(table.copy()) if name in splits or not splits else table
        for name, table in subject.predictions.items()
    }
    return dataclasses.replace(subject, predictions=tables)


def shares(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda table: table.assign(probability_0=1 - value, probability_1=value)


def training(subject: Subject, **values) -> Subject:
    """With other facts of the training."""
    changed = Training.model_validate(subject.network.training.plain() | values)
    network = dataclasses.replace(subject.network, training=changed)
    return dataclasses.replace(subject, network=network)


def layers(subject: Subject, kept: tuple[Layer, ...]) -> Subject:
    """With these layers only."""
    network = dataclasses.replace(subject.network, network=Network(kept))
    return dataclasses.replace(subject, network=network)


def wrong(table: pd.DataFrame) -> pd.DataFrame:
    """Certain, and right in half of the rows."""
    sure = np.where(np.arange(len(table)) % 4 < 2, 0.9999, 0.0001)
    return table.assign(probability_0=1 - sure, probability_1=sure)


def gap_in(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[3, "probability_1"] = np.nan
    return table

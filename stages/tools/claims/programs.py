"""The three programs that the advice comes with, as configurations of the engine."""

import numpy as np

from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import Paired
from stages.tools.claims.experiment import Experiment, World
from stages.tools.claims.settings import Programs

# What the early-stopping watch would need; the programs have none.
VALIDATION_ROWS = 10

_RAW = {"normalize.features": "none", "normalize.binary": "none"}
_STANDARD = {"normalize.features": "standard", "normalize.binary": "standard"}

PROGRAMS: dict[str, Edit] = {
    "1": {
        **_RAW,
        "train.layers": [32],
        "train.kernel_initializer": "glorot_uniform",
        "train.epochs": 100,
    },
    "2": {
        **_STANDARD,
        "train.layers": [32],
        "train.kernel_initializer": "he_normal",
        "train.epochs": 100,
    },
    "3": {
        **_STANDARD,
        "train.layers": [64, 32],
        "train.kernel_initializer": "he_normal",
        "train.dropout": 0.2,
        "train.epochs": 200,
    },
}
ABOUT = {
    "1": "Dense 32 relu, Keras' defaults, raw inputs, 100 epochs",
    "2": "the same with he_normal and standard scaling",
    "3": "64-32 with he_normal, dropout 0.2 after each, standard scaling, 200 epochs",
}
LOSSES = ("running", "training", "held_out")


def world(given: Programs) -> World:
    """Where the programs are run."""
    return World(given.premise, given.rows, VALIDATION_ROWS, given.test_rows, given.features)


def on_engine(experiment: Experiment, given: Programs) -> dict[str, dict[str, np.ndarray]]:
    """Of each program the running loss of the last epoch, the training loss evaluated after it and
    the held-out loss, float64 [replicates], in nats."""
    found = {}
    for name, edit in PROGRAMS.items():
        histories, held_out = experiment.histories(world(given), edit)
        found[name] = {
            "running": np.array([history[-1]["running_loss"] for history in histories]),
            "training": np.array([history[-1]["training_loss"] for history in histories]),
            "held_out": held_out,
        }
    return found


def estimate(values: np.ndarray) -> dict[str, float]:
    """The mean over replicates with its 95 % interval, Student's t."""
    count = len(values)
    mean = Paired(float(values.mean()), float(values.std(ddof=1) / np.sqrt(count)), count - 1)
    low, high = mean.interval()
    return {"mean": mean.mean, "low": low, "high": high}

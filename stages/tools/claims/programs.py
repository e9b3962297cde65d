"""The three programs that the advice comes with, as configurations of the engine."""

import numpy as np

from stages.lib.params.edits import Edit
from stages.lib.trials.statistics import Paired
from stages.tools.claims.edits import initializer, scaling
from stages.tools.claims.experiment import Experiment
from stages.tools.claims.settings import Programs
from stages.tools.claims.world import World

# What the early-stopping watch would need; the programs have none.
VALIDATION_ROWS = 10

PROGRAMS: dict[str, Edit] = {
    "1": {
        **scaling("none"),
        **initializer("glorot_uniform"),
        "train.layers": [32],
        "train.epochs": 100,
    },
    "2": {
        **scaling("standard"),
        **initializer("he_normal"),
        "train.layers": [32],
        "train.epochs": 100,
    },
    "3": {
        **scaling("standard"),
        **initializer("he_normal"),
        "train.layers": [64, 32],
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


def world_of_programs(settings: Programs) -> World:
    """Where the programs are run."""
    return World(
        settings.premise, settings.rows, VALIDATION_ROWS, settings.test_rows, settings.features
    )


def train_on_engine(experiment: Experiment, settings: Programs) -> dict[str, dict[str, np.ndarray]]:
    """Of each program the running loss of the last epoch, the training loss evaluated after it and
    the held-out loss, float64 [replicates], in nats."""
    losses = {}
    for name, edit in PROGRAMS.items():
        histories, held_out = experiment.histories(world_of_programs(settings), edit)
        losses[name] = {
            "running": np.array([history[-1]["running_loss"] for history in histories]),
            "training": np.array([history[-1]["training_loss"] for history in histories]),
            "held_out": held_out,
        }
    return losses


def estimate(values: np.ndarray) -> dict[str, float]:
    """The mean over replicates with its 95 % interval, Student's t."""
    count = len(values)
    mean = Paired(float(values.mean()), float(values.std(ddof=1) / np.sqrt(count)), count - 1)
    low, high = mean.interval()
    return {"mean": mean.mean, "low": low, "high": high}

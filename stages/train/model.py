"""A Keras model, trained by Keras' own fit, in one process. It is not saved as it goes."""

import os
from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.lib.artifacts.network import Divergence, Training
from stages.lib.artifacts.training import STATISTICS
from stages.lib.core.array_files import read_arrays
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.keras_fit.build import weight_shapes
from stages.lib.keras_fit.fit import KerasFit, Trainer
from stages.lib.keras_fit.model import ModelFile, read_model
from stages.lib.keras_fit.program import KerasProgram, keras_program
from stages.lib.keras_fit.saved import TrainedModel
from stages.lib.mlp import runtime
from stages.lib.mlp.arms import table_of
from stages.lib.mlp.batches import Part
from stages.lib.params import FILE
from stages.lib.params.agreement import check_initial_weights
from stages.lib.transforms.state import NormalizationState
from stages.train.predictions import predictions, proper_loss
from stages.train.result import Given, Result
from stages.train.run import progress, remarks


def train_model(given: Given) -> Result:
    """What its training leaves.

    Raises:
        UserError: the program cannot run, its initial weights are of another one, or several
            processes are to train it.
    """
    if "TF_CONFIG" in os.environ:
        raise UserError("TF_CONFIG", "one process for train.model.file: Keras' fit trains it")
    settings, state = given.params, given.state
    # Before the model is built, and so before it is known how large a step is.
    runtime.configure(settings.threads, settings.device)
    plan = keras_program(settings, state.task, state)
    parts = table_of(settings, state.task, given.x, given.y, given.w).parts(plan)
    start = initial(plan)
    with progress(settings.epochs, 0) as tick:
        score = proper_loss(parts, plan.contract, state)
        fit = Trainer(plan, parts).fit(settings.seed, start, score, tick)
    return Result(
        trained_model(plan, fit).plain(),
        fit.arrays,
        {name: _tables(plan, fit.outputs[name], parts[name], state) for name in SPLITS},
        fit.history,
        pd.DataFrame(columns=["epoch", "layer", *STATISTICS]),
        ["trained by Keras' own fit", *remarks(settings, parts, fit.divergence)],
    )


def initial(program: KerasProgram) -> dict[str, np.ndarray] | None:
    """The arrays of `train.initial_weights` by their paths, or None for those that are drawn.
    Raises UserError for a file that does not fit the model."""
    path = program.params.initial_weights
    if path is None:
        return None
    check_initial_weights(program.params)
    try:
        return read_arrays(path, weight_shapes(program.model))
    except UserError as error:
        raise error.at(f"{FILE}: train.initial_weights") from None


def trained_model(program: KerasProgram, fit: KerasFit) -> TrainedModel:
    """What network.json holds: the model with its edits, and how its training ended."""
    assert program.params.model.file is not None
    file = read_model(program.params.model.file)
    training = Training(
        version=1,
        parameters=program.outline.weights,
        status=fit.status,
        epochs_run=fit.epochs_run,
        kept_epoch=fit.kept_epoch,
        divergence=None if fit.divergence is None else Divergence(**fit.divergence),
    )
    made = ModelFile(version=1, model=program.model, inputs=file.inputs)
    return TrainedModel(made, program.contract, training)


def _tables(
    program: KerasProgram, outputs: np.ndarray, part: Part, state: NormalizationState
) -> Iterator[pd.DataFrame]:
    """The predictions of one split; beside them `weight`, if the rows have any."""
    y = np.asarray(part.y)
    table = predictions([outputs.astype("float64")], y, program.contract, state)
    yield table if part.weights is None else table.assign(weight=np.asarray(part.weights))

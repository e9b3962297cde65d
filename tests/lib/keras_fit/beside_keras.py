"""A fit of ours, and the fit of a script that has the same model and batches."""

import warnings
from typing import Any

import numpy as np

from stages.lib.keras_fit.fit import KerasFit, Trainer
from stages.lib.keras_fit.quiet import keras
from tests.lib.keras_fit.models import Example

USUAL = {"regression": "mse", "multiclass": "sparse_categorical_crossentropy"}


def fitted(example: Example, **changes: Any) -> KerasFit:
    """The example's fit, with a history, from the weights that its own model has."""
    program = example.program(**changes)
    trainer = Trainer(program, example.parts(program))
    # A deserialized sequential model has another name, and so other paths.
    paths = [variable.path for variable in trainer.model.weights]
    start = dict(zip(paths, example.model.get_weights(), strict=True))
    return trainer.fit(0, start, lambda outputs, split, rows: 0.0)


def column(fit: KerasFit, key: str) -> list[float]:
    """One number of the history, epoch by epoch from the first on."""
    return [row[key] for row in fit.history[1:]]


def in_a_script(
    example: Example,
    optimizer: Any = "adam",
    loss: Any = None,
    y: np.ndarray | None = None,
    held_out: int = 40,
    **arguments: Any,
) -> dict[str, list[float]]:
    """What the script's fit prints, epoch by epoch.

    Args:
        example: its model's weights are where the fit begins.
        optimizer, loss: as `compile` takes them; the task's usual loss if none is given.
        y: targets of all rows as the script encodes them, if they are not the example's.
        held_out: rows that validate, and that test.
        **arguments: of `fit`.
    """
    loss = loss or USUAL.get(example.task.kind.name, "binary_crossentropy")
    y = example.y if y is None else y
    model = keras.models.clone_model(example.model)
    model.set_weights(example.model.get_weights())
    several = len(model.outputs) > 1
    model.compile(optimizer, [loss, loss] if several else loss, jit_compile=False)
    ends = len(y) - 2 * held_out, len(y) - held_out
    train, validation = (
        (x if len(x) > 1 else x[0], [of[:, :1], of[:, 1:]] if several else of)
        for x, of in (
            ([array[rows].astype("float32") for array in example.x], y[rows].astype("float32"))
            for rows in (slice(ends[0]), slice(*ends))
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit(
            *train, validation_data=validation, shuffle=False, verbose=0,
            **{"epochs": 4, **arguments},
        )  # fmt: skip
    return found.history

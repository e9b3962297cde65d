"""Whether what params.yaml tells later stages agrees with the data.

A mistake of this kind would otherwise end a stage after minutes of another one's work. Nothing that
is looked at here changes what generate writes, so none of it reruns the stage; the later stages
check the same.
"""

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from stages.generate.card import kind
from stages.lib.keras_fit.model import ModelFile, check_inputs, read_model
from stages.lib.params import Params
from stages.lib.params.agreement import (
    check_backend,
    check_codes,
    check_columns,
    check_initial_weights,
    weights_by_class,
)
from stages.lib.params.contract import check_size, settle
from stages.lib.params.levels import check_levels, infrequent
from stages.lib.params.normalize import Normalize
from stages.lib.tables.dataset import Dataset


def check_surroundings(settings: Params) -> None:
    """Raise UserError for what is to lie beside the data and does not: the file of initial weights,
    the scheduler's address."""
    check_initial_weights(settings.train)
    check_backend(settings.compute.backend)


def check_task(settings: Params, dataset: Dataset, model: ModelFile | None = None) -> None:
    """Raise UserError, naming the key, unless loss, output layer and class weights are those of the
    task, and columns that normalize or the model names are there.

    Args:
        model: the one that train.model.file will name; None for the file that is there. What its
            outputs are shows only when Keras builds it.
    """
    if settings.train.model.file is None:
        check_size(settings.train, settle(settings.train, dataset.task))
    else:
        model = model or read_model(settings.train.model.file)
        check_inputs(model, [str(name) for name in dataset.features])
    weights_by_class(settings.train, dataset.task)
    if settings.normalize.columns:
        kinds = {str(name): kind(dataset.features[name]) for name in dataset.features}
        check_columns(settings.normalize, kinds, dataset.left_out)


def check_training_rows(normalize: Normalize, dataset: Dataset, train: np.ndarray) -> None:
    """Raise UserError for codes or levels of which these training rows have too many.

    train: their positions, int64 [rows].
    """
    for name, transform in normalize.columns.items():
        if transform.name == "one_hot":
            check_codes(name, dataset.features[name].iloc[train].nunique())
    check_levels(
        {
            str(name): _levels(dataset.features[name].iloc[train], normalize)
            for name in dataset.features
            if not is_numeric_dtype(dataset.features[name].dtype)
        },
        len(dataset.targets),
    )


def _levels(column: pd.Series, normalize: Normalize) -> int:
    """How many levels of a text column are not pooled."""
    counts = column.value_counts()
    counts = counts[counts > 0].sort_index()
    return int((~infrequent(counts.to_numpy(), len(column), normalize)).sum())

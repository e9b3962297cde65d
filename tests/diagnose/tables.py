"""Subjects with nothing trained, from params or from rows written by hand."""

import numpy as np
import pandas as pd

from stages.generate.__main__ import SOURCES
from stages.generate.card import card
from stages.generate.split import split_rows
from stages.lib.artifacts.network import Training
from stages.lib.mlp.program import program
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.tables.dataset import Dataset
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.tasks import REGRESSION, kind_of_classes
from tests.conftest import content_of, settings


def untrained(dataset: Dataset | None = None, **changes: object) -> Subject:
    """A subject of these params, or of these rows, with nothing that a training leaves."""
    params = settings(**changes)
    source = params.data.source if dataset is None else "file"
    dataset = SOURCES[source](params.data) if dataset is None else dataset
    parts = split_rows(dataset, params.data.split, params.data.seed)
    whole = dataset.table
    facts = card(source, dataset, parts)
    tables = {name: whole.iloc[rows].reset_index(drop=True) for name, rows in parts.items()}
    data = normalize_splits(tables, facts, params.normalize)
    plan = program(params.train, facts.task, len(data.state.inputs))
    training = Training(
        version=1, parameters=1, status="completed", epochs_run=0, kept_epoch=0, divergence=None
    )
    network = TrainedNetwork(plan.network, plan.contract, training)
    content = content_of(**changes)
    sections = {name: content[name] for name in ("normalize", "train")}
    empty = pd.DataFrame()
    return Subject(facts, tables, sections, data.state, data.x, data.y, network, empty, empty, {})


def table(target: pd.Series, **features: object) -> Dataset:
    """Rows written by hand: text is a class, numbers are a regression's."""
    if pd.api.types.is_numeric_dtype(target.dtype):
        return Dataset("table", pd.DataFrame(features), target.to_frame("target"), REGRESSION)
    classes = tuple(sorted(target.unique()))
    target = target.astype("str").to_frame("label")
    return Dataset("table", pd.DataFrame(features), target, kind_of_classes(len(classes)), classes)


def coin(rng: np.random.Generator, rows: int = 400) -> pd.Series:
    return pd.Series(rng.choice(["no", "yes"], rows))

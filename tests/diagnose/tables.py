"""Subjects with nothing trained, from params or from rows written by hand."""

import numpy as np
import pandas as pd

from stages.generate.__main__ import SOURCES
from stages.generate.card import card
from stages.generate.split import divided
from stages.lib.mlp.program import program
from stages.lib.tables.dataset import Dataset, task_of
from stages.lib.transforms import frame
from stages.lib.trials.subject import Subject
from tests.conftest import settings


def untrained(dataset: Dataset | None = None, **changes: object) -> Subject:
    """A subject of these params, or of these rows, with nothing that a training leaves."""
    params = settings(**changes)
    source = params.data.source if dataset is None else "file"
    dataset = SOURCES[source](params.data) if dataset is None else dataset
    parts = divided(dataset, params.data.split, params.data.seed)
    whole = dataset.table
    facts = card(source, dataset, parts)
    tables = {name: whole.iloc[rows].reset_index(drop=True) for name, rows in parts.items()}
    state = frame.fit(tables["train"], facts, params.normalize)
    x = {name: frame.apply(state, table) for name, table in tables.items()}
    y = {name: frame.apply_target(state, table) for name, table in tables.items()}
    inputs, targets = x["train"].shape[1], len(facts["targets"])
    plan = program(params.train, facts["task"], len(facts["classes"]), inputs, targets)
    sections = {name: getattr(params, name).model_dump() for name in ("normalize", "train")}
    empty = pd.DataFrame()
    return Subject(facts, tables, sections, state, x, y, plan.described(), empty, empty, {})


def table(target: pd.Series, **features: object) -> Dataset:
    """Rows written by hand: text is a class, numbers are a regression's."""
    if pd.api.types.is_numeric_dtype(target.dtype):
        return Dataset("table", pd.DataFrame(features), target.to_frame("target"), "regression")
    classes = tuple(sorted(target.unique()))
    target = target.astype("str").to_frame("label")
    return Dataset("table", pd.DataFrame(features), target, task_of(classes), classes)


def coin(rng: np.random.Generator, rows: int = 400) -> pd.Series:
    return pd.Series(rng.choice(["no", "yes"], rows))

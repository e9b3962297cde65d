"""Runs to diagnose: generate, normalize and train in this process, with nothing written."""

import copy
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.generate.__main__ import SOURCES
from stages.generate.card import card
from stages.generate.split import split_rows
from stages.lib import params
from stages.lib.core.splits import SPLITS
from stages.lib.mlp import ensemble
from stages.lib.mlp.arms import table_of
from stages.lib.mlp.program import program
from stages.lib.tables.dataset import Dataset
from stages.lib.transforms.fitted import normalize_splits
from stages.lib.trials.subject import Data, Subject
from stages.train.predictions import predicted
from stages.train.run import probes_of, trained, trained_network

# (table, positions of the training rows, generator) -> the table with a fault in it
Spoil = Callable[[Dataset, np.ndarray, np.random.Generator], Dataset]


def spoilt(dataset: Dataset, spoil: Spoil, train: np.ndarray, seed: int) -> Dataset:
    """The table with this fault in it. train: positions of its training rows."""
    spoiled = spoil(dataset, np.asarray(train), np.random.default_rng(seed))
    return replace(spoiled, truth=None, population_floor=None)


def subject_of(content: dict, spoil: Spoil | None = None) -> Subject:
    """What the stages generate, normalize and train leave of these params, as plain values.

    spoil: a fault of the table, which then counts as a user's own: its law is not known.
    """
    given = params.check(content)
    source, dataset = given.data.source, SOURCES[given.data.source](given.data)
    parts = split_rows(dataset, given.data.split, given.data.seed)
    if spoil is not None:
        source, dataset = "file", spoilt(dataset, spoil, parts["train"], given.data.seed)
        if dataset.time is not None:
            parts = split_rows(dataset, given.data.split, given.data.seed)
    bayes = dataset.bayes_losses()
    facts = card(source, dataset, parts)
    tables = {name: dataset.table.iloc[parts[name]].reset_index(drop=True) for name in SPLITS}

    data = normalize_splits(tables, facts, given.normalize)
    state, x, y = data.state, data.x, data.y
    w = Data(facts, tables).weights(tables)
    plan = program(given.train, state.task, len(state.inputs))
    encodings = table_of(given.train, state.task, x, y, w).parts(plan)
    fits = trained(plan, plan.engine(encodings["train"]), encodings, state)
    arrays = [fit.arrays for fit in fits]
    return Subject(
        card=facts,
        tables=tables,
        sections={name: copy.deepcopy(content[name]) for name in ("normalize", "train")},
        state=state,
        x=x,
        y=y,
        network=trained_network(plan, fits),
        history=pd.DataFrame(ensemble.history(fits)),
        probes=probes_of(fits).reset_index(drop=True),
        predictions={
            name: pd.concat(predicted(plan, arrays, encodings[name], state), ignore_index=True)
            for name in SPLITS
        },
        bayes={} if bayes is None else {name: bayes[parts[name]] for name in SPLITS},
    )

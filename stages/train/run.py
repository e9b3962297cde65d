"""One training run: its progress on the terminal, the fit, and what is said of it afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from stages.lib.artifacts.network import Divergence, Training
from stages.lib.core.array_files import read_arrays
from stages.lib.core.errors import UserError
from stages.lib.mlp import ensemble
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import Fit, Progress, train
from stages.lib.mlp.program import Program
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.params import FILE
from stages.lib.params.agreement import check_initial_weights
from stages.lib.params.train import Train
from stages.lib.transforms.state import NormalizationState
from stages.train.live import History, growing
from stages.train.predictions import proper_loss

# Which dvc.yaml plots, and the stage writes at its end.
LIVE = Path("data/training/history.csv")
# Told the history so far, as an epoch ends.
Tick = Callable[[History], None]


def trained(
    program: Program,
    engine: Engine,
    parts: dict[str, Part],
    state: NormalizationState,
    start: list[dict[str, np.ndarray]] | None = None,
    tick: Tick = lambda history: None,
    keep: Callable[[Progress], None] = lambda progress: None,
    saved: Progress | None = None,
) -> list[Fit]:
    """A fit of each of the program's networks, from `start` or from what was saved of them (see
    `fit.train`); `tick` is told the history of the first.

    state: normalization.json, by which the proper loss is taken. start: the arrays of each before
    training; None for those that the initializers draw.
    """
    return train(
        engine,
        [member.initial() for member in program.members] if start is None else start,
        {name: [part] for name, part in parts.items()},
        [program.fit_config] * len(program.members),
        proper_loss(parts, program.contract, state),
        tick,
        keep,
        saved,
    )


def initial(program: Program) -> list[dict[str, np.ndarray]]:
    """The arrays of each network before training: those of `train.initial_weights` bit for bit, or
    drawn.

    They are of the one run that the user looks at. Whoever trains the program at other seeds
    draws by its initializers. Raises UserError for a file that does not fit the network.
    """
    path = program.params.initial_weights
    if path is None:
        return [member.initial() for member in program.members]
    check_initial_weights(program.params)
    try:
        return [read_arrays(path, program.network.every_array)]
    except UserError as error:
        raise error.at(f"{FILE}: train.initial_weights") from None


def trained_network(program: Program, fits: list[Fit]) -> TrainedNetwork:
    """What network.json holds: the network, how many there are of it, and how training ended: of
    several networks with the most epochs of any, and where the first of them diverged."""
    divergence = first_divergence(fits)
    training = Training(
        version=1,
        parameters=sum(program.network.sizes) * len(fits),
        status=ensemble.status([fit.status for fit in fits]),
        epochs_run=max(fit.epochs_run for fit in fits),
        kept_epoch=max(fit.kept_epoch for fit in fits),
        divergence=None if divergence is None else Divergence(**divergence),
    )
    return TrainedNetwork(program.network, program.contract, training, len(fits))


def first_divergence(fits: list[Fit]) -> dict[str, Any] | None:
    """Where the first of the networks that diverged did so, as of Fit; None where none did."""
    diverged = [fit.divergence for fit in fits if fit.divergence is not None]
    return min(diverged, key=lambda at: (at["epoch"], at["step"]), default=None)


def probes_of(fits: list[Fit]) -> pd.DataFrame:
    """The probes, a row a layer and probed epoch: of several networks the mean over those that were
    probed then."""
    if len(fits) == 1:
        return fits[0].probes
    every = pd.concat([fit.probes for fit in fits])
    return every.groupby(["epoch", "layer"], as_index=False).mean()


@contextmanager
def progress(epochs: int, done: int, writes: bool = True) -> Iterator[Tick]:
    """A bar on stderr, quiet where that is no terminal, and the file from which DVC draws the
    loss; to be told of every epoch. writes: whether this process writes the outputs."""
    with (
        tqdm(total=epochs, initial=done, desc="train", unit="epoch", disable=None) as bar,
        growing(LIVE) as grown,
    ):

        def tick(history: History) -> None:
            bar.update()
            bar.set_postfix(running_loss=f"{history[-1]['running_loss']:.4g}", refresh=False)
            if writes:
                grown(history)

        yield tick


def remarks(params: Train, parts: dict[str, Part], divergence: dict[str, Any] | None) -> list[str]:
    """What the reader of a terminal has to know of the run, a line each. divergence: as of Fit."""
    lines = []
    if params.members > 1:
        lines.append(f"{params.members} networks, whose predictions are averaged")
    if params.early_stopping.patience is not None and not len(parts["validation"].x):
        lines.append("no validation rows: early stopping watched the training loss")
    if divergence is not None:
        lines.append(
            f"diverged: non-finite {divergence['what']} at epoch {divergence['epoch']}, step "
            f"{divergence['step']}; the weights before it are kept"
        )
    return lines

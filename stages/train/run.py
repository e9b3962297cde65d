"""One training run: its progress on the terminal, the fit, and what is said of it afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from stages.lib.artifacts.network import Divergence, Training
from stages.lib.core.array_files import read_arrays
from stages.lib.core.errors import UserError
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
    start: dict[str, np.ndarray] | None = None,
    tick: Tick = lambda history: None,
    keep: Callable[[Progress], None] = lambda progress: None,
    saved: Progress | None = None,
) -> Fit:
    """The program's one fit, from `start` or from what was saved of it (see `fit.train`).

    state: normalization.json, by which the proper loss is taken. start: the arrays before
    training; None for those that the initializers draw.
    """
    [fit] = train(
        engine,
        [program.initial() if start is None else start],
        {name: [part] for name, part in parts.items()},
        [program.fit_config],
        proper_loss(parts, program.contract, state),
        tick,
        keep,
        saved,
    )
    return fit


def initial(program: Program) -> dict[str, np.ndarray]:
    """The arrays before training: those of `train.initial_weights` bit for bit, or drawn.

    They are of the one run that the user looks at. Whoever trains the program at other seeds
    draws by its initializers. Raises UserError for a file that does not fit the network.
    """
    path = program.params.initial_weights
    if path is None:
        return program.initial()
    check_initial_weights(program.params)
    try:
        return read_arrays(path, program.network.arrays | program.network.moving_arrays)
    except UserError as error:
        raise error.at(f"{FILE}: train.initial_weights") from None


def trained_network(program: Program, fit: Fit) -> TrainedNetwork:
    """What network.json holds: the network, and how its training ended."""
    training = Training(
        version=1,
        parameters=sum(program.network.sizes),
        status=fit.status,
        epochs_run=fit.epochs_run,
        kept_epoch=fit.kept_epoch,
        divergence=None if fit.divergence is None else Divergence(**fit.divergence),
    )
    return TrainedNetwork(program.network, program.contract, training)


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
    if params.early_stopping.patience is not None and not len(parts["validation"].x):
        lines.append("no validation rows: early stopping watched the training loss")
    if divergence is not None:
        lines.append(
            f"diverged: non-finite {divergence['what']} at epoch {divergence['epoch']}, step "
            f"{divergence['step']}; the weights before it are kept"
        )
    return lines

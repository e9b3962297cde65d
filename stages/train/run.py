"""One training run: its progress on the terminal, the fit, and what is said of it afterwards."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
from tqdm import tqdm

from stages.mlp.batches import Part
from stages.mlp.epoch import Engine
from stages.mlp.fit import Fit, Progress, train
from stages.mlp.program import Program
from stages.train.predictions import proper_loss

# (epochs done, running loss)
Tick = Callable[[int, float], None]


def encoded(
    program: Program, x: dict[str, np.ndarray], y: dict[str, np.ndarray]
) -> dict[str, Part]:
    """Every split as the network takes it. x: float32 [rows, inputs]; y: [rows, targets], class
    codes or labels int32 or scaled numbers float64."""
    return {name: Part(x[name], y[name], program.contract.encode) for name in x}


def trained(
    program: Program,
    engine: Engine,
    parts: dict[str, Part],
    y: dict[str, np.ndarray],
    state: dict,
    tick: Tick = lambda epoch, loss: None,
    keep: Callable[[Progress], None] = lambda progress: None,
    saved: Progress | None = None,
) -> Fit:
    """The program's one fit, from its start or from what was saved of it (see `fit.train`).

    y and state: the targets and normalization.json, by which the proper loss is taken.
    """
    [fit] = train(
        engine,
        [program.initial()],
        {name: [part] for name, part in parts.items()},
        [program.course],
        proper_loss(y, program.contract, state),
        tick,
        keep,
        saved,
    )
    return fit


def described(program: Program, fit: Fit) -> dict:
    """The content of network.json: the network, and how its training ended."""
    return {
        "schema": 1,
        **program.described(),
        "status": fit.status,
        "epochs_run": fit.epochs_run,
        "kept_epoch": fit.kept_epoch,
        "divergence": fit.divergence,
    }


@contextmanager
def progress(epochs: int, done: int) -> Iterator[Tick]:
    """A bar on stderr, quiet where that is no terminal; to be told of every epoch."""
    with tqdm(total=epochs, initial=done, desc="train", unit="epoch", disable=None) as bar:

        def tick(epoch: int, loss: float) -> None:
            bar.update()
            bar.set_postfix(running_loss=f"{loss:.4g}", refresh=False)

        yield tick


def remarks(fit: Fit) -> list[str]:
    """What the reader of a terminal has to know of the run, a line each."""
    if fit.divergence is None:
        return []
    where = fit.divergence
    return [
        f"diverged: non-finite {where['what']} at epoch {where['epoch']}, step {where['step']}; "
        "the weights before it are kept"
    ]

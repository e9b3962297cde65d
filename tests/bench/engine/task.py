"""One fit, as every contender takes it: JSON on the command line, JSON with the seconds back.

Imported by all contenders, also those that run without this project's packages: numpy alone.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Task:
    """rows x inputs uniform numbers, coin-flip labels; a relu network with dropout, a sigmoid
    output, binary cross-entropy and Adam at 0.001; `replicas` fits that differ by their seed."""

    rows: int
    inputs: int
    layers: tuple[int, ...]
    batch: int
    epochs: int
    replicas: int = 1
    dropout: float = 0.2
    threads: int = 1

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """x float32 [rows, inputs] and y float32 [rows, 1]."""
        rng = np.random.default_rng(0)
        x = rng.random((self.rows, self.inputs), dtype=np.float32)
        return x, rng.integers(0, 2, (self.rows, 1)).astype("float32")

    def flops(self) -> float:
        """Floating-point operations of the matrix products of all epochs: two for a weight and
        row in the forward pass, four in the backward one."""
        widths = [self.inputs, *self.layers, 1]
        weights = sum(a * b for a, b in pairwise(widths))
        return 6.0 * weights * self.rows * self.epochs * self.replicas

    def dump(self) -> str:
        return json.dumps(asdict(self))


def given() -> Task:
    content = json.loads(sys.argv[1])
    return Task(**{**content, "layers": tuple(content["layers"])})


def report(task: Task, epochs: Callable[[int], float]) -> None:
    """Time `epochs(n)`, which trains n epochs more and returns the last running loss.

    The first call, of one epoch, holds all tracing and compiling; what it took beyond an epoch of
    the second call is told apart.
    """
    start = time.perf_counter()
    epochs(1)
    first = time.perf_counter() - start
    start = time.perf_counter()
    loss = epochs(task.epochs)
    fit = time.perf_counter() - start
    compiled = max(0.0, first - fit / task.epochs)
    print(json.dumps({"fit": fit, "compile": compiled, "loss": float(loss)}))

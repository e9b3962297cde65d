"""The program whose lines are printed."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stages.lib.params.contract import Contract, settle
from stages.lib.params.train import Train


@dataclass(frozen=True)
class Program:
    """A program and what its lines need to know of the data.

    Attributes:
        normalize, train: the sections of params.yaml as plain values.
        task: the name of a row of KINDS.
        classes: the number of classes or labels.
        rows: of the training split.
        all_numeric: all columns are numeric, none of two values.
        targets: the number of target columns.
    """

    normalize: dict[str, Any]
    train: dict[str, Any]
    task: str
    classes: int
    rows: int
    all_numeric: bool = True
    targets: int = 1

    @property
    def steps(self) -> int:
        """Of an epoch."""
        batch: int = self.train["batch_size"]
        return -(-self.rows // batch)

    @cached_property
    def contract(self) -> Contract:
        """Loss, output layer and encoding, `auto` settled. Raises UserError for what cannot
        run."""
        return settle(Train.model_validate(self.train), self.task, self.classes, self.targets)

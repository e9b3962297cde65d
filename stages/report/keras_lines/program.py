"""The program whose lines are printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stages.lib.params.contract import Contract, settle
from stages.lib.params.train import Train
from stages.lib.vocabulary.tasks import Task


@dataclass(frozen=True)
class Program:
    """A program and what its lines need to know of the data.

    Attributes:
        normalize, train: the sections of params.yaml as plain values.
        task: what is predicted.
        rows: of the training split.
        all_numeric: all columns are numeric, none of two values.
        fitted: by transform that has arguments, and column, what they are fitted to on the training
            rows.
    """

    normalize: dict[str, Any]
    train: dict[str, Any]
    task: Task
    rows: int
    all_numeric: bool = True
    fitted: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """Of an epoch."""
        batch: int = self.train["batch_size"]
        return -(-self.rows // batch)

    @cached_property
    def contract(self) -> Contract:
        """Loss, output layer and encoding, `auto` settled. Raises UserError for what cannot
        run."""
        return settle(Train.model_validate(self.train), self.task)

"""The program whose lines are printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from stages.lib.params.contract import Contract, settle
from stages.lib.params.train import Train
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.lib.vocabulary.tasks import Task


@dataclass(frozen=True)
class Program:
    """A program and what its lines need to know of the data.

    Attributes:
        normalize, train: the sections of params.yaml as plain values.
        task: what is predicted.
        rows: of the training split.
        kinds: of the columns by name, in their order: numeric, binary or categorical.
        fitted: by transform that has arguments, and column, what they are fitted to on the training
            rows.
        named: the columns have their names in the script too, where the rows are a DataFrame.
        validated: the script has validation rows of its own.
        fills_gaps: a filler of gaps is part of the script, and not only a rule for none.
        held_out: the share of the rows that early stopping watches where it has none.
        units: of all outputs of a Keras model; None of a chain of layers.
    """

    normalize: dict[str, Any]
    train: dict[str, Any]
    task: Task
    rows: int
    kinds: Mapping[str, str] = field(default_factory=dict)
    fitted: Mapping[str, Mapping[str, Mapping[str, float]]] = field(default_factory=dict)
    named: bool = False
    validated: bool = True
    fills_gaps: bool = False
    held_out: float = 0.2
    units: int | None = None

    @property
    def steps(self) -> int:
        """Of an epoch."""
        batch: int = self.train["batch_size"]
        return -(-self.rows // batch)

    @property
    def stops_early(self) -> bool:
        """Whether validation rows are watched."""
        return self.train["early_stopping"]["patience"] is not None

    @property
    def reduces_on_plateau(self) -> bool:
        """Whether the learning rate falls where the validation loss does not."""
        return self.train["reduce_on_plateau"]["patience"] is not None

    @property
    def has_validation(self) -> bool:
        """Whether there are validation rows, the script's own or held out for early stopping."""
        return self.validated or self.stops_early

    @property
    def has_schedule(self) -> bool:
        """Whether the learning rate changes by one of Keras' classes."""
        return bool(SCHEDULES[self.train["schedule"]["name"]].keras_class)

    @cached_property
    def contract(self) -> Contract:
        """Loss, output layer and encoding, `auto` settled. Of a Keras model the activation is that
        of an edit, or else what would match. Raises UserError for what cannot run."""
        train = Train.model_validate(self.train)
        if self.units is not None:
            activation = train.model.output_activation or "auto"
            outputs = {"output_units": self.units, "output_activation": activation}
            train = train.model_copy(update=outputs)
        return settle(train, self.task)

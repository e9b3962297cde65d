"""A learning rate that falls where the watched loss no longer does: Keras' ReduceLROnPlateau."""

from dataclasses import dataclass

import numpy as np

from stages.lib.params.train import ReduceOnPlateau


@dataclass
class Plateau:
    """One replica's rate, from epoch to epoch.

    Attributes:
        settings: of params.yaml; without a patience the rate stays.
        initial_rate: the learning rate of the first epoch.
        rate: of the next one.
    """

    settings: ReduceOnPlateau
    initial_rate: float
    rate: float = np.nan
    _best: float = np.inf
    _waited: int = 0
    _cooling: int = 0

    def __post_init__(self) -> None:
        self.rate = self.initial_rate

    @property
    def factor(self) -> float:
        """By what the learning rate of the next epoch is multiplied."""
        return self.rate / self.initial_rate if self.initial_rate else 1.0

    def end_epoch(self, loss: float) -> None:
        """Take the watched loss of an epoch that has ended into account."""
        given = self.settings
        if given.patience is None:
            return
        if self._cooling:
            self._cooling -= 1
            self._waited = 0
        if loss + given.min_delta < self._best:
            self._best, self._waited = loss, 0
        elif not self._cooling:
            self._waited += 1
            if self._waited >= given.patience and self.rate > given.min_learning_rate:
                self.rate = max(self.rate * given.factor, given.min_learning_rate)
                self._cooling, self._waited = given.cooldown, 0

"""A part's programs on a data set: their settings, and their values at the rates they choose."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stages.lib.params.contract import settle
from stages.lib.params.edits import Sections, edited, identity
from stages.lib.params.train import Train
from stages.tools.claims.cell import data_set
from stages.tools.claims.datasets.dataset import replicate
from stages.tools.claims.fits import Results
from stages.tools.claims.networks import Network
from stages.tools.claims.plan import Wanted
from stages.tools.claims.side import Side


@dataclass(frozen=True)
class Place:
    """A network on a data set: where two programs are compared."""

    data_set: str
    network: Network


@dataclass(frozen=True)
class Trials:
    """Programs by place and side.

    Attributes:
        base: the program that sides change.
        width: units of a layer of a network.
        seed: of the first replicate.
    """

    base: Sections
    width: int
    seed: int

    def wanted(self, place: Place, side: Side, watched: bool) -> Iterator[Wanted]:
        """What has to be trained for a side: every rate, and those of the program it follows."""
        for rate in side.rates:
            yield Wanted(place.data_set, self._sections(place, side, rate), watched)
        if side.follows is not None:
            yield from self.wanted(place, side.follows, watched)

    def values(
        self, results: Results, place: Place, side: Side, watched: bool
    ) -> dict[str, np.ndarray]:
        """Each replicate's values (see `cell.Values`) at the rate it chooses, float64
        [replicates]."""
        of_rates = self._of_rates(results, place, side, watched)
        chosen = self._chosen(results, place, side, watched)
        replicates = np.arange(len(chosen))
        return {
            name: np.array([values[name] for values in of_rates])[chosen, replicates]
            for name in of_rates[0]
        }

    def _chosen(self, results: Results, place: Place, side: Side, watched: bool) -> np.ndarray:
        """The position of each replicate's rate among the side's, int [replicates]: that with the
        lowest validation loss, the first of equal ones, or that of the program it follows."""
        if side.follows is not None:
            of_other = self._chosen(results, place, side.follows, watched)
            places = [side.rates.index(rate) + side.steps for rate in side.follows.rates]
            return np.array(places)[of_other]
        of_rates = self._of_rates(results, place, side, watched)
        return np.argmin([values["validation"] for values in of_rates], axis=0)

    def _of_rates(
        self, results: Results, place: Place, side: Side, watched: bool
    ) -> list[dict[str, list[float]]]:
        names = [
            (place.data_set, identity(self._sections(place, side, rate)), watched)
            for rate in side.rates
        ]
        return [results[name] for name in names]

    def _sections(self, place: Place, side: Side, rate: float) -> Sections:
        edit = place.network.edit(self.width) | side.edit | {"train.learning_rate": rate}
        sections = edited(self.base, edit)
        if side.shape:
            sections["train"]["layers"] = self._reshaped(place, sections, side.shape)
        return sections

    def _reshaped(self, place: Place, sections: Sections, shape: str) -> list[int]:
        """One or two hidden layers with as many weights as these have, as nearly as whole widths
        go."""
        data = replicate(data_set(place.data_set), self.seed)
        inputs = len(data.card.columns)
        outputs = settle(Train.model_validate(sections["train"]), data.task).units
        widths = [inputs, *sections["train"]["layers"], outputs]
        weights = sum((a + 1) * b for a, b in pairwise(widths))
        ends = inputs + outputs
        if shape == "one layer":
            return [max(1, round((weights - outputs) / (ends + 1)))]
        # w^2 + (ends + 2) w + outputs = weights
        half = (ends + 2) / 2
        return [max(1, round((half**2 + weights - outputs) ** 0.5 - half))] * 2

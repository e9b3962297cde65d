"""All comparisons that the settings ask for: what they need trained, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stages.tools.claims.advice.claim import Part
from stages.tools.claims.advice.table import CLAIMS
from stages.tools.claims.cell import data_set
from stages.tools.claims.datasets.table import DATA_SETS, KINDS
from stages.tools.claims.effects import Effect, effect
from stages.tools.claims.fits import Results
from stages.tools.claims.measures import MEASURES
from stages.tools.claims.networks import CHOICES
from stages.tools.claims.plan import Planned, Wanted, plan
from stages.tools.claims.settings import Settings, base
from stages.tools.claims.side import Side
from stages.tools.claims.trials import Place, Trials


@dataclass(frozen=True)
class Study:
    """content: the plain values of which `settings` is the object."""

    content: dict[str, Any]
    settings: Settings

    @property
    def trials(self) -> Trials:
        return Trials(base(self.content), self.settings.width, self.settings.seed)

    def places(self, part: Part) -> dict[str, list[Place]]:
        """Where a part is measured, by data set."""
        turns = {name: turn for turn, name in enumerate(DATA_SETS)}
        return {
            name: [
                Place(name, network)
                for network in CHOICES[part.networks](turns[name], self.settings.depths)
            ]
            for name in KINDS[part.on]
            if name in self.settings.chosen
        }

    def planned(self) -> list[Planned]:
        """Everything to train."""
        seeds = tuple(self.settings.seed + k for k in range(self.settings.replicates))
        wanted = [
            entry
            for claim in CLAIMS
            for part in claim.parts
            for places in self.places(part).values()
            for place in places
            for side in part.pair(self.settings)
            for tuned in (side, side.untuned())
            for entry in self._wanted(place, tuned, part)
        ]
        return plan(wanted, seeds)

    def _wanted(self, place: Place, side: Side, part: Part) -> Sequence[Wanted]:
        return list(self.trials.wanted(place, side, MEASURES[part.measure].watched))

    def effects(self, results: Results, part: Part, untuned: bool) -> list[Effect]:
        """The part's effect on each data set on which something is learnt."""
        measure = MEASURES[part.measure]
        sides = part.pair(self.settings)
        if untuned:
            sides = sides[0].untuned(), sides[1].untuned()
        found = []
        for name, places in self.places(part).items():
            pairs = {}
            for place in places:
                first, second = (
                    self.trials.values(results, place, side, measure.watched) for side in sides
                )
                pairs[place.network.label] = first, second
            found.append(
                effect(
                    data_set(name),
                    pairs,
                    part.measure,
                    measure,
                    self.margin(part),
                    self.settings.min_learnt,
                )
            )
        return [entry for entry in found if entry is not None]

    def margin(self, part: Part) -> float:
        """The smallest effect that matters, in the measure's unit."""
        own = MEASURES[part.measure].min_effect
        return self.settings.min_effect if own is None else own

"""A laboratory whose losses are known, without any training."""

import numpy as np

from stages.lib.trials.laboratory import Runs, at_most_chance
from stages.lib.trials.statistics import SIMPLE, Design

ROWS = 400
# Far above what any program here costs, so that all of them know something.
CHANCE = 100.0


class Known:
    """A laboratory in which a program costs what `cost` says, plus noise of rows and seeds."""

    wobble = 0.0  # deviation of a seed's whole loss

    def __init__(self, cost, noise: float = 0.01) -> None:
        self.cost, self.noise, self.asked = cost, noise, 0

    def runs(self, sections: dict) -> bool:
        return True

    def train(self, programs: list[dict], runs: Runs) -> None:
        self.asked += len(programs) * len(runs)

    def design(self, runs: Runs, *splits: str) -> Design:
        return SIMPLE

    def chance_losses(self, runs: Runs, split: str) -> np.ndarray:
        return np.full(ROWS, CHANCE)

    def learnt_losses(self, sections: dict, runs: Runs, split: str) -> np.ndarray:
        losses = self.losses(sections, runs, split)
        return at_most_chance(losses, self.chance_losses(runs, split), None)

    def losses(self, sections: dict, runs: Runs, split: str) -> np.ndarray:
        rows = np.random.default_rng(len(split)).normal(0, 1.0, ROWS)
        label = repr(sorted(sections["train"].items(), key=str)) + repr(sections["normalize"])
        key = sum(map(ord, label))
        noise = [
            np.random.default_rng([seed, len(split), key]).normal(0, self.noise, ROWS)
            + np.random.default_rng([seed, key]).normal(0, self.wobble)
            for seed in runs.seeds
        ]
        return 1 + rows + self.cost(sections) + np.stack(noise)

"""What it would take to train some arms, at nominal speeds, before they are trained."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from stages.lib.mlp.arms import Arm, Signature, Table, filling, signature
from stages.lib.mlp.backends import THREADS_AT_ONCE
from stages.lib.mlp.nominal import COMPILE_SECONDS, evaluation_seconds, step_seconds
from stages.lib.mlp.program import Program

# What is compiled once: a group's signature, and its number of replicas.
Graph = tuple[Hashable, ...]


def training_seconds(program: Program, rows: dict[str, int], replicas: int) -> float:
    """Seconds on one core to train so many replicas of a program in one graph, and to evaluate
    them, compiling left out.

    Args:
        rows: of its table, by split.
    """
    weights, config = sum(program.network.sizes), program.fit_config
    batch = max(1, min(program.params.batch_size, rows["train"]))
    steps = config.epochs * -(-rows["train"] // batch)
    evaluated = sum(rows.values())
    if config.watches:
        evaluated += config.epochs * (rows["validation"] or rows["train"])
    return steps * step_seconds(weights, batch, replicas) + evaluation_seconds(
        weights, evaluated, replicas
    )


@dataclass
class Load:
    """Arms that are to be trained in one go.

    tables: by the names that the arms have. compiled: the graphs that need no compiling.
    """

    tables: dict[str, Table]
    compiled: set[Graph] = field(default_factory=set)
    _groups: dict[Signature, list[Arm]] = field(default_factory=dict)

    def add(self, arms: list[Arm]) -> None:
        """These too."""
        for arm in arms:
            self._groups.setdefault(signature(arm, self.tables), []).append(arm)

    def remove(self, arms: list[Arm]) -> None:
        """Not those that were added last."""
        for arm in reversed(arms):
            key = signature(arm, self.tables)
            self._groups[key].pop()
            if not self._groups[key]:
                del self._groups[key]

    @property
    def graphs(self) -> set[Graph]:
        """What they are compiled to."""
        return {(*key, self._replicas(group)) for key, group in self._groups.items()}

    @property
    def seconds(self) -> float:
        """Of wall time on THREADS_AT_ONCE cores: a group is on one of them."""
        groups = [self._seconds(key, group) for key, group in self._groups.items()]
        return max(sum(groups) / THREADS_AT_ONCE, max(groups, default=0.0))

    def _replicas(self, group: list[Arm]) -> int:
        return len(group) + len(filling(group, len(self.tables[group[0].table].x["train"])))

    def _seconds(self, key: Signature, group: list[Arm]) -> float:
        replicas = self._replicas(group)
        rows = {split: len(x) for split, x in self.tables[group[0].table].x.items()}
        compiling = 0.0 if (*key, replicas) in self.compiled else COMPILE_SECONDS
        return compiling + training_seconds(group[0].program, rows, replicas)

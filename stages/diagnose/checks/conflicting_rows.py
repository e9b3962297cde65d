"""LL210: rows of equal inputs and different targets."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.tasks import Task

SHARE = 0.01  # of the training rows


def conflicting_rows(subject: Subject) -> Iterator[CheckFinding]:
    """Rows of equal inputs and different targets, and the loss that they leave."""
    x, card = sample(subject.x["train"]), subject.card
    if not len(x) or not x.shape[1]:
        return
    cells = np.ascontiguousarray(x) + np.float32(0)
    group = pd.factorize(np.array([row.tobytes() for row in cells], dtype=object))[0]
    table = sample(subject.tables["train"]).reset_index(drop=True)
    targets = table[subject.targets]
    conflicting = (targets.groupby(group).transform("nunique") > 1).any(axis=1)
    share = float(conflicting.mean())
    if share < SHARE:
        return
    weights = table[card.weights] if card.weights is not None else pd.Series(1.0, table.index)
    least = float(
        np.mean([_least_loss(card.task, targets[name], group, weights) for name in targets])
    )
    yield CHECK.finding(
        "rows of equal inputs to have equal targets",
        f"{share:.1%} of the training rows have a twin of another target, so that the training "
        f"loss of no function of these inputs is below {least:.3g} {card.unit}",
    )


def _least_loss(task: Task, target: pd.Series, group: np.ndarray, weights: pd.Series) -> float:
    """The weighted loss of the best function of the group alone, in the task's unit."""
    # Rows of weight 0 are none, and a group of them has no mean.
    counts = (weights > 0).to_numpy()
    if not counts.any():
        return 0.0
    target, group, weights = target[counts], group[counts], weights[counts]
    whole = weights.groupby(group).transform("sum")
    if task.is_regression:
        mean = (target * weights).groupby(group).transform("sum") / whole
        return float(np.average((target - mean) ** 2, weights=weights))
    together = weights.groupby([group, target]).transform("sum")
    return float(np.average(-np.log(together / whole), weights=weights))


CHECK = Check(
    code="LL210",
    name="conflicting_rows",
    title="Rows of equal inputs have different targets",
    families=("data",),
    severities=("note",),
    keys=(),
    about="Training rows whose inputs are equal and whose targets are not: no function of the "
    "inputs fits them all. The loss that they leave on the training rows is at least the entropy "
    "of the classes, or the variance of the target, within each group of equal rows.",
    source="Ours: a hundredth of the rows. Of 20,000 different float32 numbers some are equal by "
    "chance; below 1 % of the rows the loss that is left is below 0.007 nats for two classes.",
    remedy="Add a column that tells the rows apart, or take the loss that is left for the floor.",
    find=conflicting_rows,
)

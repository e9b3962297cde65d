"""LL211: a class or label that hardly any row has."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import quoted
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

RARE_CLASS = 0.1  # of the share that each class would have if all were equal
RARE_LABEL = 0.05  # of the rows that have it, or lack it


def class_imbalance(subject: Subject) -> Iterator[CheckFinding]:
    """Classes and labels that are rare among the training rows."""
    kind = subject.task.kind
    if kind.has_labels:
        yield from _rare_labels(subject)
    elif kind.has_classes:
        yield from _rare_class(subject)


def _rare_class(subject: Subject) -> Iterator[CheckFinding]:
    """The rarest class, if it is."""
    card = subject.card
    [name] = subject.targets
    target, weights = subject.tables["train"][name], _weights(subject)
    shares = target.value_counts(normalize=True)
    if weights is not None:
        shares = weights.groupby(target).sum() / weights.sum()
    if shares.min() < RARE_CLASS / len(card.classes):
        yield CHECK.finding(
            f"a loss that is read beside chance, {card.chance.train:.3g} nats",
            f"the class {quoted(shares.idxmin())} is {shares.min():.2%} of the training rows, of "
            f"{len(card.classes)} classes",
            keys=CHECK.keys if card.source == "synthetic" else (),
        )


def _rare_labels(subject: Subject) -> Iterator[CheckFinding]:
    """Labels that hardly any row has, or lacks: the same of each by itself."""
    chance = subject.card.chance.train
    for name in subject.targets:
        share = np.average(subject.tables["train"][name], weights=_weights(subject))
        if min(share, 1 - share) < RARE_LABEL:
            yield CHECK.finding(
                f"a loss that is read beside chance, {chance:.3g} {subject.card.unit}",
                f"the label {quoted(name)} is on {share:.2%} of the training rows",
                keys=(),
            )


def _weights(subject: Subject) -> pd.Series | None:
    """How many rows each training row stands for; None for one each."""
    name = subject.card.weights
    return None if name is None else subject.tables["train"][name]


CHECK = Check(
    code="LL211",
    name="class_imbalance",
    title="A class or label is rare",
    families=("data",),
    severities=("note",),
    keys=("data.synthetic.class_shares",),
    about="The share of each class or label among the training rows, by their weights. Where one "
    "is rare chance is low (0.20 nats for 5 % of two classes), so that a low loss means little, "
    "and few batches hold the class.",
    source="Ours: a class ten times as rare as among equal shares; a label that fewer than one "
    "row in twenty has, or lacks.",
    remedy="Read the loss beside chance. Rare rows weigh more with train.class_weight: balanced, "
    "at the price of probabilities that are too high for them.",
    find=class_imbalance,
)

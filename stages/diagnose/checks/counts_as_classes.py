"""LL236: grades or counts that are taken for classes."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

MIN_CLASSES = 5
ERRORS = 2.0  # standard errors of a count, its root
RARE = 0.25  # rows of the rarest class, over those of the most frequent one


def counts_as_classes(subject: Subject) -> Iterator[CheckFinding]:
    """Classes that are whole numbers in a row, rare at an end, and with one peak."""
    card = subject.card
    if not card.task.has_classes or len(card.classes) < MIN_CLASSES:
        return
    try:
        numbers = np.array([float(name) for name in card.classes])
    except ValueError:
        return
    steps = np.diff(np.sort(numbers))
    if not (numbers == np.round(numbers)).all() or steps.max() > 2:
        return
    [target] = subject.targets
    counts = subject.tables["train"][target].value_counts().reindex(card.classes, fill_value=0)
    rows = counts.to_numpy()[np.argsort(numbers)]
    if min(rows[0], rows[-1]) >= RARE * rows.max() or not _has_one_peak(rows):
        return
    yield CHECK.finding(
        "classes without an order",
        f"whole numbers from {numbers.min():g} to {numbers.max():g}, with {rows.max()} training "
        f"rows of one of them, {rows[0]} of the first and {rows[-1]} of the last: grades or "
        "counts, of which neighbours are alike",
        severity="error" if card.auto_classes else "note",
        keys=CHECK.keys if card.source == "file" else (),
    )


def _has_one_peak(rows: np.ndarray) -> bool:
    """Counts that rise to one peak and fall from there, up to their own noise."""
    slack = ERRORS * np.sqrt(rows)
    peak = int(rows.argmax())
    rising, falling = np.diff(rows[: peak + 1]), np.diff(rows[peak:])
    return bool((rising >= -slack[:peak]).all() and (falling <= slack[peak + 1 :]).all())


CHECK = Check(
    code="LL236",
    name="counts_as_classes",
    title="Grades or counts are taken for classes",
    families=("data",),
    severities=("error", "note"),
    keys=("data.file.task",),
    about="Five classes or more that are whole numbers in a row, with one peak, and few rows at an "
    "end. Classes have no order: 4 is as far from 5 as from 1, the loss of a near miss is that of "
    "a wild guess, and rare grades have too few rows to be learnt each by itself. A note where "
    "data.file.task says that they are classes.",
    source="Ours: five classes, a quarter of the rows of the most frequent one, and one peak up to "
    "two roots of a count; codes of classes have no reason to rise and fall in their order.",
    remedy="data.file.task: regression. If they are classes, data.file.task: multiclass.",
    find=counts_as_classes,
)

"""LL229: the target drifts with time."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.checks.train_test_shift import MIN_ROWS, kolmogorov_smirnov_test
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.core.splits import SPLITS
from stages.lib.trials.subject import Subject

ALPHA = 0.001  # after Bonferroni over the targets or classes


def drifting_targets(subject: Subject) -> Iterator[CheckFinding]:
    """Targets whose mean rises or falls from split to split, where these follow each other in
    time."""
    if not subject.ordered:
        return
    answers = [_answers(subject, sample(subject.tables[split])) for split in SPLITS]
    for name in answers[0]:
        parts = [answer[name].dropna() for answer in answers]
        if min(map(len, parts)) < MIN_ROWS:
            continue
        means = [float(part.mean()) for part in parts]
        p_value, _ = kolmogorov_smirnov_test(parts[0], parts[-1])
        steps = np.sign(np.diff(means))
        if p_value * len(answers[0].columns) < ALPHA and abs(steps.sum()) == len(steps):
            yield CHECK.finding(
                "a target of one distribution at all times",
                f"{name}: {means[0]:.4g} in the training rows, then {means[1]:.4g} in the "
                f"validation and {means[2]:.4g} in the test rows, p = {p_value:.1e}",
            )


def _answers(subject: Subject, table: pd.DataFrame) -> pd.DataFrame:
    """What may drift, a column each: numbers and labels as they are, whether a row has a class."""
    if not subject.task.has_classes:
        return pd.DataFrame({f"mean of {quoted(name)}": table[name] for name in subject.targets})
    [name] = subject.targets
    # Of two classes the second says nothing new.
    classes = subject.card.classes[1 if len(subject.card.classes) == 2 else 0 :]
    return (
        pd.DataFrame({f"share of {quoted(level)}": table[name] == level for level in classes}) * 1.0
    )


CHECK = Check(
    code="LL229",
    name="target_drift",
    title="The target drifts with time",
    families=("data",),
    severities=("warning",),
    keys=("data.file.time",),
    about="Where the splits follow each other in time: the mean of each target (the share of each "
    "class or label) in the training, the validation and the test rows. If it rises or falls from "
    "one to the next, what was learnt of the past is off in the future by as much, and the test "
    "loss has a part that no edit of the program removes.",
    source="The two-sample Kolmogorov-Smirnov test of the training and the test rows (Conover, "
    "Practical Nonparametric Statistics, 3rd ed., section 6.3; of classes and labels it is "
    "careful). It takes rows for independent: in a series whose rows are alike for long, such "
    "distances come more often. Ours: 0.001 after Bonferroni, and means in order.",
    remedy="Predict the change rather than the level (a difference, a ratio), give the network the "
    "time or what drives the drift as a column, or train on recent rows only.",
    find=drifting_targets,
)

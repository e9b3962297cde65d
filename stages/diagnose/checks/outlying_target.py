"""LL221: a target far from all others."""

from collections.abc import Iterator

from stages.diagnose.checks.common import quoted
from stages.diagnose.checks.outliers import RATIO, outliers
from stages.diagnose.checks.outlying_value import described
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def outlying_targets(subject: Subject) -> Iterator[CheckFinding]:
    """Targets of a regression with a few rows far from all others."""
    if not subject.task.is_regression:
        return
    for name in subject.targets:
        found = outliers(subject, name)
        if found:
            yield CHECK.finding(
                f"no target {RATIO:g} times as far from the median as any other",
                f"{quoted(name)}: {described(found)}",
            )


CHECK = Check(
    code="LL221",
    name="outlying_target",
    title="A target lies far from all others",
    families=("loss",),
    severities=("warning",),
    keys=("train.loss", "normalize.target"),
    about="Each target of a regression in all splits: rows a hundred times as far from the median "
    "as any other. The squared error of one such row is ten thousand times that of the others: it "
    "is most of the loss of its split, and in the training split most of every step.",
    source="Arithmetic: the square of a hundred. Ours: that ratio, which a log-normal target of "
    "deviation 1 and 1,000 rows reaches in less than one table of a million.",
    remedy="Mend or remove the row in the file if it is an error. If it is none, set train.loss: "
    "huber and normalize.target: robust (the loss that is reported stays the squared error).",
    find=outlying_targets,
)

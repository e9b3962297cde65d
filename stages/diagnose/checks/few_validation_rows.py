"""LL227: early stopping by very few validation rows."""

from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

FEW = 50


def few_validation_rows(subject: Subject) -> Iterator[CheckFinding]:
    """Early stopping that watches a loss over few rows, or groups where rows have one."""
    if subject.sections["train"]["early_stopping"]["patience"] is None:
        return
    table = subject.tables["validation"]
    rows = table[subject.groups].nunique() if subject.groups else len(table)
    # Without any the training loss is watched.
    if 0 < rows < FEW:
        what = "groups" if subject.groups else "rows"
        yield CHECK.finding(
            f"{FEW} validation {what} at least to stop by, or train.early_stopping.patience: null",
            f"{rows}: the standard error of their mean loss is {rows**-0.5:.0%} of the deviation "
            f"between {what}",
        )


CHECK = Check(
    code="LL227",
    name="few_validation_rows",
    title="Early stopping is decided by very few validation rows",
    families=("epochs",),
    severities=("note",),
    keys=("train.early_stopping.patience", "data.split.validation"),
    about="The number of validation rows (of groups, where rows have one) whose mean loss early "
    "stopping watches. Of few rows the loss follows what these happen to be, and so do the epoch "
    "at which training stops and the weights that are kept.",
    source="Arithmetic: the standard error of a mean of n rows is their deviation over the root of "
    "n. Ours: fifty rows, for 14 %.",
    remedy="Set train.early_stopping.patience: null and choose train.epochs, or raise "
    "data.split.validation.",
    find=few_validation_rows,
)

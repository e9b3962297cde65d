"""LL222: a number that stands for a gap."""

from collections.abc import Iterator

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.core.sentinels import sentinels_of
from stages.lib.trials.subject import Subject


def sentinels(subject: Subject) -> Iterator[CheckFinding]:
    """Round numbers that many rows have, far below or above all others of their column."""
    columns = [column.name for column in subject.card.columns if column.kind == "numeric"]
    targets = subject.targets if subject.task.is_regression else []
    table = subject.tables["train"]
    for name in [*columns, *targets]:
        for value, (low, high) in sentinels_of(sample(table)[name].to_numpy("float64")):
            count = int((table[name] == value).sum())
            is_target = name in targets
            yield CHECK.finding(
                "no number for a missing target" if is_target else "gaps to be empty cells",
                f"{'target ' if is_target else ''}{quoted(name)}: {value:.10g} in {count} of "
                f"{len(table)} training rows, all others from {low:.6g} to {high:.6g}",
                # A made-up target is what is learnt, and what the loss is made of.
                severity="error" if is_target else "warning",
                keys=CHECK.keys if subject.card.source == "file" else (),
            )


CHECK = Check(
    code="LL222",
    name="sentinel_value",
    title="A number stands for a gap",
    families=("data",),
    severities=("error", "warning"),
    keys=("data.file.missing",),
    about="Numeric columns and targets of a regression: a round number or one of nines, in five "
    "training rows at least, that lies farther from all other values than these lie from each "
    "other. Files write -999, 9999 or 1e9 where a value is missing; read as a number it makes the "
    "mean and deviation by which the column is scaled, and its rows look like the extreme case of "
    "what was measured.",
    source="Ours: five rows, a distance of the whole range of the others, and twenty other values "
    "(three beside nines), so that levels of a design, such as doses of 1, 10 and 1,000, are none.",
    remedy="If it stands for a gap, name it in data.file.missing: normalize.missing fills it, and "
    "rows without a target are left out.",
    find=sentinels,
)

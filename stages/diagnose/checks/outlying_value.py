"""LL220: a value far from all others of its column."""

from collections.abc import Iterator

from stages.diagnose.checks.common import quoted
from stages.diagnose.checks.outliers import RATIO, Outlier, outliers
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

# Transforms after which the farthest value is no farther than a few deviations.
BOUNDED = ("quantile",)


def outlying_values(subject: Subject) -> Iterator[CheckFinding]:
    """Numeric columns with a few rows far from all others, unless their transform bounds them."""
    for column in subject.state.columns:
        if column.kind != "numeric" or column.transform in BOUNDED:
            continue
        found = outliers(subject, column.name)
        if found:
            yield CHECK.finding(
                f"no row {RATIO:g} times as far from the column's median as any other",
                f"{quoted(column.name)}: {described(found)}",
            )


def described(found: list[Outlier]) -> str:
    """The farthest rows in words: value, split and row of the first, and how many more."""
    first, more = found[0], len(found) - 1
    others = f"any other but {more} more such" if more else "any other"
    return (
        f"{first.value:.6g} in row {first.row} of the {first.split} split, {first.ratio:.3g} "
        f"times as far from the median as {others}"
    )


CHECK = Check(
    code="LL220",
    name="outlying_value",
    title="A value lies far from all others of its column",
    families=("input_normalization",),
    severities=("warning",),
    keys=("normalize.columns",),
    about="Each numeric column of all splits: rows a hundred times as far from the median as any "
    "other, as a slipped decimal point or another unit leaves them. Scaled by mean and deviation, "
    "or by minimum and maximum, all other rows are squeezed together: what tells them apart is "
    "small beside the far row.",
    source="Arithmetic: one row at r times the spread of n others makes the deviation r over the "
    "root of n spreads. Ours: a ratio of a hundred, which a log-normal column of deviation 1 and "
    "1,000 rows reaches in less than one table of a million.",
    remedy="Mend or remove the row in the file if it is an error. If it is none, the column has a "
    "heavy tail: set normalize.columns to quantile, or log1p_standard, for it.",
    find=outlying_values,
)

"""LL228: the target stands some rows off its inputs."""

from collections.abc import Iterator

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def shifted_target(subject: Subject) -> Iterator[CheckFinding]:
    """A target that the inputs of another row explain far better than those of its own."""
    shift = subject.card.shift
    if shift is None:
        return
    side = "below" if shift.rows > 0 else "above"
    rows = f"{abs(shift.rows)} row{'s' * (abs(shift.rows) > 1)}"
    yield CHECK.finding(
        "a row's inputs to explain its own target best",
        f"they explain {shift.explained:.0%} of the variance of the target {rows} {side}, and "
        f"{max(shift.own, 0.0):.0%} of their own",
    )


CHECK = Check(
    code="LL228",
    name="shifted_target",
    title="The target seems to stand some rows off its inputs",
    families=("data",),
    severities=("warning",),
    keys=(),
    about="The rows of the table in their order (that of time, where a column says so): how well a "
    "straight line through the ranks of a row's numbers predicts, on rows that it was not fitted "
    "on, its own target and those of up to five rows above and below. A join by position, a "
    "deleted cell or a shift of a series moves a whole column by some rows.",
    source="Ours: a tenth of the variance from another row, at most half of it from the row "
    "itself, and a difference of five standard errors between blocks of twenty rows: of "
    "independent rows in less than one table of 100,000.",
    remedy="Look how inputs and target were put together. Where effects take time, the finding is "
    "no error: add the inputs of those earlier rows as columns.",
    find=shifted_target,
)

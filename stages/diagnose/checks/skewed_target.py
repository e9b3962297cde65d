"""LL205: a regression's target with a long tail."""

from collections.abc import Iterator

from stages.diagnose.checks.common import scaled_targets
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

SKEWNESS = 5  # third central moment over the cubed standard deviation; 0 if symmetric


def long_tails(subject: Subject) -> Iterator[CheckFinding]:
    """Positive targets of which a few rows are many times the others, after scaling too."""
    if not subject.task.is_regression:
        return
    for prefix, y, raw in scaled_targets(subject):
        mean, deviation = y.mean(), y.std()
        skewness = ((y - mean) ** 3).mean() / deviation**3 if deviation > 0 else 0.0
        if skewness > SKEWNESS and raw.min() > 0:
            yield CHECK.finding(
                "a target without a long tail, e.g. normalize.target: log1p_standard",
                f"{prefix}skewness {skewness:.3g}, from {raw.min():.3g} over a median of "
                f"{raw.median():.3g} to {raw.max():.3g}: a few rows make most of the squared error",
            )


CHECK = Check(
    code="LL205",
    name="skewed_target",
    title="The target has a long tail",
    families=("target_normalization",),
    severities=("note",),
    keys=("normalize.target",),
    about="The skewness of each scaled target of a regression, where all of its own numbers are "
    "positive, so that their logarithm is at hand. In a long tail a few rows make most of the "
    "squared error.",
    source="Ours: a skewness of five; that of an exponential distribution is two.",
    remedy="Set normalize.target: log1p_standard, if errors of a tenth weigh the same at 10 and "
    "at 1,000 for you.",
    find=long_tails,
)

"""LL204: a regression's target far from unit scale."""

from collections.abc import Iterator

from stages.diagnose.checks.common import scaled_targets
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

LARGE = 100  # |mean| or standard deviation of a scaled target


def large_targets(subject: Subject) -> Iterator[CheckFinding]:
    """Scaled targets that lie far from mean 0 and deviation 1."""
    if not subject.task.is_regression:
        return
    for prefix, y, _ in scaled_targets(subject):
        mean, deviation = y.mean(), y.std()
        if max(abs(mean), deviation) > LARGE:
            yield CHECK.finding(
                "a scaled target of mean about 0 and standard deviation about 1",
                f"{prefix}mean {mean:.3g}, standard deviation {deviation:.3g}",
            )


CHECK = Check(
    code="LL204",
    name="target_scale",
    title="The target is far from unit scale",
    families=("target_normalization",),
    severities=("warning",),
    keys=("normalize.target",),
    about="Mean and standard deviation of each scaled target of a regression. Outputs start near "
    "0 with a deviation near 1: at Adam's 0.001 a step, a target of 100 is thousands of steps "
    "away, and its squared error makes gradients of that size.",
    source="Ours: a size of a hundred, by that count of steps.",
    remedy="Set normalize.target: standard; predictions are transformed back.",
    find=large_targets,
)

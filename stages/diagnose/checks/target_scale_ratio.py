"""LL206: several targets far from each other's scale."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

RATIO = 10  # largest standard deviation over the smallest


def unequal_targets(subject: Subject) -> Iterator[CheckFinding]:
    """The widest scaled target of a regression against the narrowest."""
    if not subject.task.is_regression:
        return
    spread = np.asarray(sample(subject.y["train"]), dtype="float64").std(axis=0)
    if spread.max() > RATIO * spread.min():
        high, low = (subject.targets[k] for k in (spread.argmax(), spread.argmin()))
        yield CHECK.finding(
            "scaled targets of about the same standard deviation",
            f"{spread.max():.3g} in {quoted(high)} against {spread.min():.3g} in {quoted(low)}, "
            "which the trained loss hardly hears",
        )


CHECK = Check(
    code="LL206",
    name="target_scale_ratio",
    title="One target drowns another",
    families=("target_normalization",),
    severities=("warning",),
    keys=("normalize.target",),
    about="The largest standard deviation of a scaled target over the smallest, where there are "
    "several. The trained loss is the mean over the targets, so the wide one is nearly all of it.",
    source="Ours: a ratio of ten, which is a hundred in squared errors.",
    remedy="Set normalize.target: standard.",
    find=unequal_targets,
)

"""LL114: a regression's target is out of the outputs' reach."""

from collections.abc import Iterator

from stages.diagnose.checks.common import sample, span
from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

# A few rows beyond cost their own errors; a tenth of them is what the loss is made of.
MANY = 0.1


def unreachable_targets(subject: Subject) -> Iterator[CheckFinding]:
    """A regression's scaled target against the range of the output activation."""
    output = output_of(subject)
    activation = output.activation
    if not output.task.is_regression or activation.is_unbounded:
        return
    y = sample(subject.y["train"])
    share = float(((y < activation.low) | (y > activation.high)).mean())
    if share:
        yield CHECK.finding(
            f"outputs that reach the scaled target, {span(y)}: linear",
            f"{activation.name}, {output.range}: {share:.1%} of the training targets lie beyond",
            severity="error" if share > MANY else "warning",
        )


CHECK = Check(
    code="LL114",
    name="target_beyond_outputs",
    title="The outputs cannot reach the target",
    families=("output_activation",),
    severities=("error", "warning"),
    keys=("train.output_activation", "normalize.target"),
    about="The share of the scaled training targets of a regression that lie beyond the range of "
    "the output activation, where no training takes the outputs.",
    source="The range of each activation's formula. Ours: an error from a tenth of the rows on; a "
    "few rows beyond cost their own errors, a tenth of them is what the loss is made of.",
    remedy="Set train.output_activation: linear, or scale the target into the range, e.g. "
    "normalize.target: minmax for sigmoid.",
    find=unreachable_targets,
)

"""LL106: a probability that can get stuck at 0."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def flat_outputs(subject: Subject) -> Iterator[CheckFinding]:
    """Probabilities from an activation with a flat side."""
    output = output_of(subject)
    if output.loss.reads != "probabilities" or output.source_of_logits:
        return
    if output.activation.dies and not output.exceeds_probabilities:
        yield CHECK.finding(
            f"{output.matched_activation}, or from_logits: true, under {output.loss.name}",
            f"{output.activation.name}: an output at 0 has no gradient",
        )


CHECK = Check(
    code="LL106",
    name="outputs_may_die",
    title="An output under a cross-entropy may stay at 0 for good",
    families=("output_activation",),
    severities=("warning",),
    keys=("train.output_activation", "train.from_logits"),
    about="An output activation with an exactly flat side, under a loss that takes the outputs "
    "for probabilities. An output that stands at 0 for all rows has no gradient, and its class is "
    "never predicted again.",
    source="Arithmetic: the slope of relu below 0 is 0.",
    remedy="Set train.output_activation: auto, or make it linear and set train.from_logits: true.",
    find=flat_outputs,
)

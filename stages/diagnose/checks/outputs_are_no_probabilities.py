"""LL105: a cross-entropy of numbers that are no probabilities."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def clipped_outputs(subject: Subject) -> Iterator[CheckFinding]:
    """Outputs beyond 0 and 1 under a cross-entropy that is not told that they are logits."""
    output = output_of(subject)
    if output.loss.reads != "probabilities" or output.source_of_logits:
        return
    if output.exceeds_probabilities:
        yield CHECK.finding(
            f"{output.matched_activation}, or from_logits: true, under {output.loss.name}",
            f"{output.activation.name}, whose outputs go {output.range} and are clipped to "
            "probabilities, without a gradient beyond them",
        )


CHECK = Check(
    code="LL105",
    name="outputs_are_no_probabilities",
    title="The outputs under a cross-entropy are no probabilities",
    families=("output_activation",),
    severities=("error",),
    keys=("train.output_activation", "train.from_logits"),
    about="The range of the output activation under a loss that takes the outputs for "
    "probabilities. Keras clips them to 0 and 1, and beyond these no gradient passes: nothing is "
    "learnt from a row that is wrong there.",
    source="The range of each activation's formula, and Keras' clipping at 1e-7 from 0 and 1.",
    remedy="Set train.output_activation: auto, or keep it linear and set train.from_logits: true.",
    find=clipped_outputs,
)

"""LL104: logits from an activation that cannot reach every number."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def bounded_logits(subject: Subject) -> Iterator[CheckFinding]:
    """Outputs that are declared to be logits, of a bounded activation."""
    output = output_of(subject)
    activation = output.activation
    if output.source_of_logits != "outputs" or activation.is_unbounded:
        return
    # Several logits mean something by their differences, so a one-sided range still reaches
    # every probability; a single one means something by its sign.
    by_itself = not output.loss.of_one_class
    bounded = by_itself or np.isfinite([activation.low, activation.high]).all()
    yield CHECK.finding(
        "linear",
        f"{activation.name}, whose outputs go {output.range}",
        severity="error" if bounded else "warning",
    )


CHECK = Check(
    code="LL104",
    name="bounded_logits",
    title="Logits cannot reach every number",
    families=("output_activation",),
    severities=("error", "warning"),
    keys=("train.output_activation", "train.from_logits"),
    about="The range of the output activation where from_logits: true declares the outputs to be "
    "logits. A bounded logit bounds the probability: tanh reaches none beyond 0.27 and 0.73.",
    source="The range of each activation's formula. An error where some probabilities are out of "
    "reach, a warning where only the way to them is one-sided.",
    remedy="Use a linear output with from_logits: true, or sigmoid or softmax with from_logits: "
    "false.",
    find=bounded_logits,
)

"""LL109: from_logits where it says nothing, or contradicts the activation."""

from collections.abc import Iterator

from stages.diagnose.checks.output import output_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject


def needless_from_logits(subject: Subject) -> Iterator[CheckFinding]:
    """from_logits: true with a loss that takes no logits, or with outputs that are none."""
    output = output_of(subject)
    if not output.from_logits:
        return
    if not output.loss.has_logits:
        received = f"from_logits: true with {output.loss.name}, which takes no logits"
    elif output.source_of_logits == "inputs":
        # Keras warns, and takes the activation's inputs for the logits, so it trains.
        received = f"from_logits: true with {output.activation.name}, whose outputs are no logits"
    else:
        return
    expected = "from_logits: false, or a linear output under a cross-entropy"
    yield CHECK.finding(expected, received)


CHECK = Check(
    code="LL109",
    name="needless_from_logits",
    title="from_logits changes nothing here",
    families=("loss",),
    severities=("note",),
    keys=("train.from_logits", "train.output_activation"),
    about="from_logits: true with a loss that has no form for logits, or with sigmoid or softmax, "
    "of which Keras takes the inputs for the logits anyway. The program trains as without it, but "
    "does not say what it does.",
    source="Keras: keras.losses, and the warning of its cross-entropies.",
    remedy="Set train.from_logits: false, or train.output_activation: linear.",
    find=needless_from_logits,
)

"""LL202: inputs far from unit scale."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.checks.inputs import inputs_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

LARGE = 10  # |mean| + standard deviation of an input
# The key that scales columns of a kind.
KEYS = {"binary": ("normalize.binary",), "categorical": ("normalize.categorical",)}


def large_inputs(subject: Subject) -> Iterator[CheckFinding]:
    """The input that lies farthest from mean 0 and deviation 1."""
    inputs = inputs_of(subject)
    size = np.abs(inputs.mean) + inputs.deviation
    if size.max(initial=0.0) > LARGE:
        j = int(size.argmax())
        yield CHECK.finding(
            "inputs of mean about 0 and standard deviation about 1",
            f"{int((size > LARGE).sum())} of {len(size)} inputs with |mean| + standard deviation "
            f"beyond {LARGE}, most of all {inputs.names[j]}: mean {inputs.mean[j]:.3g}, "
            f"standard deviation {inputs.deviation[j]:.3g}",
            keys=KEYS.get(inputs.kinds[j], CHECK.keys),
        )


CHECK = Check(
    code="LL202",
    name="input_scale",
    title="Some inputs are far from unit scale",
    families=("input_normalization",),
    severities=("warning",),
    keys=("normalize.features", "normalize.columns"),
    about="Mean and standard deviation of each input over the training rows. Initializers keep "
    "the scale of activations from layer to layer for inputs of variance about 1.",
    source="Glorot and Bengio, AISTATS 2010; He et al., arXiv:1502.01852. Ours: a size of ten, "
    "well beyond what a healthy scaling leaves.",
    remedy="Set normalize.features: standard (or robust), normalize.binary: standard for columns "
    "of two values, or normalize.columns for single ones.",
    find=large_inputs,
)

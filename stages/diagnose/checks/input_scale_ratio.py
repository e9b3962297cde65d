"""LL203: inputs far from each other's scale."""

from collections.abc import Iterator

from stages.diagnose.checks.inputs import inputs_of
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

RATIO = 100  # largest standard deviation over the smallest


def unequal_inputs(subject: Subject) -> Iterator[CheckFinding]:
    """The widest numeric input against the narrowest: a rare category is rare, not badly scaled."""
    inputs = inputs_of(subject)
    deviation = inputs.deviation
    numeric = [j for j, kind in enumerate(inputs.kinds) if kind == "numeric" and deviation[j] > 0]
    if not numeric:
        return
    low, high = min(numeric, key=deviation.__getitem__), max(numeric, key=deviation.__getitem__)
    if deviation[high] > RATIO * deviation[low]:
        yield CHECK.finding(
            "numeric inputs of about the same standard deviation",
            f"{deviation[high]:.3g} in {inputs.names[high]} against {deviation[low]:.3g} in "
            f"{inputs.names[low]}",
        )


CHECK = Check(
    code="LL203",
    name="input_scale_ratio",
    title="The inputs have very different scales",
    families=("input_normalization",),
    severities=("warning",),
    keys=("normalize.features", "normalize.columns"),
    about="The largest standard deviation of a numeric input over the smallest. The curvature of "
    "the loss grows with the square of an input's scale, so that no learning rate suits inputs of "
    "different scales.",
    source="LeCun et al., Efficient BackProp, 1998, section 4.3. Ours: a ratio of a hundred, well "
    "beyond what a healthy scaling leaves.",
    remedy="Set normalize.features: standard (or robust), or normalize.columns for single ones.",
    find=unequal_inputs,
)

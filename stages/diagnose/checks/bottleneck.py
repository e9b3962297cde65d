"""LL115: a layer of one or two units between wide ones."""

from collections.abc import Iterator, Sequence

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

NARROW = 2  # units
WIDE = 4  # of what comes before and after, inputs and outputs included


def bottlenecks(subject: Subject) -> Iterator[CheckFinding]:
    """Hidden layers of one or two units between wide ones."""
    network = subject.chain
    widths = [network.layers[0].inputs, *(layer.units for layer in network.layers)]
    for i in narrow_layers(widths):
        units = f"{widths[i]} unit{'s' * (widths[i] > 1)}"
        before = "inputs" if i == 1 else "units"
        after = "outputs" if i == len(widths) - 2 else "units"
        yield CHECK.finding(
            f"several units between {widths[i - 1]} {before} and {widths[i + 1]} {after}",
            f"hidden layer {i} has {units}: all that the layers after it learn of a row are "
            f"{widths[i]} number{'s' * (widths[i] > 1)}",
        )


def narrow_layers(widths: Sequence[int]) -> list[int]:
    """The hidden layers (from 1) of NARROW units at most between WIDE ones.

    Args:
        widths: the number of inputs, the units of each hidden layer, and those of the output.
    """
    return [
        i
        for i in range(1, len(widths) - 1)
        if widths[i] <= NARROW and min(widths[i - 1], widths[i + 1]) >= WIDE
    ]


CHECK = Check(
    code="LL115",
    name="bottleneck",
    title="A layer of one or two units stands between wide ones",
    families=("capacity",),
    severities=("warning",),
    keys=("train.layers",),
    about="The units of each hidden layer, beside what comes before and after it. What a layer of "
    "one unit passes on of a row is one number, whatever the layers around it could tell; if its "
    "unit dies, it is none.",
    source="Arithmetic: the outputs are a function of the narrowest layer's numbers. Ours: two "
    "units at most, and four at least on both sides, so that small networks and single outputs are "
    "none.",
    remedy="Give the layer as many units as its neighbours have (train.layers), unless a summary "
    "in one or two numbers is wanted.",
    find=bottlenecks,
    looks_inside=True,
)

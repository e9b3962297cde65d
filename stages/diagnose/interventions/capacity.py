"""Layers and units."""

from collections.abc import Iterator
from typing import Any

from stages.diagnose.checks.bottleneck import narrow_layers
from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.diagnose.interventions.layers import units_of
from stages.lib.params.edits import Edit, Sections
from stages.lib.params.layer import with_units

# The network that Keras' tutorials and scikit-learn's users start from.
LAYERS = [64, 32]


@intervention(198, Rank.RECOMMENDED, "a layer of one or two units passes on one or two numbers")
def wider_bottleneck(sections: Sections, facts: Facts) -> Iterator[Edit]:
    entries, layers = sections["train"]["layers"], units_of(sections["train"])
    widths = [facts.inputs, *layers, max(len(facts.task.classes), len(facts.task.targets))]
    for i in narrow_layers(widths):
        # As wide as its narrower neighbour: outputs and inputs set no width.
        neighbours = layers[max(0, i - 2) : i - 1] + layers[i : i + 1]
        layers[i - 1] = min(neighbours, default=LAYERS[-1])
    yield {"train.layers": _of_units(entries, layers)}


@intervention(200, Rank.RECOMMENDED, "a bottleneck cannot pass on what is there")
def usual_size(sections: Sections, facts: Facts) -> Iterator[Edit]:
    entries, layers = sections["train"]["layers"], units_of(sections["train"])
    # One or two units are a bottleneck whatever follows; a linear model may be meant.
    narrow = layers and min(layers) < 4
    if narrow or len(layers) > 5 or (layers and max(layers) > 1024):
        yield {"train.layers": _of_units(entries, LAYERS)}


@intervention(340, Rank.SEARCH, "too few units to fit, or so many that it memorises")
def other_size(sections: Sections, facts: Facts) -> Iterator[Edit]:
    entries, layers = sections["train"]["layers"], units_of(sections["train"])
    if not layers:
        yield {"train.layers": _of_units(entries, LAYERS)}
        return
    if max(layers) <= 128:
        yield {"train.layers": _of_units(entries, [min(512, 4 * units) for units in layers])}
    smaller = [max(4, units // 4) for units in layers]
    if max(layers) >= 16:
        yield {"train.layers": _of_units(entries, smaller)}
    if max(layers) < max(LAYERS) or len(layers) > 2:
        yield {"train.layers": _of_units(entries, LAYERS)}


def _of_units(entries: list[Any], units: list[int]) -> list[Any]:
    """Entries of train.layers with these units. What a layer sets beside its units stays with it,
    or what another edit brings would count as capacity."""
    kept = [with_units(entry, count) for entry, count in zip(entries, units, strict=False)]
    return kept + units[len(entries) :]

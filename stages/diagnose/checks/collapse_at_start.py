"""LL116: at some seeds a hidden layer gives every row the same before training."""

from collections.abc import Iterator

import numpy as np

from stages.diagnose.findings import Check, CheckFinding
from stages.lib.params.edits import checked
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary import activations

SEEDS = 20
ROWS = 256
# Weights drawn in all: what has more in one network is too wide for all units of a layer to die.
MAX_WEIGHTS = 4_000_000


def collapses(subject: Subject) -> Iterator[CheckFinding]:
    """Seeds, from the program's own on, at which the initial weights leave nothing of the rows."""
    layers = collapsed_layers(subject)
    seeds = [seed for seed, layer in layers.items() if layer]
    if not seeds:
        return
    first = layers[seeds[0]]
    activation = subject.chain.layers[first - 1].activation
    family = "hidden_activation" if activations.ACTIVATIONS[activation].dies else "initialization"
    yield CHECK.finding(
        "initial weights that pass on what differs between rows",
        f"at {len(seeds)} of {len(layers)} seeds (the first: {seeds[0]}, in hidden layer {first}) "
        f"all {activation} units of a layer give every row the same number before training",
        family=family,
    )


def collapsed_layers(subject: Subject) -> dict[int, int]:
    """The first hidden layer, from 1, that gives every one of some training rows the same numbers,
    by seed; 0 where none does. Empty for networks that are not looked at: without hidden layers,
    with a normalization, or too wide."""
    network = subject.chain
    count = min(SEEDS, MAX_WEIGHTS // max(1, sum(network.sizes)))
    hidden = network.layers[:-1]
    normalized = any(layer.is_normalized for layer in hidden)
    if not hidden or normalized or count < SEEDS or len(subject.x["train"]) < 2:
        return {}
    _, train = checked(subject.sections)
    seeds = [(train.seed + i) % 2**32 for i in range(count)]
    drawn = [network.initial(seed, train.initializers) for seed in seeds]
    x = np.nan_to_num(np.asarray(subject.x["train"][:ROWS]))
    if not np.ptp(x, axis=0).any():
        return {}
    values = np.broadcast_to(x, (count, *x.shape))
    first = np.zeros(count, int)
    with np.errstate(all="ignore"):
        for i, layer in enumerate(hidden):
            of_layer = {
                kind: np.stack([arrays[f"layer_{i}.{kind}"] for arrays in drawn])
                for kind in layer.shapes
            }
            vectors = {kind: array[:, None] for kind, array in of_layer.items() if array.ndim == 2}
            before = values @ of_layer["kernel"] + vectors["bias"]
            values = np.asarray(layer.activate(before, vectors))
            same = (values == values[:, :1]).all(axis=(1, 2))
            first = np.where((first == 0) & same, i + 1, first)
    return dict(zip(seeds, first.tolist(), strict=True))


CHECK = Check(
    code="LL116",
    name="collapse_at_start",
    title="At some seeds a hidden layer starts without a living unit",
    families=("hidden_activation", "initialization"),
    severities=("warning",),
    keys=("train.activation", "train.kernel_initializer", "train.layers"),
    about="The hidden layers under the initial weights of twenty seeds, from train.seed on, over "
    "256 training rows: whether all units of one give every row the same number, as relu does "
    "where all its inputs are negative. Nothing of a row passes such a layer, no gradient comes "
    "back through dead units, and at that seed the network predicts one constant.",
    source="Arithmetic: the program's own weights and rows. Lu, Shin, Su and Karniadakis (Dying "
    "ReLU and Initialization, Communications in Computational Physics 28, 2020): with depth the "
    "probability goes to 1, the faster the narrower the layers.",
    remedy="Use leaky_relu or elu (train.activation), wider layers or fewer of them "
    "(train.layers), and biases of 0.",
    find=collapses,
    looks_inside=True,
)

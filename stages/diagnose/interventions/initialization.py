"""Initializers, hidden activations and their normalization: whether the signal gets through."""

from collections.abc import Iterator

from stages.diagnose.checks.batch_statistics import FEW_ROWS
from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.diagnose.interventions.layers import (
    activations_of,
    of_hidden_layers,
    usual_activation,
)
from stages.lib.params.edits import Edit, Sections
from stages.lib.params.layer import hidden_layers
from stages.lib.params.named import name_of
from stages.lib.vocabulary import activations
from stages.lib.vocabulary.initializers import BIAS_DEFAULT, KERNEL_DEFAULT


@intervention(90, Rank.RECOMMENDED, "the signal must neither fade nor grow with depth")
def matched_initializer(sections: Sections, facts: Facts) -> Iterator[Edit]:
    train = sections["train"]
    yield {"train.bias_initializer": BIAS_DEFAULT}
    # Keras' own default is no fault: it is within a factor of two of the matched scale.
    kernel = activations.matched_initializer(usual_activation(train))
    matched = [
        layer["kernel_initializer"]
        in (KERNEL_DEFAULT, activations.matched_initializer(name_of(layer["activation"])))
        for layer in hidden_layers(train)
    ]
    if train["kernel_initializer"] not in (KERNEL_DEFAULT, kernel) or not all(matched):
        yield {"train.kernel_initializer": kernel}


@intervention(100, Rank.RECOMMENDED, "a saturated or flat activation passes on no gradient")
def live_activation(sections: Sections, facts: Facts) -> Iterator[Edit]:
    names = activations_of(sections["train"])
    if not all(activations.ACTIVATIONS[name].for_hidden_layers for name in names):
        yield {"train.activation": "relu"}


@intervention(185, Rank.RECOMMENDED, "the mean and deviation of a few rows are mostly luck")
def no_batch_normalization(sections: Sections, facts: Facts) -> Iterator[Edit]:
    train = sections["train"]
    if train["layers"] and min(train["batch_size"], facts.rows) < FEW_ROWS:
        yield {"train.batch_normalization": "none"}


@intervention(260, Rank.SEARCH, "another start")
def other_initializer(sections: Sections, facts: Facts) -> Iterator[Edit]:
    kernel = activations.matched_initializer(usual_activation(sections["train"]))
    yield {"train.kernel_initializer": kernel}
    yield {"train.kernel_initializer": "orthogonal"}


@intervention(270, Rank.SEARCH, "another hidden activation")
def other_activation(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["train"]["layers"]:
        usual = usual_activation(sections["train"])
        yield {"train.activation": "elu" if usual == "relu" else "relu"}


@intervention(265, Rank.SEARCH, "a relu unit that is flat on every row never comes back")
def units_that_live(sections: Sections, facts: Facts) -> Iterator[Edit]:
    names = activations_of(sections["train"])
    if facts.dying and any(activations.ACTIVATIONS[name].dies for name in names):
        yield {"train.activation": "leaky_relu"}
        yield {"train.activation": "leaky_relu", "train.kernel_initializer": "he_uniform"}


@intervention(335, Rank.SEARCH, "layers whose scale drifts in training learn at each other's cost")
def other_batch_normalization(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["train"]["layers"] and min(sections["train"]["batch_size"], facts.rows) >= FEW_ROWS:
        present = set(of_hidden_layers(sections["train"], "batch_normalization"))
        others = set(of_hidden_layers(sections["train"], "layer_normalization"))
        if present != {"none"}:
            yield {"train.batch_normalization": "none"}
        elif others == {"none"}:
            yield {"train.batch_normalization": "before_activation"}

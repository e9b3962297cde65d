"""Edits of a Keras model: of all of its layers that have a setting (`train.model`)."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.lib.core.errors import UserError
from stages.lib.keras_fit.program import matched_activation
from stages.lib.params.edits import Edit, Sections
from stages.lib.params.train import Train
from stages.lib.vocabulary import activations
from stages.lib.vocabulary.initializers import KERNEL_DEFAULT

# A layer of so many units or filters is no bottleneck any more, and one of so few hardly memorises.
WIDE, SMALL = 128, 16
FACTOR = 4.0


@intervention(31, Rank.CONTRADICTS_DATA, "the output must be able to say what is true")
def match_output_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if _output_is_off(sections, facts):
        yield {"train.model.output_activation": "auto"}


@intervention(61, Rank.CONTRADICTS_DATA, "loss, output and encoding fit only together")
def match_contract_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    matched: Edit = {
        "train.loss": "auto",
        "train.from_logits": False,
        "train.target_encoding": "auto",
    }
    train = {**sections["train"], "loss": "auto", "from_logits": False, "target_encoding": "auto"}
    if _output_is_off({**sections, "train": train}, facts):
        matched["train.model.output_activation"] = "auto"
    if facts.model is not None:
        yield matched


def _output_is_off(sections: Sections, facts: Facts) -> bool:
    """Whether the output's activation is another one than what matches loss and task."""
    model = facts.model
    if model is None or not model.output_activation:
        return False
    train = Train.model_validate(sections["train"])
    given = train.model.output_activation
    try:
        matched = matched_activation(train, facts.task, model.units)
    except UserError:  # with this loss or encoding nothing matches
        return False
    return given != "auto" and (given or model.output_activation) != matched


@intervention(91, Rank.RECOMMENDED, "the signal must neither fade nor grow with depth")
def matched_initializer_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    model = facts.model
    if model is None or not model.kernels:
        return
    kernel = activations.matched_initializer(_usual(facts))
    if not set(model.kernels) <= {KERNEL_DEFAULT, kernel}:
        yield {"train.model.kernel_initializer": kernel}


@intervention(101, Rank.RECOMMENDED, "a saturated or flat activation passes on no gradient")
def live_activation_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    names = () if facts.model is None else facts.model.activations
    rows = activations.ACTIVATIONS
    if not all(name in rows and rows[name].for_hidden_layers for name in names):
        yield {"train.model.activation": "relu"}


@intervention(191, Rank.RECOMMENDED, "a penalty that is too strong keeps it from fitting")
def less_regularization_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.model is None:
        return
    free: Edit = {"train.model.dropout": 0.0} if any(facts.model.rates) else {}
    if facts.model.penalized:
        free["train.model.l2"] = 0.0
    for key, value in free.items():
        yield {key: value}
    if free:
        yield free


@intervention(271, Rank.SEARCH, "another hidden activation")
def other_activation_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.model is not None and facts.model.activations:
        yield {"train.model.activation": "elu" if _usual(facts) == "relu" else "relu"}


@intervention(331, Rank.SEARCH, "it memorises the training rows")
def more_regularization_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.model is None:
        return
    if facts.model.rates and not any(facts.model.rates):
        yield {"train.model.dropout": 0.3}
    if facts.model.kernels and not facts.model.penalized:
        yield {"train.model.l2": 0.001}


@intervention(341, Rank.SEARCH, "too few units to fit, or so many that it memorises")
def other_width_of_model(sections: Sections, facts: Facts) -> Iterator[Edit]:
    widths = () if facts.model is None else facts.model.widths
    present = sections["train"]["model"]["width"] or 1.0
    if widths and max(widths) <= WIDE:
        yield {"train.model.width": present * FACTOR}
    if widths and max(widths) >= SMALL:
        yield {"train.model.width": present / FACTOR}


def _usual(facts: Facts) -> str:
    """The activation of most hidden layers."""
    names = [] if facts.model is None else list(facts.model.activations)
    known = [name for name in names if name in activations.ACTIVATIONS]
    return max(known, key=known.count) if known else "relu"

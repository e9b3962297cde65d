"""Loss, output and target encoding: what has to fit together and to the task."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.lib.params.edits import Edit, Sections
from stages.lib.vocabulary.losses import LOSSES


@intervention(20, Rank.CONTRADICTS_DATA, "labels must be what the loss takes them for")
def match_encoding(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.target_encoding": "auto"}


@intervention(30, Rank.CONTRADICTS_DATA, "the output must be able to say what is true")
def match_output(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.output_activation": "auto"}
    yield {"train.output_activation": "auto", "train.output_units": "auto"}


@intervention(40, Rank.CONTRADICTS_DATA, "the loss must be proper for the task")
def match_loss(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.loss": "auto"}


@intervention(
    50,
    Rank.CONTRADICTS_DATA,
    "a loss that takes probabilities for logits asks for the wrong ones",
)
def outputs_not_logits(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.from_logits": False}


@intervention(60, Rank.CONTRADICTS_DATA, "loss, output and encoding fit only together")
def match_contract(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {
        "train.loss": "auto",
        "train.from_logits": False,
        "train.output_activation": "auto",
        "train.output_units": "auto",
        "train.target_encoding": "auto",
    }


@intervention(
    160, Rank.RECOMMENDED, "smoothed labels ask for less sure predictions than the data do"
)
def whole_labels(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.label_smoothing": 0.0}


@intervention(
    170, Rank.RECOMMENDED, "weights of classes ask for other probabilities than the data have"
)
def unweighted_classes(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.class_weight": None}


@intervention(165, Rank.RECOMMENDED, "a loss that turns too soon, or weighs too little, misleads")
def default_loss_constants(sections: Sections, facts: Facts) -> Iterator[Edit]:
    loss = sections["train"]["loss"]
    if loss != "auto":
        yield _constants(loss)


@intervention(254, Rank.SEARCH, "squared errors of a few far rows outweigh all others")
def robust_loss(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.heavy_tails and sections["train"]["loss"] in ("auto", "mean_squared_error"):
        huber: Edit = {"train.loss": "huber", **_constants("huber")}
        yield huber
        # Huber's loss is the squared one within its delta: what is far has to lie beyond it.
        if facts.outlying_target and sections["normalize"]["target"] != "robust":
            yield {**huber, "normalize.target": "robust"}


def _constants(name: str) -> Edit:
    """Keras' default constants of a loss."""
    return {f"train.{key}": value for key, value in LOSSES[name].constants.items()}

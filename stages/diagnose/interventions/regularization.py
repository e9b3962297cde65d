"""Dropout and penalties."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.diagnose.interventions.layers import effective, of_hidden_layers
from stages.lib.params.edits import Edit, Sections
from stages.lib.vocabulary.layers import noises
from stages.lib.vocabulary.regularizers import PENALTIES


@intervention(190, Rank.RECOMMENDED, "a penalty that is too strong keeps it from fitting")
def less_regularization(sections: Sections, facts: Facts) -> Iterator[Edit]:
    free: Edit = {f"train.{row.key}": 0.0 for row in noises()}
    free |= {f"train.{key}": 0.0 for key in PENALTIES}
    if sections["train"]["weight_decay"] != "auto":
        free["train.weight_decay"] = 0.0
    changes = effective(sections, free)
    for key, value in changes.items():
        yield {key: value}
    yield changes


@intervention(330, Rank.SEARCH, "it memorises the training rows")
def more_regularization(sections: Sections, facts: Facts) -> Iterator[Edit]:
    train = sections["train"]
    noisy = any(any(of_hidden_layers(train, row.key)) for row in noises())
    if train["layers"] and not noisy:
        yield {"train.dropout": 0.3}
    if not any([train["l2"], *of_hidden_layers(train, "l2")]):
        yield {"train.l2": 0.001}
        yield {"train.l2": 0.01}

"""Dropout and penalties."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.diagnose.interventions.layers import effective, of_hidden_layers
from stages.diagnose.interventions.steps import steps_of
from stages.lib.params.edits import Edit, Sections
from stages.lib.vocabulary.layers import noises
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.lib.vocabulary.regularizers import PENALTIES

# The weights as a mean over the last steps: of this part of all steps (`weight_decay`).
REMEMBERED = (3, 10)
# Steps of the shortest such memory, below which the decay is most of a step.
LEAST_REMEMBERED = 10
# The rate times the steps: a step of Adam moves a weight by about the rate at most, so from shorter
# ways there is next to nothing to come back from.
LEAST_WAY = 0.1


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


@intervention(
    332, Rank.SEARCH, "it memorises, and Adam weakens a penalty where gradients are large"
)
def weight_decay(sections: Sections, facts: Facts) -> Iterator[Edit]:
    """Decoupled from the gradient: Adam is AdamW then (Loshchilov, Hutter, arXiv:1711.05101).

    With it the weights are a mean over the last 1 / (rate * decay) steps, which is to be no longer
    than the training and no shorter than an epoch (Wang, Aitchison, arXiv:2405.13698): here a third
    and a tenth of the steps. Keras' 0.004 remembers 250,000 steps at Adam's usual rate, so it does
    nothing in a short training. Of an optimizer that does not scale its steps it is L2.
    """
    train = sections["train"]
    row, steps = OPTIMIZERS[train["optimizer"]], steps_of(sections, facts)
    present = row.weight_decay if train["weight_decay"] == "auto" else train["weight_decay"]
    way = train["learning_rate"] * steps
    for part in REMEMBERED if row.adaptive and way >= LEAST_WAY else ():
        decay = float(f"{part / way:.2g}")
        fits = part <= train["epochs"] and part * LEAST_REMEMBERED <= steps
        if fits and decay > present:
            yield {"train.weight_decay": decay}

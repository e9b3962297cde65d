"""The optimizer, its learning rate and schedule, and clipping."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.lib.params.edits import Edit, Sections
from stages.lib.vocabulary.optimizers import OPTIMIZERS

# Of each kernel's and bias's gradient (Keras' clipnorm). Pascanu, Mikolov and Bengio (ICML 2013)
# clip at half to ten times the usual norm; 1 is what Keras' documentation shows.
CLIP_NORM = 1.0
# Keras' default: an average over about a hundred steps.
EMA_MOMENTUM = 0.99
# Left out are AdamW, which is Adam with a weight decay (regularization.py), adagrad, whose rate
# only falls, and SGD without Nesterov's momentum.
OTHER_OPTIMIZERS = ("nesterov", "rmsprop", "nadam", "adamax", "lion", "muon")
# Of all epochs: Goyal et al. (arXiv:1706.02677) rise over 5 of 90; a tenth, and an epoch at least,
# since programs here are shorter.
WARMUP_SHARE = 0.1
# A rate that falls on a plateau stands beside no schedule.
_NO_PLATEAU: Edit = {"train.reduce_on_plateau.patience": None}


@intervention(
    110,
    Rank.RECOMMENDED,
    "too small a step learns nothing in time, too large a one overshoots",
)
def default_learning_rate(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.learning_rate": OPTIMIZERS[sections["train"]["optimizer"]].learning_rate}


@intervention(120, Rank.RECOMMENDED, "the optimizer's memory and damping")
def default_constants(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield _constants(sections["train"]["optimizer"])


@intervention(130, Rank.RECOMMENDED, "a clip below the usual gradient slows every step")
def no_clipping(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {f"train.clip.{kind}": None for kind in ("value", "norm", "global_norm")}


@intervention(140, Rank.RECOMMENDED, "a rate that fades too soon stops learning")
def constant_schedule(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.schedule.name": "constant", "train.schedule.warmup_epochs": 0, **_NO_PLATEAU}


@intervention(220, Rank.RECOMMENDED, "a step size for each weight forgives bad scales")
def adam(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["train"]["optimizer"] not in ("adam", "adamw"):
        yield _optimizer("adam")


@intervention(
    280,
    Rank.SEARCH,
    "too small a step learns nothing in time, too large a one overshoots",
)
def other_learning_rate(sections: Sections, facts: Facts) -> Iterator[Edit]:
    rate = sections["train"]["learning_rate"]
    for factor in (0.01, 0.1, 0.3, 3.0, 10.0, 100.0):
        if 1e-6 <= rate * factor <= 10:
            yield {"train.learning_rate": float(f"{rate * factor:.6g}")}


@intervention(290, Rank.SEARCH, "smaller steps at the end settle")
def cosine_schedule(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["train"]["schedule"]["name"] == "constant":
        yield {"train.schedule.name": "cosine", **_NO_PLATEAU}


@intervention(292, Rank.SEARCH, "a first step of full size may throw the weights away")
def warmed_cosine(sections: Sections, facts: Facts) -> Iterator[Edit]:
    """Gotmare, Keskar, Xiong, Socher (arXiv:1810.13243): a warm-up keeps the deeper layers from
    moving too far before there is a direction to move in."""
    schedule, epochs = sections["train"]["schedule"], sections["train"]["epochs"]
    warmup = max(1, round(WARMUP_SHARE * epochs))
    is_unwarmed = schedule["name"] in ("constant", "cosine") and not schedule["warmup_epochs"]
    # What is left has to be longer than the rise.
    if is_unwarmed and epochs > 2 * warmup:
        warmed: Edit = {"train.schedule.warmup_epochs": warmup}
        yield {"train.schedule.name": "cosine", **warmed, **_NO_PLATEAU}


@intervention(350, Rank.SEARCH, "another optimizer")
def other_optimizer(sections: Sections, facts: Facts) -> Iterator[Edit]:
    for name in OTHER_OPTIMIZERS:
        if sections["train"]["optimizer"] != name:
            yield _optimizer(name)


@intervention(155, Rank.RECOMMENDED, "an average over too many steps lags behind the weights")
def no_average(sections: Sections, facts: Facts) -> Iterator[Edit]:
    yield {"train.ema_momentum": None}


@intervention(355, Rank.SEARCH, "the average over the last steps is steadier than the last one")
def average_weights(sections: Sections, facts: Facts) -> Iterator[Edit]:
    train = sections["train"]
    restores = train["early_stopping"]["patience"] is not None
    restores = restores and train["early_stopping"]["restore_best"]
    if train["ema_momentum"] is None and not restores:
        yield {"train.ema_momentum": EMA_MOMENTUM}


@intervention(295, Rank.SEARCH, "a step along an exploding gradient throws the weights away")
def clip_gradients(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.unstable and not any(sections["train"]["clip"].values()):
        yield {"train.clip.norm": CLIP_NORM}


def _optimizer(name: str) -> Edit:
    """An optimizer as Keras has it by default."""
    rate = OPTIMIZERS[name].learning_rate
    return {"train.optimizer": name, "train.learning_rate": rate, **_constants(name)}


def _constants(name: str) -> Edit:
    """Keras' default constants of an optimizer."""
    return {f"train.{key}": value for key, value in OPTIMIZERS[name].constants.items()}

"""Symptoms: what training left behind that looks wrong, and whom it makes suspected.

A symptom proves nothing. It names families of edits that are worth a trial, with the number that
was seen and the threshold it passed. A new symptom is one entry of SYMPTOMS.

Every loss here is the task's proper one (nats, or squared target units), but where the text says
"trained". `floor` and `chance` have its unit: the least loss that is possible, and the loss of the
best constant.

Where the thresholds come from:
AUTOTRAINER: Zhang, Zhai, Ma, Shen, ICSE 2021; the values are the defaults of its published code.
DeepDiagnosis: Wardat, Cruz, Le, Rajan, ICSE 2022; likewise.
CS231n: Karpathy and others, Stanford, the notes neural-networks-1 and neural-networks-3.
Recipe: Karpathy, A Recipe for Training Neural Networks, 2019.
Prechelt: Early Stopping, But When?, in Neural Networks: Tricks of the Trade, 1998.
"ours": no source gives a number for this quantity; the comment says what it was chosen by.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.lib.core.parquet_files import numbered
from stages.lib.mlp.batches import Part
from stages.lib.mlp.weights import class_weights
from stages.lib.params.edits import checked
from stages.lib.trials.statistics import Design, linearised, mean
from stages.lib.trials.subject import Subject

# Recipe and CS231n: before training the loss is that of chance; they give no margin. Ours: sound
# networks (glorot_uniform, standardised inputs; eight runs here) started at 0.9 to 1.2 of it.
INITIAL_LOSS = 1.5  # times chance
# CS231n calls 40 % dead units a sign of too high a learning rate. Ours, below that: centred inputs
# leave next to none dead, raw positive ones about half.
DEAD_SHARE = 0.25
# DeepDiagnosis: a layer with more than half of its inputs beyond +-5 is saturated. The probes count
# slopes below 0.01 instead, which is beyond 4.6 for sigmoid and 3.0 for tanh.
FLAT_SHARE = 0.5
# Glorot and Bengio, AISTATS 2010: activations should keep their scale through the layers. Ours: a
# factor of ten; relu under glorot_uniform loses a factor of 1.4 a layer, which five layers survive.
ACTIVATIONS_SHRINK, ACTIVATIONS_GROW = 0.1, 10.0  # last hidden layer over the first
# AUTOTRAINER (beta_1, beta_3): first kernel's gradient norm over the last's. Root mean squares are
# compared here, so that the width of a layer does not count.
GRADIENTS_VANISH, GRADIENTS_EXPLODE = 1e-3, 70.0
# DeepDiagnosis: a mean absolute gradient below this has vanished. Ours: the same for activations.
NOTHING = 1e-7
# CS231n: updates of about 1e-3 of the weights. Ours: ten times less and a hundred times more, since
# Adam's first updates of small kernels are near 1e-2 in sound runs.
UPDATES_SMALL, UPDATES_LARGE = 1e-4, 0.1  # norm of an update over norm of the weights
# Ours: above 0.35, Adam's first step at a rate of 0.01 on kernels drawn within +-0.05 (one size,
# whatever the gradient), and below 0.54, seen with sgd at a rate of 10, which killed the network.
FIRST_UPDATE_LARGE = 0.4
EARLY_EPOCHS = 5  # after which a sound run may well have nothing left to update
# Ours: one more fifth of the epochs would take off another tenth of what is left above the floor.
STILL_FALLING = 0.1
# Ours. AUTOTRAINER's slow convergence is a gain of accuracy below 0.01 (delta), but accuracy stays
# where it is on unequal classes while the loss falls.
PLATEAU = 0.05  # share of what lies between chance and floor
# AUTOTRAINER: swings of 0.03 (zeta) in a fifth (eta) of the epochs; of accuracy there, which has
# the range 1, and so of a loss in shares of its scale here.
RISE, RISING_SHARE = 0.03, 0.2
# Ours: a deviation of a hundredth of a probability, or of the target's deviation, cannot carry what
# a loss well above the floor leaves to be said.
SPREAD = 0.01
# Ours: a twentieth of chance, below which nobody retrains, and two standard errors.
GAP, STANDARD_ERRORS = 0.05, 2.0
# Prechelt's generalisation loss of 5 %, and ours: a hundredth of chance, since 5 % of a loss near
# zero is nothing.
VALIDATION_RISE, RELEVANT = 0.05, 0.01
# Ours: a quarter of what lies between chance and floor is still there.
UNDERFIT = 0.25
# Ours: untrained, mean squared error is 0.36 of the log loss of two classes, which is no fault.
TRAINED_TO_PROPER = 0.25

# Bounded on both sides with a slope that dies out. softmax is not here: its slope as the probes
# take it, of the sum over the units, is always zero.
SATURATING = ("sigmoid", "tanh", "softsign", "hard_sigmoid")


@dataclass(frozen=True)
class Finding:
    """A threshold that was passed. layer counts from 1; sentence: without its full stop."""

    value: float | None
    threshold: float
    sentence: str
    layer: int | None = None
    epoch: int | None = None


Find = Callable[[Subject, float, float], Finding | None]


@dataclass(frozen=True)
class Symptom:
    """find: (subject, floor, chance) -> what was found, or None. families: each suspected family
    of edits with the direction in which it would be wrong, or '' where there is none."""

    name: str
    find: Find
    families: dict[str, str]


def symptoms(subject: Subject, floor: float, chance: float) -> list[dict]:
    """The symptoms that the subject shows, in the order of SYMPTOMS.

    Each: symptom, families, value (six significant digits, or None), threshold, layer (from 1, or
    None), epoch (0 is before training, or None) and text, one sentence.
    """
    shown = []
    for one in SYMPTOMS:
        found = one.find(subject, floor, chance)
        if found is not None:
            shown.append(
                {
                    "symptom": one.name,
                    "families": list(one.families),
                    "value": _rounded(found.value),
                    "threshold": _rounded(found.threshold),
                    "layer": found.layer,
                    "epoch": found.epoch,
                    "text": f"{found.sentence}; suspected: {_listed(one.families)}.",
                }
            )
    return shown


# ---------------------------------------------------------------------------------- at the start


def initial_loss(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The training loss before training, as a multiple of chance.

    With unequal classes, of the loss of equal shares: that is where outputs near zero start, and
    training corrects it within steps.
    """
    loss = _history(subject, "training_proper").get(0)
    # A label is a question of two answers.
    answers = 2 if subject.task == "multilabel" else max(len(subject.card["classes"]), 1)
    blind = max(chance, math.log(answers))
    if loss is None or not blind > 0 or loss <= INITIAL_LOSS * blind:
        return None
    return Finding(
        loss / blind,
        INITIAL_LOSS,
        f"before training the loss was {loss:.4g}, {loss / blind:.3g} times that of knowing "
        f"nothing ({blind:.4g})",
        epoch=0,
    )


def no_signal(subject: Subject, floor: float, chance: float) -> Finding | None:
    """No gradient in any kernel, or a hidden layer that puts out one number for all."""
    gradients = _layers(subject, "gradient_rms", 0)
    if len(gradients) and gradients.max() < NOTHING:
        return Finding(
            gradients.max(),
            NOTHING,
            f"before training the gradient was {gradients.max():.3g} or less in all kernels",
            epoch=0,
        )
    spread = _hidden(subject, _layers(subject, "activation_std", 0))
    if len(spread) and spread.min() < NOTHING:
        layer = int(spread.idxmin())
        return Finding(
            spread.min(),
            NOTHING,
            f"before training all outputs of layer {layer} were the same (deviation "
            f"{spread.min():.3g})",
            layer,
            0,
        )
    return None


def activations_shrink(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Deviation of the last hidden layer's activations over the first's, before training."""
    return _activations(subject, ACTIVATIONS_SHRINK, "shrank", lambda ratio, limit: ratio < limit)


def activations_grow(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The same in the other direction."""
    return _activations(subject, ACTIVATIONS_GROW, "grew", lambda ratio, limit: ratio > limit)


def gradients_vanish(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Gradient scale of the first kernel over the last's, before training."""
    return _gradients(subject, GRADIENTS_VANISH, "only ", lambda ratio, limit: ratio < limit)


def gradients_explode(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The same in the other direction."""
    return _gradients(subject, GRADIENTS_EXPLODE, "", lambda ratio, limit: ratio > limit)


# ------------------------------------------------------------------------------- during training


def diverged(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Training met a value that is not finite."""
    if subject.network["status"] != "diverged":
        return None
    where = subject.network.get("divergence") or {}
    epoch = where.get("epoch")
    return Finding(
        1.0,
        0.0,
        f"the {where.get('what', 'loss')} stopped being finite in epoch {epoch}, step "
        f"{where.get('step')}",
        epoch=epoch,
    )


def updates_small(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Even the kernel that moved most hardly moved in an update, although it had a gradient."""
    probes = subject.probes
    # Without any gradient the learning rate is not to blame.
    ratio = _early_updates(probes[~(probes["gradient_rms"] < NOTHING)])
    if not len(ratio) or ratio.max() >= UPDATES_SMALL:
        return None
    return Finding(
        ratio.max(),
        UPDATES_SMALL,
        f"in the first epochs no kernel changed by more than {ratio.max():.3g} of its size in an "
        f"update, where about 0.001 is usual",
        int(ratio.idxmax()),
    )


def updates_large(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The very first update replaced much of some kernel, or those of the first epochs do."""
    first = _layers(subject, "update_ratio", 0)
    for ratio, limit, when, epoch in (
        (first, FIRST_UPDATE_LARGE, "the first update", 0),
        (_early_updates(subject.probes), UPDATES_LARGE, "in the first epochs an update", None),
    ):
        if len(ratio) and ratio.max() > limit:
            layer = int(ratio.idxmax())
            return Finding(
                ratio.max(),
                limit,
                f"{when} changed the kernel of layer {layer} by {ratio.max():.3g} of its size, "
                f"where about 0.001 is usual",
                layer,
                epoch,
            )
    return None


def oscillation(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Share of the epochs that ended with a relevant rise of the training or the running loss."""
    share = _rising_share(subject, chance)
    if share <= RISING_SHARE:
        return None
    return Finding(
        share,
        RISING_SHARE,
        f"in {share:.0%} of the epochs the loss rose by more than {RISE:.0%} of its scale",
    )


def still_falling(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The fall from the last but one fifth of the epochs to the last, over what is left above the
    floor. The validation loss has to fall as well, or more epochs would only overfit."""
    loss, held_out = (_history(subject, f"{name}_proper") for name in ("training", "validation"))
    if len(loss) < 2:
        return None
    fall, left = _last_fall(loss), _last_fifth(loss).mean() - floor
    if left <= 0 or fall <= STILL_FALLING * left or fall <= RELEVANT * chance:
        return None
    if len(held_out) >= 2 and _last_fall(held_out) <= 0:
        return None
    # What jumps up and down falls by luck.
    if _rising_share(subject, chance) > RISING_SHARE:
        return None
    return Finding(
        fall / left,
        STILL_FALLING,
        f"in the last fifth of the epochs the training loss still fell by {fall:.3g}, with "
        f"{left:.3g} left above the floor ({floor:.4g})",
        epoch=int(loss.index[-1]),
    )


def plateau(subject: Subject, floor: float, chance: float) -> Finding | None:
    """How far the best epoch's training loss came below chance, and below where it started, as a
    share of the way to the floor."""
    loss = _history(subject, "training_proper")
    if len(loss) < 2:
        return None
    # A start above chance is no merit, and a fall to chance takes no learning from the inputs.
    start = min(loss.get(0, chance), chance)
    if start - floor <= PLATEAU * chance:  # nothing to learn, or chance and floor by luck
        return None
    way = (start - loss.min()) / (start - floor)
    if way >= PLATEAU:
        return None
    return Finding(
        way,
        PLATEAU,
        f"the training loss went from {loss.iloc[0]:.4g} to {loss.min():.4g} at best, where "
        f"chance is {chance:.4g} and the floor {floor:.4g}",
        epoch=int(loss.idxmin()),
    )


def validation_rise(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The validation loss of the last fifth of the epochs up to the kept one over its minimum,
    less one, while the training loss did not rise."""
    kept = subject.network["kept_epoch"]
    held_out, loss = (
        _history(subject, f"{name}_proper").loc[:kept] for name in ("validation", "training")
    )
    if not len(held_out):
        return None
    best = held_out.idxmin()
    end, least = _last_fifth(held_out).median(), held_out.min()
    if end - least <= max(VALIDATION_RISE * least, RELEVANT * chance):
        return None
    # Both rising is divergence or oscillation, which more regularization does not cure.
    if best not in loss.index or _last_fifth(loss).median() > loss[best]:
        return None
    return Finding(
        end / least - 1 if least > 0 else None,
        VALIDATION_RISE,
        f"the validation loss rose from {least:.4g} after epoch {best} to {end:.4g} while the "
        f"training loss went on falling",
        epoch=int(best),
    )


# ------------------------------------------------------------------------------------- at the end


def dead_units(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Largest share of a hidden layer's units that pass no gradient on any row, at the end."""
    epoch = _last_probed(subject)
    shares = _layers(subject, "dead_share", epoch)
    share = _hidden(subject, shares, without=(*SATURATING, "softmax"))
    if not len(share) or share.max() <= DEAD_SHARE:
        return None
    layer = int(share.idxmax())
    return Finding(
        share.max(),
        DEAD_SHARE,
        f"after epoch {epoch} {share.max():.0%} of the {_layer(subject, layer)['activation']} "
        f"units of layer {layer} were dead: flat on every row",
        layer,
        epoch,
    )


def hidden_saturation(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Largest share of flat activations in a hidden sigmoid-like layer at any probed epoch."""
    worst = None
    for epoch in _probed_epochs(subject):
        share = _hidden(subject, _layers(subject, "flat_share", epoch), only=SATURATING)
        if len(share) and (worst is None or share.max() > worst[0]):
            worst = (share.max(), int(share.idxmax()), epoch)
    if worst is None or worst[0] <= FLAT_SHARE:
        return None
    share, layer, epoch = worst
    return Finding(
        share,
        FLAT_SHARE,
        f"at epoch {epoch} {share:.0%} of the {_layer(subject, layer)['activation']} activations "
        f"of layer {layer} were saturated",
        layer,
        epoch,
    )


def output_saturation(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Share of flat outputs: before training, or at the end while the training loss is high.

    At the end, certainty alone is no fault: a sound network is certain of easy rows.
    """
    layer = len(subject.network["layers"])
    activation = _layer(subject, layer)["activation"]
    start = _layers(subject, "flat_share", 0).get(layer, 0.0) if activation in SATURATING else 0.0
    if start > FLAT_SHARE:
        return Finding(
            start,
            FLAT_SHARE,
            f"before training {start:.0%} of the {activation} outputs were saturated",
            layer,
            0,
        )
    loss = _loss(subject, "train")
    if loss is None or loss <= floor + max((chance - floor) / 2, PLATEAU * chance):
        return None
    epoch = _last_probed(subject)
    if activation == "softmax":
        share = _certain_share(subject)
    else:
        share = _layers(subject, "flat_share", epoch).get(layer, 0.0)
    if share <= FLAT_SHARE:
        return None
    return Finding(
        share,
        FLAT_SHARE,
        f"after training {share:.0%} of the {activation} outputs were saturated at a training "
        f"loss of {loss:.4g} (chance {chance:.4g})",
        layer,
        epoch,
    )


def non_finite_predictions(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Rows of all splits whose prediction is not finite."""
    count = sum(int((~_finite_rows(table)).sum()) for table in subject.predictions.values())
    rows = sum(len(table) for table in subject.predictions.values())
    if not count:
        return None
    return Finding(count, 0.0, f"{count} of {rows} predictions are not finite")


def constant_predictions(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Deviation of the predictions over the test rows: the largest of any class's or label's
    probability, or of any prediction over its target's."""
    loss = _loss(subject, "test")
    if loss is None or not chance > 0 or loss - floor <= PLATEAU * chance:
        return None
    predicted = _said(subject, "test")
    # Of one row nothing can be said.
    if len(predicted) < 2:
        return None
    scale: float | np.ndarray = 1.0
    if subject.task == "regression":
        # Chance is the variance of one target, and the mean of several.
        several = numbered(subject.predictions["test"], "target").std(axis=0)
        own = np.where(several > 0, several, np.inf)
        scale = math.sqrt(chance) if len(own) == 1 else own
    spread = float((predicted.std(axis=0) / scale).max())
    if not spread < SPREAD:
        return None
    return Finding(
        spread,
        SPREAD,
        f"the predictions of the test rows are all but the same (deviation {spread:.2g}) at a "
        f"loss of {loss:.4g}, {loss - floor:.3g} above the floor",
    )


def train_test_gap(subject: Subject, floor: float, chance: float) -> Finding | None:
    """Test loss less training loss of the kept weights, as a share of chance."""
    rows = [_independent_losses(subject, name) for name in ("test", "train")]
    if any(one is None or len(one) < 2 for one in rows) or not chance > 0:
        return None
    test, train = (one.mean() for one in rows)
    error = math.sqrt(sum(one.var(ddof=1) / len(one) for one in rows))
    gap = test - train
    if not (gap > GAP * chance and gap > STANDARD_ERRORS * error):
        return None
    return Finding(
        gap / chance,
        GAP,
        f"the test loss ({test:.4g}) lies {gap:.3g} above the training loss ({train:.4g}), "
        f"{gap / chance:.0%} of chance",
    )


def underfit(subject: Subject, floor: float, chance: float) -> Finding | None:
    """What the training loss of the kept weights leaves of the way from chance to floor."""
    loss = _loss(subject, "train")
    if loss is None or chance - floor <= PLATEAU * chance:
        return None
    left = (loss - floor) / (chance - floor)
    if left <= UNDERFIT or loss - floor <= PLATEAU * chance:
        return None
    return Finding(
        left,
        UNDERFIT,
        f"the training loss stayed at {loss:.4g}, {loss - floor:.3g} above the floor ({floor:.4g})",
    )


def misleading_loss(subject: Subject, floor: float, chance: float) -> Finding | None:
    """The trained loss over the proper one, both on the training split after the last epoch; the
    trained one over what its rows are weighted by in the mean.

    A regression's trained loss may have any unit; only a negative one tells.
    """
    shown = _history(subject, "training_loss")
    meant = _history(subject, "training_proper")
    if not len(shown) or not len(meant) or shown.index[-1] != meant.index[-1]:
        return None
    trained, proper = shown.iloc[-1] / _mean_factor(subject), meant.iloc[-1]
    threshold = 0.0 if subject.task == "regression" else TRAINED_TO_PROPER
    if proper <= INITIAL_LOSS * chance or trained >= threshold * proper:
        return None
    return Finding(
        trained / proper,
        threshold,
        f"the trained loss ends at {trained:.4g} and looks good, but the proper loss of the same "
        f"network is {proper:.4g} (chance {chance:.4g})",
        epoch=int(shown.index[-1]),
    )


# ------------------------------------------------------------------------------------- the table

SYMPTOMS = (
    Symptom(
        "initial_loss_above_chance",
        initial_loss,
        {"initialization": "too wide", "input_normalization": "", "target_normalization": ""},
    ),
    Symptom(
        "no_signal_at_start",
        no_signal,
        {
            "initialization": "",
            "input_normalization": "",
            "output_activation": "",
            "hidden_activation": "",
        },
    ),
    Symptom("activations_shrink", activations_shrink, {"initialization": "too narrow"}),
    Symptom("activations_grow", activations_grow, {"initialization": "too wide"}),
    Symptom(
        "gradients_vanish",
        gradients_vanish,
        {"initialization": "too narrow", "hidden_activation": ""},
    ),
    Symptom(
        "gradients_explode",
        gradients_explode,
        # The first kernel's gradient is proportional to the inputs.
        {"initialization": "too wide", "hidden_activation": "", "input_normalization": ""},
    ),
    Symptom(
        "diverged",
        diverged,
        {
            "learning_rate": "too high",
            "initialization": "too wide",
            "input_normalization": "",
            "data": "not finite",
        },
    ),
    Symptom("updates_too_small", updates_small, {"learning_rate": "too low"}),
    Symptom("updates_too_large", updates_large, {"learning_rate": "too high"}),
    Symptom("oscillation", oscillation, {"learning_rate": "too high", "batch_size": "too small"}),
    Symptom("still_falling", still_falling, {"epochs": "too few", "learning_rate": "too low"}),
    Symptom(
        "plateau",
        plateau,
        {"learning_rate": "", "initialization": "", "optimizer": "", "input_normalization": ""},
    ),
    Symptom(
        "validation_loss_rises",
        validation_rise,
        {"epochs": "too many", "regularization": "too weak"},
    ),
    Symptom(
        "dead_units",
        dead_units,
        {"hidden_activation": "", "initialization": "", "learning_rate": "too high"},
    ),
    Symptom(
        "hidden_saturation",
        hidden_saturation,
        {"hidden_activation": "", "initialization": "too wide", "input_normalization": ""},
    ),
    Symptom(
        "output_saturation",
        output_saturation,
        {
            "output_activation": "",
            "initialization": "too wide",
            "input_normalization": "",
            "target_normalization": "",
            "learning_rate": "too high",
        },
    ),
    Symptom(
        "non_finite_predictions",
        non_finite_predictions,
        # normalize.missing decides whether a gap stays NaN.
        {"data": "not finite", "input_normalization": ""},
    ),
    Symptom(
        "constant_predictions",
        constant_predictions,
        {
            "output_activation": "",
            "learning_rate": "",
            "hidden_activation": "",
            "initialization": "",
        },
    ),
    Symptom(
        "train_test_gap",
        train_test_gap,
        {
            "regularization": "too weak",
            "epochs": "too many",
            "capacity": "too large",
            "data": "too few rows",
        },
    ),
    Symptom(
        "underfit",
        underfit,
        {
            "capacity": "too small",
            "epochs": "too few",
            "learning_rate": "",
            "regularization": "too strong",
        },
    ),
    Symptom("misleading_loss", misleading_loss, {"loss": "", "output_activation": ""}),
)


# ----------------------------------------------------------------------- looking at the subject


def _history(subject: Subject, name: str) -> pd.Series:
    """The finite values of a column of the history, float64, indexed by epoch."""
    return _finite(subject.history.set_index("epoch")[name])


def _layers(subject: Subject, name: str, epoch: int | None) -> pd.Series:
    """A statistic of the probes at an epoch, its finite values, float64, indexed by layer."""
    rows = subject.probes[subject.probes["epoch"] == epoch]
    return _finite(rows.set_index("layer")[name])


def _finite(values: pd.Series) -> pd.Series:
    values = values.astype("float64")
    return values[np.isfinite(values)]


def _layer(subject: Subject, layer: int) -> dict:
    return subject.network["layers"][layer - 1]


def _hidden(
    subject: Subject,
    values: pd.Series,
    only: tuple[str, ...] = (),
    without: tuple[str, ...] = (),
) -> pd.Series:
    """Those of the hidden layers, of certain activations if asked for."""
    activations = [layer["activation"] for layer in subject.network["layers"][:-1]]
    wanted = [
        i + 1
        for i, name in enumerate(activations)
        if (not only or name in only) and name not in without
    ]
    return values[values.index.isin(wanted)]


def _probed_epochs(subject: Subject) -> list[int]:
    return sorted({int(epoch) for epoch in subject.probes["epoch"]})


def _last_probed(subject: Subject) -> int | None:
    return max(_probed_epochs(subject), default=None)


def _activations(
    subject: Subject, limit: float, verb: str, passed: Callable[[float, float], bool]
) -> Finding | None:
    spread = _hidden(subject, _layers(subject, "activation_std", 0)).sort_index()
    if len(spread) < 2 or not spread.iloc[0] > 0:
        return None
    first, last = spread.iloc[0], spread.iloc[-1]
    if not passed(last / first, limit):
        return None
    return Finding(
        last / first,
        limit,
        f"before training the activations {verb} from a deviation of {first:.3g} in layer "
        f"{spread.index[0]} to {last:.3g} in layer {spread.index[-1]}",
        int(spread.index[-1]),
        0,
    )


def _gradients(
    subject: Subject, limit: float, only: str, passed: Callable[[float, float], bool]
) -> Finding | None:
    gradients = _layers(subject, "gradient_rms", 0).sort_index()
    if len(gradients) < 2 or not gradients.iloc[-1] > 0:
        return None
    first, last = gradients.iloc[0], gradients.iloc[-1]
    if not passed(first / last, limit):
        return None
    return Finding(
        first / last,
        limit,
        f"before training the gradient of the first kernel was {only}{first / last:.3g} times that "
        f"of the last ({first:.3g} against {last:.3g})",
        int(gradients.index[0]),
        0,
    )


def _early_updates(probes: pd.DataFrame) -> pd.Series:
    """Median update ratio of each layer over the probed epochs 1 to 5, indexed by layer.

    Epoch 0 is left out where there is more: an adaptive optimizer's first step says nothing of the
    gradient.
    """
    early = probes[probes["epoch"].between(1, EARLY_EPOCHS)]
    rows = early if len(early) else probes
    return _finite(rows.groupby("layer")["update_ratio"].median())


def _rising_share(subject: Subject, chance: float) -> float:
    """Share of the epochs that ended with a relevant rise of the training or the running loss."""
    proper, running = (_history(subject, name) for name in ("training_proper", "running_loss"))
    # The running loss is in the trained loss's unit, of which its own start gives the scale.
    scale = abs(running.iloc[0]) if len(running) else 0.0
    return max(_rising(proper, chance), _rising(running, scale))


def _rising(loss: pd.Series, scale: float) -> float:
    """Share of the epochs in which a loss rose by more than RISE of its scale, or of itself where
    it is larger. 0 below five epochs, which are no basis for a share."""
    if len(loss) < 5:
        return 0.0
    before, after = loss.to_numpy()[:-1], loss.to_numpy()[1:]
    return float((after - before > RISE * np.maximum(scale, np.abs(before))).mean())


def _fifth(loss: pd.Series) -> int:
    return max(1, (len(loss) - 1) // 5)


def _last_fifth(loss: pd.Series) -> pd.Series:
    return loss.iloc[-_fifth(loss) :]


def _last_fall(loss: pd.Series) -> float:
    """Mean of the last but one fifth of the epochs less that of the last: single epochs jitter."""
    size = _fifth(loss)
    return float(loss.iloc[-2 * size : -size].mean() - loss.iloc[-size:].mean())


def _finite_rows(table: pd.DataFrame) -> np.ndarray:
    return np.isfinite(table.to_numpy("float64")).all(axis=1)


def _row_losses(subject: Subject, split: str) -> np.ndarray | None:
    """The proper loss of each row under the kept weights, float64 [rows], or None.

    None without rows and with a prediction that is not finite: a mean that leaves rows out would
    flatter the network.
    """
    table = subject.predictions[split]
    if not len(table) or not _finite_rows(table).all():
        return None
    target, said = numbered(table, "target"), _said(subject, split)
    if subject.task == "regression":
        with np.errstate(over="ignore"):
            losses = (said - target) ** 2
    else:
        # Never zero as train writes it; the bound is that of Keras and of the link.
        if subject.task == "multilabel":
            own = np.where(target == 1, said, 1 - said)
        else:
            own = np.take_along_axis(said, target.astype(int), axis=1)
        losses = -np.log(np.maximum(own, 1e-7))
    losses = losses.mean(axis=1)
    return losses if np.isfinite(losses).all() else None


def _independent_losses(subject: Subject, split: str) -> np.ndarray | None:
    """The same of each row, or of each group where rows have one, whose plain mean is that of the
    rows by their weights (see `linearised`)."""
    losses = _row_losses(subject, split)
    return None if losses is None else linearised(losses, _design(subject, split))


def _design(subject: Subject, split: str) -> Design:
    return subject.design(subject.tables[split])


def _said(subject: Subject, split: str) -> np.ndarray:
    """The probabilities [rows, classes], or the predicted targets [rows, targets], float64."""
    name = "prediction" if subject.task == "regression" else "probability"
    return numbered(subject.predictions[split], name).astype("float64")


def _mean_factor(subject: Subject) -> float:
    """What the trained losses of the training rows are multiplied by, in the mean."""
    _, train = checked(subject.sections)
    y, w = subject.y["train"], subject.weights(subject.tables).get("train")
    own = class_weights(train, subject.task, subject.card["classes"], y, w)
    factors = Part(subject.x["train"], y, weights=w, class_weights=own).factors(slice(None))
    return 1.0 if factors is None else float(factors.mean(dtype="float64"))


def _loss(subject: Subject, split: str) -> float | None:
    losses = _row_losses(subject, split)
    return None if losses is None else mean(losses, _design(subject, split).weights)


def _certain_share(subject: Subject) -> float:
    """Share of the training rows with a class probability p at which p (1 - p), the slope of the
    sigmoid, is below 0.01 in every class."""
    if subject.task == "regression":
        return 0.0
    shares = _said(subject, "train")
    return float((shares * (1 - shares) < 0.01).all(axis=1).mean())


def _rounded(value: float | None) -> float | None:
    """Six significant digits; the last ones differ between processors."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")


def _listed(families: dict[str, str]) -> str:
    return ", ".join(f"{name} ({way})" if way else name for name, way in families.items())

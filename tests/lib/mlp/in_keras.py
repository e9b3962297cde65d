"""A program of the pipeline as Keras has it: model, optimizer and loss."""

import contextlib
from collections.abc import Callable, Iterator

import keras
import numpy as np
from tensorflow.python.framework import config

from stages.lib.mlp.network import Layer
from stages.lib.mlp.program import Program
from stages.lib.params.layer import PLACES
from stages.lib.vocabulary.losses import LOSSES, Loss
from stages.lib.vocabulary.optimizers import OPTIMIZERS


@contextlib.contextmanager
def as_in_a_script() -> Iterator[None]:
    """Without the deterministic operations that the engine asks TensorFlow for: with them, which
    hardly a script has, the gradient of a softmax's cross-entropy is another formula."""
    was = config.is_op_determinism_enabled()
    config.disable_op_determinism()
    try:
        yield
    finally:
        if was:
            config.enable_op_determinism()


def weights(plan: Program, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Named arrays in the order of Keras' get_weights."""
    of_batch = ("gamma", "beta", "moving_mean", "moving_variance")
    names = []
    for i, layer in enumerate(plan.network.layers):
        of_place = {
            layer.layer_normalization: ("layer_gamma", "layer_beta"),
            layer.batch_normalization: of_batch,
        }
        before, after = (of_place.get(place, ()) for place in PLACES[1:])
        kinds = ("kernel", "bias", *before, "alpha", *after)
        names += [f"layer_{i}.{kind}" for kind in kinds]
    return [arrays[name] for name in names if name in arrays]


def add_normalization(model: keras.Sequential, layer: Layer, place: str) -> None:
    """What Keras has for the normalization of a layer at this place, if there is one."""
    if layer.batch_normalization == place:
        model.add(keras.layers.BatchNormalization())
    if layer.layer_normalization == place:
        model.add(keras.layers.LayerNormalization())


def activation_layer(layer: Layer) -> keras.layers.Layer:
    """What Keras has for the activation of a layer."""
    arguments = dict(layer.activation_arguments)
    if layer.activation == "prelu":
        return keras.layers.PReLU()
    if layer.activation == "leaky_relu":
        return keras.layers.LeakyReLU(**arguments)
    if layer.activation == "elu":
        return keras.layers.ELU(**arguments)
    return keras.layers.Activation(layer.activation)


def keras_model(plan: Program) -> keras.Model:
    """The same network in Keras, with the plan's initial weights."""
    given = plan.params
    penalties = [(layer["l1"], layer["l2"]) for layer in (*given.hidden, vars(given))]
    model = keras.Sequential([keras.Input((plan.network.layers[0].inputs,))])
    for layer, (l1, l2) in zip(plan.network.layers, penalties, strict=True):
        regularizer = keras.regularizers.L2(l2) if l2 else None
        if l1:
            regularizer = keras.regularizers.L1L2(l1, l2) if l2 else keras.regularizers.L1(l1)
        model.add(keras.layers.Dense(layer.units, kernel_regularizer=regularizer))
        add_normalization(model, layer, "before_activation")
        model.add(activation_layer(layer))
        add_normalization(model, layer, "after_activation")
    assert not plan.network.noises
    model.set_weights(weights(plan, plan.initial()))
    return model


def keras_optimizer(plan: Program, steps: int) -> keras.optimizers.Optimizer:
    given, rate = plan.params, plan.params.learning_rate
    schedule = given.schedule
    if schedule.name == "exponential":
        rate = keras.optimizers.schedules.ExponentialDecay(
            rate, schedule.decay_epochs * steps, schedule.decay_rate
        )
    if schedule.name == "inverse_time":
        rate = keras.optimizers.schedules.InverseTimeDecay(
            rate, schedule.decay_epochs * steps, schedule.decay_rate
        )
    if schedule.name == "polynomial":
        rate = keras.optimizers.schedules.PolynomialDecay(
            rate, schedule.decay_epochs * steps, rate * schedule.final_fraction, schedule.power
        )
    if schedule.name == "cosine_restarts":
        rate = keras.optimizers.schedules.CosineDecayRestarts(
            rate,
            schedule.decay_epochs * steps,
            schedule.restart_length,
            schedule.restart_height,
            schedule.final_fraction,
        )
    if schedule.name == "piecewise_constant":
        rate = keras.optimizers.schedules.PiecewiseConstantDecay(
            [round(epochs * steps) for epochs in schedule.boundaries],
            [rate, *(rate * factor for factor in schedule.factors)],
        )
    if schedule.name == "cosine":
        warmup = round(schedule.warmup_epochs * steps)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0 if warmup else rate,
            given.epochs * steps - warmup,
            schedule.final_fraction,
            warmup_target=rate if warmup else None,
            warmup_steps=warmup,
        )
    more = {
        "weight_decay": plan.replica.weight_decay,
        "clipvalue": given.clip.value,
        "clipnorm": given.clip.norm,
        "global_clipnorm": given.clip.global_norm,
        "use_ema": given.ema_momentum is not None,
        "ema_momentum": given.ema_momentum or 0.99,
        "gradient_accumulation_steps": given.gradient_accumulation_steps,
    }
    row = OPTIMIZERS[given.optimizer]
    more |= {row.keras_name(key): getattr(given, key) for key in row.constants}
    more |= {key: plan.replica.weight_decay for key in row.decays[1:]}
    return getattr(keras.optimizers, row.keras_class)(rate, **more, **row.arguments)


def keras_loss(plan: Program) -> keras.losses.Loss | Callable:
    row = LOSSES[plan.contract.loss]
    if row.definition:
        return defined(row, plan)
    arguments = {"from_logits": plan.contract.from_logits} if row.has_logits else {}
    if plan.contract.label_smoothing:
        arguments["label_smoothing"] = plan.contract.label_smoothing
    arguments |= {row.spelled[key]: getattr(plan.params, key) for key in row.constants}
    return getattr(keras.losses, row.keras_class)(**arguments)


def evaluated_in_keras(
    model: keras.Model,
    plan: Program,
    loss: keras.losses.Loss | Callable,
    x: np.ndarray,
    y: np.ndarray,
    factors: np.ndarray | None = None,
) -> float:
    """What `model.evaluate` says of all rows: in one batch and without a graph of its own, unless
    the loss is a function that Keras has not."""
    if plan.contract.loss_row.definition:
        return model.evaluate(x, y, plan.params.batch_size, sample_weight=factors, verbose=0)
    outputs = model(x, training=False)
    return float(loss(y, outputs, sample_weight=factors) + sum(model.losses))


def defined(row: Loss, plan: Program) -> Callable:
    """The function that a row defines in Keras' terms, as a script would have it."""
    constants = {key: getattr(plan.params, key) for key in row.constants}
    names = {"keras": keras}
    exec(row.definition.format(**constants), names)  # noqa: S102 (as a script would)
    return names[row.name]

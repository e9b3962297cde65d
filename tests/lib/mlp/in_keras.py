"""A program of the pipeline as Keras has it: model, optimizer and loss."""

import keras
import numpy as np

from stages.lib.mlp.program import Program
from stages.lib.vocabulary.losses import LOSSES
from stages.lib.vocabulary.optimizers import OPTIMIZERS


def weights(plan: Program, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Named arrays in the order of Keras' get_weights."""
    kinds = ("kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance")
    names = [f"layer_{i}.{kind}" for i in range(len(plan.network.layers)) for kind in kinds]
    return [arrays[name] for name in names if name in arrays]


def keras_model(plan: Program) -> keras.Model:
    """The same network in Keras, with the plan's initial weights."""
    given = plan.params
    regularizer = keras.regularizers.L2(given.l2) if given.l2 else None
    model = keras.Sequential([keras.Input((plan.network.layers[0].inputs,))])
    for i, layer in enumerate(plan.network.layers):
        norm = keras.layers.BatchNormalization()
        if layer.batch_normalization == "before_activation":
            model.add(keras.layers.Dense(layer.units, kernel_regularizer=regularizer))
            model.add(norm)
            model.add(keras.layers.Activation(layer.activation))
        else:
            model.add(
                keras.layers.Dense(layer.units, layer.activation, kernel_regularizer=regularizer)
            )
            if layer.batch_normalization == "after_activation":
                model.add(norm)
        assert i == len(plan.network.layers) - 1 or not layer.dropout
    model.set_weights(weights(plan, plan.initial()))
    return model


def keras_optimizer(plan: Program, steps: int) -> keras.optimizers.Optimizer:
    given, rate = plan.params, plan.params.learning_rate
    schedule = given.schedule
    if schedule.name == "exponential":
        rate = keras.optimizers.schedules.ExponentialDecay(
            rate, schedule.decay_epochs * steps, schedule.decay_rate
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
        "weight_decay": plan.replica.weight_decay or None,
        "clipvalue": given.clip.value,
        "clipnorm": given.clip.norm,
        "global_clipnorm": given.clip.global_norm,
        "use_ema": given.ema_momentum is not None,
        "ema_momentum": given.ema_momentum or 0.99,
    }
    name = {"momentum": "sgd", "nesterov": "sgd"}.get(given.optimizer, given.optimizer)
    if given.optimizer in ("momentum", "nesterov"):
        more["nesterov"] = given.optimizer == "nesterov"
    row = OPTIMIZERS[given.optimizer]
    more |= {row.keras_name(key): getattr(given, key) for key in row.constants}
    more |= {key: plan.replica.weight_decay for key in row.decays[1:]}
    return keras.optimizers.get({"class_name": name, "config": {"learning_rate": rate, **more}})


def keras_loss(plan: Program) -> keras.losses.Loss:
    config = (
        {"from_logits": plan.contract.from_logits} if LOSSES[plan.contract.loss].has_logits else {}
    )
    if plan.contract.label_smoothing:
        config["label_smoothing"] = plan.contract.label_smoothing
    name = {
        "kl_divergence": "kl_divergence",
        "log_cosh": "LogCosh",
        "huber": "Huber",
    }.get(plan.contract.loss, plan.contract.loss)
    name = "".join(word.capitalize() for word in name.split("_")) if "_" in name else name
    classes = {"KlDivergence": "KLDivergence", "hinge": "Hinge", "poisson": "Poisson"}
    return getattr(keras.losses, classes.get(name, name))(**config)

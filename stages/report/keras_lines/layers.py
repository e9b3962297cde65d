"""Lines that make the layers."""

from itertools import chain
from typing import Any

from stages.lib.params.layer import hidden_layers
from stages.lib.params.named import name_of
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.initializers import BIAS_DEFAULT, INITIALIZERS, KERNEL_DEFAULT
from stages.lib.vocabulary.layers import LAYERS, noises
from stages.lib.vocabulary.regularizers import PENALTIES, REGULARIZERS
from stages.report.keras_lines.calls import call, literal
from stages.report.keras_lines.program import Program

# Of a deep network the first layers stand for the others, where these are alike.
MOST_LAYERS = 8


def hidden_lines(program: Program) -> list[str]:
    """The hidden layers, one a line; none of a Keras model, which has layers of its own."""
    if program.units is not None:
        return []
    layers = [layer_lines(layer) for layer in hidden_layers(program.train)]
    alike = layers[MOST_LAYERS:]
    if alike and all(lines == alike[0] for lines in alike):
        return [*chain.from_iterable(layers[:MOST_LAYERS]), f"# and {len(alike)} more alike"]
    return [*chain.from_iterable(layers)]


def layer_lines(layer: dict[str, Any]) -> list[str]:
    """The lines of one hidden layer, from its settings: Dense, and what follows it."""
    given = layer["activation"]
    normalizations = {
        place: [
            f"keras.layers.{row.name}()"
            for row in LAYERS.values()
            if row.role == "normalization" and layer[row.key] == place
        ]
        for place in ("before_activation", "after_activation")
    }
    own = _own_layer(given)
    apart = own or normalizations["before_activation"]
    return [
        _dense(layer["units"], "" if apart else _activation(name_of(given)), layer),
        *normalizations["before_activation"],
        *([own or f"keras.layers.Activation({literal(name_of(given))})"] if apart else []),
        *normalizations["after_activation"],
        *(f"keras.layers.{row.name}({layer[row.key]!r})" for row in noises() if layer[row.key]),
    ]


def _own_layer(activation: str | dict[str, Any]) -> str:
    """The line of an activation that Keras has as a layer only: one that is trained, or whose
    arguments are not the usual ones; else ''."""
    row = ACTIVATIONS[name_of(activation)]
    given = activation if isinstance(activation, dict) else {}
    arguments = {key: given.get(key, usual) for key, usual in row.arguments.items()}
    if not row.trained and arguments == row.arguments:
        return ""
    return call(f"keras.layers.{row.layer}", *(f"{key}={arguments[key]!r}" for key in arguments))


def _activation(name: str) -> str:
    return "" if name == "linear" else f"activation={literal(name)}"


def _dense(units: int, activation: str, settings: dict[str, Any]) -> str:
    kernel, bias = (
        initializer_argument(settings[key]) for key in ("kernel_initializer", "bias_initializer")
    )
    return call(
        "keras.layers.Dense",
        str(units),
        activation,
        "" if kernel == literal(KERNEL_DEFAULT) else f"kernel_initializer={kernel}",
        "" if bias == literal(BIAS_DEFAULT) else f"bias_initializer={bias}",
        _regularizer(settings),
    )


def _regularizer(settings: dict[str, Any]) -> str:
    """The argument of Dense, or ''."""
    factors = {key: settings[key] for key in PENALTIES if settings[key]}
    if not factors:
        return ""
    row = next(row for row in REGULARIZERS.values() if set(row.arguments) == set(factors))
    arguments = [f"{key}={factor!r}" for key, factor in factors.items()]
    return f"kernel_regularizer={call(f'keras.regularizers.{row.name}', *arguments)}"


def initializer_argument(value: str | dict[str, Any]) -> str:
    """How Keras takes an initializer as an argument."""
    value = {"name": value} if isinstance(value, str) else value
    arguments = [f"{key}={literal(argument)}" for key, argument in value.items() if key != "name"]
    row = INITIALIZERS[value["name"]]
    if not arguments and not row.needs_arguments:
        return literal(row.name)
    return call(f"keras.initializers.{row.keras_class}", *arguments)


def output_lines(program: Program) -> list[str]:
    """The output layer; none of a Keras model."""
    if program.units is not None:
        return []
    contract = program.contract
    return [_dense(contract.units, _activation(contract.activation), program.train)]

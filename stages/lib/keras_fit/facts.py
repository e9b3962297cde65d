"""What of a model decides which edits are worth a trial."""

from dataclasses import dataclass

from stages.lib.keras_fit.configuration import Config
from stages.lib.keras_fit.edit import activation_of, hidden_activation
from stages.lib.keras_fit.graph import heads, layers_of, output_activations, row_of, wrapped
from stages.lib.keras_fit.model import ModelFile
from stages.lib.vocabulary.initializers import INITIALIZERS


@dataclass(frozen=True)
class ModelFacts:
    """A model as an edit of it would find it.

    Attributes:
        codes: the columns whose numbers are names, which cannot be scaled.
        activations: of the hidden layers that have one of their own.
        kernels: the name of each kernel's initializer; '' for one that the vocabulary lacks.
        rates: of dropout.
        penalized: a kernel is.
        widths: units and filters of the layers that an edit may make wider.
        output_activation: '' for outputs without one, which no edit can change.
        units: of all outputs together.
    """

    codes: tuple[str, ...]
    activations: tuple[str, ...]
    kernels: tuple[str, ...]
    rates: tuple[float, ...]
    penalized: bool
    widths: tuple[int, ...]
    output_activation: str
    units: int


def model_facts(file: ModelFile, units: int) -> ModelFacts:
    """The facts of a model with so many units in its outputs."""
    model = file.model
    last = output_activations(model)
    ends = [inner for layer in heads(model) for inner in (layer, *wrapped(layer))]
    every = [(layer, row_of(layer)) for layer in layers_of(model)]
    known = [(layer["config"], layer, row) for layer, row in every if row is not None]
    hidden = [layer for _, layer, _ in known if not any(layer is other for other in last)]
    names = [hidden_activation(layer) for layer in hidden]
    return ModelFacts(
        codes=file.codes,
        activations=tuple(name for name in names if name is not None),
        kernels=tuple(_initializer(config) for config, _, row in known if row.kernel),
        rates=tuple(float(config.get(row.rate) or 0.0) for config, _, row in known if row.rate),
        penalized=any(config.get("kernel_regularizer") for config, _, row in known if row.kernel),
        widths=tuple(
            config[row.width]
            for config, layer, row in known
            if row.width and not any(layer is other for other in ends)
        ),
        output_activation=activation_of(last[0]) if last else "",
        units=units,
    )


def _initializer(config: Config) -> str:
    given = config.get("kernel_initializer")
    kind = given.get("class_name") if isinstance(given, dict) else given
    names = {row.keras_class: row.name for row in INITIALIZERS.values()}
    return names.get(str(kind), str(kind) if kind in INITIALIZERS else "")

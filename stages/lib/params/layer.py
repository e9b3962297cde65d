"""An entry of `train.layers`: a number of units, or a mapping that sets more for this layer."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field

from stages.lib.core.errors import shown
from stages.lib.params.activation import Activation
from stages.lib.params.initializer import Initializer
from stages.lib.params.messages import Mistake
from stages.lib.params.section import FLOAT32_MAX, Section, Units
from stages.lib.vocabulary.initializers import INITIALIZERS


def _draws_a_vector(initializer: Initializer) -> Initializer:
    """Refuse for the biases what draws matrices only."""
    if INITIALIZERS[initializer.name].kernels_only:
        raise Mistake(
            "an initializer of bias vectors",
            f"{shown(initializer.name)}, which draws kernels only",
        )
    return initializer


BiasInitializer = Annotated[Initializer, AfterValidator(_draws_a_vector)]
NormalizationPlace = Literal["none", "before_activation", "after_activation"]
PLACES = get_args(NormalizationPlace)
DropoutRate = Annotated[float, Field(ge=0, lt=1)]
Deviation = Annotated[float, Field(ge=0, le=FLOAT32_MAX)]
Penalty = Annotated[float, Field(ge=0, le=FLOAT32_MAX)]


def _own(key: str) -> Any:
    """A key that may be left out; `LayerSettings.own` has only those that are set."""
    return Field(default_factory=lambda: None, description=f"train.{key} of this layer")


class LayerSettings(Section):
    """A hidden layer with settings of its own; a key that is left out is as in `train`."""

    units: Units
    activation: Activation = _own("activation")
    kernel_initializer: Initializer = _own("kernel_initializer")
    bias_initializer: BiasInitializer = _own("bias_initializer")
    batch_normalization: NormalizationPlace = _own("batch_normalization")
    layer_normalization: NormalizationPlace = _own("layer_normalization")
    gaussian_noise: Deviation = _own("gaussian_noise")
    dropout: DropoutRate = _own("dropout")
    alpha_dropout: DropoutRate = _own("alpha_dropout")
    l1: Penalty = _own("l1")
    l2: Penalty = _own("l2")

    @property
    def own(self) -> dict[str, Any]:
        """The keys that are set, units among them."""
        return {key: getattr(self, key) for key in self.model_fields_set}


# The keys of `train` that a layer may have for itself.
LAYER_KEYS = tuple(key for key in LayerSettings.model_fields if key != "units")


def hidden_layers(train: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every hidden layer with all of its settings: units, and each of LAYER_KEYS.

    Args:
        train: the section's keys and values, plain or checked.
    """
    section = {key: train[key] for key in LAYER_KEYS}
    return [section | _own_settings(entry) for entry in train["layers"]]


def without_own(entry: Any, keys: set[str]) -> Any:
    """An entry of `train.layers` as it stands in the file, in which the layer has none of these
    keys for itself."""
    left = {key: value for key, value in _own_settings(entry).items() if key not in keys}
    return left if set(left) > {"units"} else left["units"]


def with_units(entry: Any, units: int) -> Any:
    """The same with another number of units."""
    return units if isinstance(entry, int) else entry | {"units": units}


def _own_settings(entry: int | LayerSettings | dict[str, Any]) -> dict[str, Any]:
    if isinstance(entry, LayerSettings):
        return entry.own
    return {"units": entry} if isinstance(entry, int) else entry

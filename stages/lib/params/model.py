"""The part `model` of the section train: a Keras model in place of a chain of layers, and edits of
it."""

from typing import Annotated, Any

from pydantic import Field

from stages.lib.params.initializer import Initializer
from stages.lib.params.layer import DropoutRate, Penalty
from stages.lib.params.names import HiddenActivationName, OutputActivationName
from stages.lib.params.section import Family, Name, NotTried, Section

# Keys of train that say what the network is; with a model they are not looked at.
CHAIN_KEYS = (
    "layers",
    "activation",
    "kernel_initializer",
    "bias_initializer",
    "batch_normalization",
    "layer_normalization",
    "gaussian_noise",
    "dropout",
    "alpha_dropout",
    "l1",
    "l2",
    "output_activation",
    "output_units",
)


class ModelEdits(Section):
    """A Keras model of built-in layers, trained by Keras' own fit."""

    file: Annotated[Name | None, NotTried("it is the program")] = Field(
        description="a .json below data/programs/, as `adopt` writes it; the keys of train from "
        "layers to l2, output_activation and output_units are then not looked at; null: a chain"
    )
    activation: Annotated[HiddenActivationName | None, Family("hidden_activation")] = Field(
        description="of all hidden layers with an activation of their own, e.g. relu; recurrent "
        "layers keep theirs; null: as the model has it, here and below"
    )
    kernel_initializer: Annotated[Initializer | None, Family("initialization")] = Field(
        description="of all kernels, by its name"
    )
    dropout: Annotated[DropoutRate | None, Family("regularization")] = Field(
        description="the rate of all dropout that the model has"
    )
    l2: Annotated[Penalty | None, Family("regularization")] = Field(
        description="penalty of all kernels: l2 * sum of squares; 0: none"
    )
    output_activation: Annotated[OutputActivationName | None, Family("output_activation")] = Field(
        description="sigmoid, softmax, linear, ...; auto: matched to the task"
    )
    width: Annotated[Annotated[float, Field(gt=0, le=64)] | None, Family("capacity")] = Field(
        description="factor of the units and filters of all layers but the last"
    )

    @property
    def made(self) -> dict[str, Any]:
        """The edits by their keys, without the file."""
        return {key: value for key, value in self if key != "file"}

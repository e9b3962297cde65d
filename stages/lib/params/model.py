"""The part `model` of the section train: a Keras model in place of a chain of layers, and edits of
it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from stages.lib.core.errors import shown
from stages.lib.params.initializer import Initializer
from stages.lib.params.layer import LAYER_KEYS, DropoutRate, Penalty
from stages.lib.params.messages import Mistake
from stages.lib.params.names import HiddenActivationName, OutputActivationName
from stages.lib.params.section import Family, Name, NotTried, Section

# Keys of train that make a chain of layers; with a model they are not looked at. Its rows are
# shuffled all together, whatever the buffer.
CHAIN_KEYS = ("layers", *LAYER_KEYS, "output_activation", "output_units", "shuffle_buffer")


class ModelEdits(Section):
    """A Keras model of built-in layers, trained by Keras' own fit."""

    file: Annotated[Name | None, NotTried("it is the program")] = Field(
        description="a .json below data/programs/, as `adopt` writes it; the keys of train from "
        "layers to l2 (but initial_weights), output_activation, output_units and shuffle_buffer "
        "are then not looked at; null: a chain"
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

    @model_validator(mode="after")
    def edits_a_model(self) -> "ModelEdits":
        """Refuse an edit where there is no model to make it of."""
        for key, value in self.made.items():
            if self.file is None and value is not None:
                chain = f"train.{key}" if key in CHAIN_KEYS else "train.layers"
                raise Mistake(f"null without train.model.file (of a chain: {chain})",
                              shown(value), part=key)  # fmt: skip
        return self

    @property
    def made(self) -> dict[str, Any]:
        """The edits by their keys, without the file."""
        return {key: value for key, value in self if key != "file"}


def is_model(sections: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the program of these sections of params.yaml, plain values, is a Keras model."""
    return sections["train"]["model"]["file"] is not None


def key_of_model(key: str) -> str:
    """Where a Keras model has what a dotted key of params.yaml sets of a chain: an edit of
    `train.model`, or the model's file where there is no such edit. Any other key is the same of
    both."""
    section, _, name = key.rpartition(".")
    if section != "train" or name not in CHAIN_KEYS:
        return key
    return f"train.model.{name if name in ModelEdits.model_fields else 'file'}"

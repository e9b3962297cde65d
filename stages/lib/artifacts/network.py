"""data/model/network.json, as far as its readers need no TensorFlow."""

from typing import Annotated, Literal

from pydantic import Field

from stages.lib.artifacts.base import Artifact, Count, read_artifact


class Divergence(Artifact):
    """What stopped being finite, and when."""

    what: str
    epoch: Count
    step: Count


class LayerFacts(Artifact):
    """A layer as it was trained."""

    activation: str


class ContractFacts(Artifact):
    """The loss, output and encoding that were settled (lib/params/contract.py)."""

    loss: str
    from_logits: bool
    activation: str
    units: Count
    encoding: str


class TrainedNetwork(Artifact):
    """The facts of a training.

    Attributes:
        parameters: trained numbers in all.
        epochs_run, kept_epoch: how many epochs ran, and which one's weights were kept.
        divergence: where it diverged, else None.
        layers: from the first hidden layer to the output.
        contract: loss, output and encoding. What rebuilds the forward pass from the whole file is
            lib/mlp/saved.py.
    """

    version: Literal[1] = Field(alias="schema")
    parameters: Count
    status: Literal["completed", "stopped_early", "diverged"]
    epochs_run: Count
    kept_epoch: Count
    divergence: Divergence | None
    layers: Annotated[list[LayerFacts], Field(min_length=1)]
    contract: ContractFacts


def read_network(path: str) -> TrainedNetwork:
    """The facts of this file. Raises UserError."""
    return read_artifact(TrainedNetwork, path)

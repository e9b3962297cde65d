"""data/model/network.json, as far as its readers need no TensorFlow."""

from typing import Literal

from pydantic import Field

from stages.lib.artifacts.base import Artifact, Count, read_artifact

Status = Literal["completed", "stopped_early", "diverged"]


class Divergence(Artifact):
    """What stopped being finite, and when."""

    what: str
    epoch: Count
    step: Count


class Training(Artifact):
    """How a training went.

    The file has the layers and the contract too: lib/mlp/saved.py reads it whole.

    Attributes:
        parameters: trained numbers in all.
        epochs_run, kept_epoch: how many epochs ran, and which one's weights were kept.
        divergence: where it diverged, else None.
    """

    version: Literal[1] = Field(alias="schema")
    parameters: Count
    status: Status
    epochs_run: Count
    kept_epoch: Count
    divergence: Divergence | None

    @property
    def diverged(self) -> bool:
        """It met a value that is not finite."""
        return self.status == "diverged"


def read_training(path: str) -> Training:
    """How the training of this file went. Raises UserError."""
    return read_artifact(Training, path)

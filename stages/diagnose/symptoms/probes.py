"""The statistics of the layers at the probed epochs."""

from collections.abc import Callable

import pandas as pd

from stages.diagnose.symptoms.history import finite
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.activations import ACTIVATIONS, Activation

# DeepDiagnosis: a mean absolute gradient below this has vanished. Ours: the same for activations.
VANISHED = 1e-7
# DeepDiagnosis: a layer with more than half of its inputs beyond +-5 is saturated. The probes count
# slopes below 0.01 instead, which is beyond 4.6 for sigmoid and 3.0 for tanh.
FLAT_SHARE = 0.5
EARLY_EPOCHS = 5  # after which a sound run may well have nothing left to update


def layer_values(subject: Subject, name: str, epoch: int | None) -> pd.Series:
    """A statistic of the probes at an epoch, its finite values, float64, indexed by layer."""
    rows = subject.probes[subject.probes["epoch"] == epoch]
    return finite(rows.set_index("layer")[name])


def of_hidden(
    subject: Subject,
    values: pd.Series,
    wanted: Callable[[Activation], bool] = lambda activation: True,
) -> pd.Series:
    """Those of the hidden layers, of the activations that are wanted."""
    layers = subject.chain.layers[:-1]
    kept = [i + 1 for i, layer in enumerate(layers) if wanted(ACTIVATIONS[layer.activation])]
    return values[values.index.isin(kept)]


def activation_of(subject: Subject, layer: int) -> str:
    """The activation of a layer, which count from 1."""
    return subject.chain.layers[layer - 1].activation


def probed_epochs(subject: Subject) -> list[int]:
    """The epochs that have probes, ascending."""
    return sorted({int(epoch) for epoch in subject.probes["epoch"]})


def last_probed(subject: Subject) -> int | None:
    """The last epoch that has probes."""
    return max(probed_epochs(subject), default=None)


def early_updates(probes: pd.DataFrame) -> pd.Series:
    """Median update ratio of each layer over the probed epochs 1 to 5, indexed by layer.

    Epoch 0 is left out where there is more: an adaptive optimizer's first step says nothing of the
    gradient.
    """
    early = probes[probes["epoch"].between(1, EARLY_EPOCHS)]
    rows = early if len(early) else probes
    return finite(rows.groupby("layer")["update_ratio"].median())

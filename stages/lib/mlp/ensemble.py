"""Networks whose predictions are averaged: their seeds, their histories, their arrays in one file.

What is averaged is what the task's proper loss judges: probabilities, or targets in their own
units. Each network is trained as if there were no other (Lakshminarayanan, Pritzel, Blundell,
Simple and scalable predictive uncertainty estimation using deep ensembles, NIPS 2017).
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from stages.lib.artifacts.network import Status
from stages.lib.mlp import link
from stages.lib.mlp.fit import Fit
from stages.lib.params.contract import Contract
from stages.lib.params.section import SEEDS
from stages.lib.transforms import frame
from stages.lib.transforms.state import NormalizationState


def member_seed(seed: int, member: int) -> int:
    """The seed of an ensemble's member, counted from 0, which has the ensemble's own.

    The others have seeds that no params.yaml can name, so ensembles of different seeds have no
    network in common. Streams take seeds of any size.
    """
    return seed + member * SEEDS


def predictions(
    contract: Contract, state: NormalizationState, outputs: Iterable[np.ndarray]
) -> np.ndarray:
    """What networks predict together, float64 [rows, classes or targets]: the mean probabilities of
    the classes or labels, or the mean values of the targets in their own units.

    Args:
        contract: theirs.
        state: by which their targets are scaled.
        outputs: of each of them, [rows, units].
    """
    return averaged([_of_one(contract, state, one.astype("float64")) for one in outputs])


def averaged(each: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of the predictions of each network; of one its own, bit for bit."""
    return each[0] if len(each) == 1 else np.mean(each, axis=0)


def _of_one(contract: Contract, state: NormalizationState, outputs: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        if contract.kind.is_regression:
            return frame.invert_target(state, link.values(contract, outputs))
        return np.asarray(link.probabilities(contract, outputs))


def status(each: Sequence[Status]) -> Status:
    """diverged if one of the networks is, else stopped_early if one is."""
    worst: tuple[Status, ...] = ("diverged", "stopped_early")
    return next((name for name in worst if name in each), "completed")


def history(fits: Sequence[Fit]) -> list[dict[str, float]]:
    """The mean history, a row an epoch as long as any of them was trained. One that has ended keeps
    its last row."""
    longest = max((fit.history for fit in fits), key=len)
    if len(fits) == 1:
        return longest
    rows = []
    for epoch, row in enumerate(longest):
        each = [fit.history[min(epoch, len(fit.history) - 1)] for fit in fits]
        rows.append(row | {name: float(np.mean([one[name] for one in each])) for name in row})
        rows[-1]["epoch"] = row["epoch"]
    return rows


def joined(each: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The arrays of all networks by name, as weights.npz has them; those of one by their own."""
    if len(each) == 1:
        return dict(each[0])
    return {
        member_name(member, name): array
        for member, arrays in enumerate(each)
        for name, array in arrays.items()
    }


def parted(
    arrays: Mapping[str, np.ndarray], names: Iterable[str], members: int
) -> list[dict[str, np.ndarray]]:
    """The inverse of `joined`. names: of the arrays of one network."""
    if members == 1:
        return [dict(arrays)]
    return [
        {name: arrays[member_name(member, name)] for name in names} for member in range(members)
    ]


def member_name(member: int, name: str) -> str:
    """What an array of a member, counted from 0, is called beside those of the others."""
    return f"member_{member}.{name}"

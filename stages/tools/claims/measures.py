"""What is compared: one value for each replicate of a program in a world."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.lib.params.edits import Edit
from stages.tools.claims.experiment import Experiment
from stages.tools.claims.world import World


@dataclass(frozen=True)
class Measure:
    """What is compared. words: what it is called. of: one value a replicate, float64 [replicates],
    of an edit in a world. unit: None for that of the loss. min_effect: the smallest that
    matters, in `unit`, or as a share of the chance loss (None: the settings' share)."""

    words: str
    of: Callable[[Experiment, World, Edit], np.ndarray]
    unit: str | None = None
    min_effect: float | None = None


MEASURES: dict[str, Measure] = {
    "held_out": Measure("held-out loss", lambda lab, *at: lab.result(*at).losses["test"]),
    "training": Measure("training loss", lambda lab, *at: lab.result(*at).losses["train"]),
    "gap": Measure("held-out less training loss", lambda lab, *at: lab.gap(*at)),
    "wobble": Measure(
        "late change of the loss by epoch", lambda lab, *at: lab.wobble(*at), None, 0.001
    ),
    # A gradient a hundred times smaller, a quarter of the units: effects that nobody overlooks.
    "gradient": Measure(
        "first kernel's gradient at the start", lambda lab, *at: lab.inside(*at)["gradient"],
        "decades below 1", 2.0,
    ),
    "flat": Measure(
        "flat activations at the start", lambda lab, *at: lab.inside(*at)["flat"], "share", 0.25
    ),
    "copies": Measure(
        "units of the first layer that copy another, trained",
        lambda lab, *at: lab.inside(*at)["copies"], "share", 0.25,
    ),
}  # fmt: skip

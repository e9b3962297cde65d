"""The schema of params.yaml: its seven sections, three of which have a file of their own.

The values stand in params.yaml alone, each with its comment: no key has a default here.
"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from stages.lib.params.data import Data
from stages.lib.params.names import BackendName, FamilyName
from stages.lib.params.normalize import Normalize
from stages.lib.params.section import Section, each_once
from stages.lib.params.train import Train


class Evaluate(Section):
    """How the trained network is scored."""

    calibration_bins: int = Field(
        ge=2,
        le=1000,
        description="bins of equal width, for the calibration error and its plot",
    )
    decimals: int = Field(ge=1, le=12, description="of reports/metrics.json")


class Diagnose(Section):
    """Which edits are tried, and how long for."""

    seeds: int = Field(
        ge=2,
        le=100,
        description="fresh fits on which each line of the ledger is judged; a close call gets up "
        "to four times as many, and what seconds does not suffice for fewer",
    )
    screening_seeds: int = Field(
        ge=2,
        le=100,
        description="fits by which edits are chosen, from train.seed on; judging seeds follow",
    )
    seconds: float = Field(
        gt=0,
        le=1e6,
        description="of work to plan for on two cores, at nominal speeds; where that is not "
        "enough there are fewer seeds, then fewer edits, then fewer steps",
    )
    question: Literal["auto", "fit", "generalize"] = Field(
        description="what the search is after: fit (a lower loss on the training rows), generalize "
        "(on held-out rows), or auto: fit where a program does not even fit although there is a "
        "signal, or where too few rows are held out to judge new ones"
    )
    families: Literal["all"] | list[FamilyName] = Field(
        description="all, or a list such as [learning_rate, initialization]; "
        "stages/lib/params/section.py"
    )
    min_gain: float = Field(
        gt=0,
        lt=1,
        description="smallest gain that matters, as a share of the chance loss, 0 to 1",
    )

    _different = field_validator("families")(each_once)


class Compute(Section):
    """Where work is done: it changes no result, and so reruns nothing."""

    backend: BackendName = Field(
        description="where the fits of diagnose run: threads, loky (a process a core), or dask "
        "(the cluster whose scheduler DASK_SCHEDULER_ADDRESS names)"
    )


class Gate(Section):
    """What a pull request may not make worse."""

    excess: Annotated[float, Field(ge=0)] | None = Field(
        description="how far the test loss above its floor may rise over the base commit's, nats "
        "or squared target units; null: any"
    )


class Params(Section):
    """The whole file."""

    data: Data = Field(description="reruns generate and everything after it")
    normalize: Normalize = Field(
        description="fitted on the training split alone; stages/lib/vocabulary/transforms.py"
    )
    train: Train = Field(description="reruns train and everything after it")
    evaluate: Evaluate = Field(description="reruns evaluate")
    diagnose: Diagnose = Field(
        description="every edit is trained beside the program as it is, on the same seeds"
    )
    compute: Compute = Field(description="reruns nothing")
    gate: Gate = Field(description="python -m stages gate BASE, which a pull request runs")

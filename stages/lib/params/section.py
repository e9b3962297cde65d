"""What the sections of params.yaml are made of: their base class, and types that several use."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from stages.lib.core.errors import shown
from stages.lib.params.messages import Mistake

# The network computes in float32; what is infinite there is no setting.
FLOAT32_MAX = 3.4e38

# So many seeds may be set; the members of an ensemble have the numbers beyond.
SEEDS = 2**32

Seed = Annotated[int, Field(ge=0, lt=SEEDS)]
Share = Annotated[float, Field(gt=0, lt=1)]
Units = Annotated[int, Field(ge=1, le=65536)]
Limit = Annotated[float, Field(gt=0, le=FLOAT32_MAX)]
Weight = Annotated[float, Field(ge=0, le=1e9)]
Name = Annotated[str, Field(min_length=1, max_length=1000)]

# Strict: 1 is no text, "1" is no number. Frozen: what has been checked stays so.
STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Section(BaseModel):
    """A mapping whose keys are all known, all present and strictly typed.

    A key's description is its comment in params.yaml, word for word.
    """

    model_config = STRICT


def each_once(entries: Any) -> Any:
    """The value of a key. Raises Mistake for a list with an entry that stands twice, where another
    one may be meant."""
    for place, entry in enumerate(entries if isinstance(entries, list) else []):
        if entry in entries[:place]:
            raise Mistake("each entry once", f"{shown(entry)} twice")
    return entries


# The families of the diagnosis, in the order in which its verdicts stand.
FAMILIES = (
    "initialization",
    "input_normalization",
    "target_normalization",
    "optimizer",
    "learning_rate",
    "schedule",
    "batch_size",
    "epochs",
    "loss",
    "output_activation",
    "hidden_activation",
    "regularization",
    "capacity",
    "ensemble",
    "data",
)


@dataclass(frozen=True)
class Family:
    """Beside a key of `normalize` or `train`: the family of the interventions that edit it."""

    name: str

    def __post_init__(self) -> None:
        if self.name not in FAMILIES:
            raise ValueError(f"expected a family of the diagnosis. Received: {self.name!r}")


@dataclass(frozen=True)
class NotTried:
    """Beside a key of `normalize` or `train` that no intervention edits: why not."""

    reason: str


UNTRIED = NotTried("no intervention edits it yet")

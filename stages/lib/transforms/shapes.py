"""What a transform's state has to be: one shape each, checked as a state is read from its file."""

from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from stages.lib.artifacts.base import Finite
from stages.lib.vocabulary.transforms import GIVEN_FROM, MAX_CODES, MOST_BINS


class Nothing(BaseModel):
    """Nothing is fitted."""

    model_config = ConfigDict(extra="forbid")


class Scale(BaseModel):
    """A shift and a scale, in the column's own unit, or that of its logarithm."""

    center: Finite
    scale: Annotated[Finite, Field(gt=0)]


class Ranks(BaseModel):
    """Rising knots with a rank each."""

    knots: Annotated[list[Finite], Field(min_length=1)]
    ranks: list[Annotated[Finite, Field(ge=0, le=1)]]

    @model_validator(mode="after")
    def is_a_map(self) -> "Ranks":
        if len(self.ranks) != len(self.knots) or (np.diff(self.knots) <= 0).any():
            raise ValueError("expected rising knots with a rank each")
        return self


class Bins(BaseModel):
    """Rising edges, between two of which a bin lies."""

    edges: Annotated[list[Finite], Field(min_length=2, max_length=MOST_BINS + 1)]

    @model_validator(mode="after")
    def rises(self) -> "Bins":
        if (np.diff(self.edges) <= 0).any():
            raise ValueError("expected rising edges")
        return self


class Levels(BaseModel):
    """Rising numbers, of which each becomes an input."""

    levels: Annotated[list[Finite], Field(min_length=1, max_length=MAX_CODES)]

    @model_validator(mode="after")
    def rises(self) -> "Levels":
        if (np.diff(self.levels) <= 0).any():
            raise ValueError("expected rising levels")
        return self


class Turn(BaseModel):
    """After how much a number is the same again, in the column's own unit."""

    period: Annotated[Finite, Field(ge=GIVEN_FROM)]

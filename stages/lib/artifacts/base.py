"""What all artifacts are made of: frozen objects, checked as they are read.

The files come from wherever git and DVC got them, so a reader takes nothing for granted: what no
stage would write is one line that names the file and the place. More may stand beside what is
looked at.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from stages.lib.core.json_files import read_json, validate
from stages.lib.core.splits import SPLITS

Finite = Annotated[float, Field(allow_inf_nan=False, strict=True)]
# Losses are at most the square of a float32's range.
Amount = Annotated[Finite, Field(ge=-1e80, le=1e80)]
Count = Annotated[int, Field(ge=0, le=10**12, strict=True)]
T = TypeVar("T")


class Artifact(BaseModel):
    """A part of a file that a stage writes."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, populate_by_name=True)

    def plain(self) -> dict[str, Any]:
        """As JSON has it, without what was never set."""
        return self.model_dump(by_alias=True, exclude_unset=True)


A = TypeVar("A", bound=Artifact)


class ByName(Generic[T]):
    """Access to the splits' attributes by the splits' names."""

    def __getitem__(self, split: str) -> T:
        part: T = getattr(self, split)
        return part

    def values(self) -> Iterator[T]:
        """Of train, validation and test."""
        return (self[split] for split in SPLITS)

    def items(self) -> Iterator[tuple[str, T]]:
        """Each with the split's name, in that order."""
        return ((split, self[split]) for split in SPLITS)


class BySplit(Artifact, ByName[T]):
    """Something of each split, by attribute or by the split's name."""

    train: T
    validation: T
    test: T


def read_artifact(schema: type[A], path: str | Path) -> A:
    """A JSON file as this artifact.

    Raises:
        UserError: the file is missing, or no stage would write it.
    """
    return validate(schema, read_json(path), str(path), "what `dvc repro` writes")


def check_different(names: list[str]) -> None:
    """Raise ValueError for a name that stands twice."""
    if len(set(names)) < len(names):
        raise ValueError("expected different names")

"""The schema of stages/tools/claims/params.yaml."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from stages.generate.scenarios import SCENARIOS
from stages.lib import params
from stages.lib.params.normalize import Normalize
from stages.lib.params.section import Name, Section, Seed, Share, Units
from stages.lib.params.train import Train

FILE = Path("stages/tools/claims/params.yaml")


class Programs(Section):
    premise: Name  # an entry of stages/generate/scenarios.py
    features: int = Field(ge=1, le=1000)  # columns
    rows: int = Field(ge=10, le=1_000_000)
    test_rows: int = Field(ge=10, le=1_000_000)
    replicates: int = Field(ge=3, le=1000)
    keras_replicates: int = Field(ge=2, le=100)

    @model_validator(mode="after")
    def keras_has_its_replicates(self) -> "Programs":
        if self.keras_replicates > self.replicates:
            raise ValueError(
                f"expected keras_replicates <= replicates. Received: {self.keras_replicates} of "
                f"{self.replicates}"
            )
        return self


class Comparisons(Section):
    replicates: int = Field(ge=3, le=1000)
    rows: int = Field(ge=10, le=1_000_000)
    few_rows: int = Field(ge=10, le=1_000_000)
    many_rows: int = Field(ge=10, le=1_000_000)
    validation_rows: int = Field(ge=10, le=1_000_000)
    test_rows: int = Field(ge=10, le=1_000_000)
    epochs: int = Field(ge=8, le=100_000)
    depths: list[Annotated[int, Field(ge=1, le=100)]] = Field(min_length=2, max_length=20)  # layers
    width: Units


class Settings(Section):
    seed: Seed
    min_effect: Share
    programs: Programs
    claims: Comparisons
    normalize: Normalize
    train: Train


def read() -> dict:
    """The file's plain values, checked. Raises UserError, naming the key, for a mistake."""
    content = params.read(FILE)
    check(content)
    return content


def check(content: dict) -> Settings:
    """Plain values as the schema's object. Raises UserError for the first mistake."""
    given = params.validated(Settings, content, str(FILE))
    params.choose("programs.premise", given.programs.premise, SCENARIOS, str(FILE))
    return given

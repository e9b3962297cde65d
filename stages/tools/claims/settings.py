"""The claims' params.yaml: its schema, and the program that every claim varies.

Of `normalize` and `train` the file states only what differs from params.yaml, so that a new key of
those stands in one place.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from stages.generate.scenarios import SCENARIOS
from stages.lib import params
from stages.lib.params.messages import Mistake
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
            raise Mistake(
                "keras_replicates <= replicates", f"{self.keras_replicates} of {self.replicates}"
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


def read() -> dict[str, Any]:
    """The file's plain values, checked, with `normalize` and `train` whole: what the file leaves
    out of them is as in params.yaml.

    Raises:
        UserError: the first mistake in either file, with its key.
    """
    in_file = params.read(FILE)
    sections = params.sections("normalize", "train")
    content = in_file | {
        name: _overlaid(section, in_file.get(name) or {}) for name, section in sections.items()
    }
    check(content)
    return content


def _overlaid(section: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy of a section with these keys changed, mappings key by key."""
    return section | {
        key: _overlaid(section[key], new)
        if isinstance(new, dict) and isinstance(section.get(key), dict)
        else new
        for key, new in changes.items()
    }


def check(content: dict[str, Any]) -> Settings:
    """Plain values as the schema's object.

    Raises:
        UserError: the first mistake, with its key.
    """
    settings = params.validated(Settings, content, str(FILE))
    params.choose("programs.premise", settings.programs.premise, SCENARIOS, str(FILE))
    return settings

"""The claims' params.yaml: its schema, and the program that every claim varies.

Of `normalize` and `train` the file states only what differs from params.yaml, so that a new key of
those stands in one place.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from stages.generate.scenarios import SCENARIOS
from stages.lib import params
from stages.lib.params.edits import Sections
from stages.lib.params.messages import Mistake
from stages.lib.params.names import BackendName
from stages.lib.params.normalize import Normalize
from stages.lib.params.section import Name, Section, Seed, Share, Units, each_once
from stages.lib.params.train import Train
from stages.tools.claims.datasets.table import DATA_SETS

FILE = Path("stages/tools/claims/params.yaml")


class Programs(Section):
    premise: Name  # an entry of stages/generate/scenarios.py
    learnable: Name  # another one, of a table of the same shape
    features: int = Field(ge=1, le=1000)  # columns
    rows: int = Field(ge=10, le=1_000_000)
    test_rows: int = Field(ge=10, le=1_000_000)
    replicates: int = Field(ge=3, le=1000)
    keras_replicates: int = Field(ge=2, le=100)
    share_of_epochs: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def keras_has_its_replicates(self) -> "Programs":
        if self.keras_replicates > self.replicates:
            raise Mistake(
                "keras_replicates <= replicates", f"{self.keras_replicates} of {self.replicates}"
            )
        return self


class Settings(Section):
    seed: Seed
    min_effect: Share
    min_learnt: Share
    data_sets: Annotated[list[Name] | None, BeforeValidator(each_once)]  # null: all
    replicates: int = Field(ge=3, le=1000)
    epochs: int = Field(ge=4, le=100_000)
    depths: list[Annotated[int, Field(ge=1, le=100)]] = Field(min_length=2, max_length=20)  # layers
    width: Units
    backend: BackendName
    programs: Programs
    normalize: Normalize
    train: Train

    @property
    def chosen(self) -> list[str]:
        """The names of the data sets."""
        return list(DATA_SETS) if self.data_sets is None else self.data_sets


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


def base(content: dict[str, Any]) -> Sections:
    """The program that the claims vary, one network at each seed."""
    train = content["train"] | {"epochs": content["epochs"], "members": 1}
    return {"normalize": content["normalize"], "train": train}


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
    for key in ("premise", "learnable"):
        name = getattr(settings.programs, key)
        params.choose(f"programs.{key}", name, SCENARIOS, str(FILE))
    for name in settings.chosen:
        params.choose("data_sets", name, DATA_SETS, str(FILE))
    return settings

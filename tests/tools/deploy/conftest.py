"""A trained network that the tests of this folder share."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import edit_params, run_stages
from tests.tools.deploy.exporting import mixed_table


@pytest.fixture(scope="session")
def mixed_run(fresh_clone, made_once) -> Path:
    """A run on numbers, gaps and pooled categories, with three classes, up to train."""

    def make(folder: Path) -> None:
        shutil.copytree(fresh_clone, folder)
        mixed_table(folder, "y")
        edit_params(folder, **{"normalize.features": "standard", "normalize.max_categories": 3})
        run_stages(folder, "generate", "normalize", "train")

    return made_once("mixed-run", make)

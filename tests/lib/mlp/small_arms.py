"""Arms of small programs, on the tables of conftest.py."""

from stages.lib.mlp.arms import FILLED_ARMS, Arm
from stages.lib.mlp.program import program
from tests.cards import task_of
from tests.conftest import train_settings

SEEDS = range(3, 3 + FILLED_ARMS)


def arm(seed: int, table: str = "plain", **changes) -> Arm:
    """One of 4 inputs."""
    options = {"layers": [8], "epochs": 6, "seed": seed, "dropout": 0.2}
    return Arm(program(train_settings(**(options | changes)), task_of(), 4), table)

"""python -m tests.train.saving_every_epoch: the train stage, saved after every epoch.

A training of seconds would otherwise be over before the first save.
"""

from stages.lib.core.command import run_stage
from stages.train import checkpoint
from stages.train.__main__ import main

if __name__ == "__main__":
    checkpoint.SECONDS = 0.0
    run_stage(main, "train", removed_by_dvc=True)

"""The best settings of a sweep as DVC experiments: the whole pipeline, in a folder of its own.

One after the other: DVC's queue stalls with several workers.
"""

import json

from stages.diagnose.prescription import command, overrides
from stages.lib.core.errors import UserError
from stages.lib.params.edits import Edit
from stages.tools.dvc_command import dvc


def save(best: list[tuple[str, Edit]], content: dict) -> None:
    """Run these changes of params.yaml as DVC experiments, named after the files of their results;
    one that is there already is left."""
    present = known() if best else set()
    file = content["data"]["file"]["path"]
    copied = [file] if content["data"]["source"] == "file" else []
    for name, change in best:
        experiment = f"sweep-{name[:8]}"
        if not change:
            print("params.yaml as it is: no experiment")
        elif experiment in present:
            print(f"{experiment}: was there")
        else:
            if content["train"]["initial_weights"] is not None:
                change = change | {"train.initial_weights": None}  # as the sweep trained it
            run(experiment, change, copied)
            print(f"{experiment}: {command(change)}")


def check_data() -> None:
    """Raise UserError unless data/raw is what params.yaml and the user's file now give."""
    if json.loads(dvc("status", "generate", "--json")):
        raise UserError(
            "data/raw",
            "the data of params.yaml as it is",
            "earlier ones",
            "run `dvc repro generate` first",
        )


def known() -> set[str]:
    """The names of this commit's experiments."""
    return set(dvc("exp", "list", "--name-only").split())


def run(name: str, edit: Edit, copied: list[str]) -> None:
    """Run an experiment and keep it under this name; the workspace stays as it is.

    copied: files that git does not track and the run reads. Raises UserError with DVC's last line
    when it fails.
    """
    settings = [part for override in overrides(edit) for part in ("-S", override)]
    copies = [part for path in copied for part in ("--copy-paths", path)]
    dvc("exp", "run", "--temp", "--name", name, *copies, *settings)

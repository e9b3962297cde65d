"""Whether the sections for later stages agree with the data.

The schema knows no data. The first stage calls these once it has read them, so that a mistake ends
it before anything is written; a later stage calls the same of what it uses, since it may run by
itself, on data that an earlier run left.
"""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.core.paths import resolve_within
from stages.lib.params.normalize import Normalize
from stages.lib.params.reading import FILE
from stages.lib.params.train import Train
from stages.lib.vocabulary.backends import BACKENDS
from stages.lib.vocabulary.tasks import Task
from stages.lib.vocabulary.transforms import MAX_CODES

INITIAL_WEIGHTS = "data/initial_weights"
# Names that a message lists.
MOST_LISTED = 20


def check_columns(
    params: Normalize, kinds: Mapping[str, str], left_out: Mapping[str, str] | None = None
) -> None:
    """Raise UserError unless `normalize.columns` names features of numbers, and leaves one input.

    kinds: by feature, its kind as the card has it: 'numeric', 'binary' or 'categorical'. left_out:
    by column that is no feature, the reason.
    """
    where = f"{FILE}: normalize.columns"
    numbers = [name for name, kind in kinds.items() if kind != "categorical"]
    for name in params.columns:
        if name in numbers:
            continue
        received = shown(name)
        if name in kinds:
            hint = "it holds text, of which normalize.categorical says what it becomes"
        elif left_out and name in left_out:
            hint = f"it is no feature: {left_out[name]}"
        else:
            hint = nearest(name, numbers)
        raise UserError(where, "numeric columns of the data", received, hint)
    if all(params.drops(name) for name in kinds):
        raise UserError(where, "a column that is not dropped", "none")


def check_codes(name: str, codes: int) -> None:
    """Raise UserError for a column of more different numbers than one_hot takes."""
    if codes > MAX_CODES:
        raise UserError(
            f"{FILE}: normalize.columns: {shown(name)}",
            f"at most {MAX_CODES} different numbers for one_hot",
            codes,
        )


def weights_by_class(params: Train, task: Task) -> np.ndarray | None:
    """`train.class_weight` as a number for each class, float64 [classes]; a class left out has 1.
    None where it says nothing by name.

    Raises:
        UserError: the task has no classes, there is no class of that name, or no class weighs
            anything in float32.
    """
    where = f"{FILE}: train.class_weight"
    class_weight, classes = params.class_weight, task.classes
    if class_weight is None:
        return None
    if not task.has_classes:
        raise UserError(
            where,
            f"null for a {task.kind.name} task: only classes can be weighted",
            f"{class_weight!r:.60}",
        )
    if class_weight == "balanced":
        return None
    for name in class_weight:
        if name not in classes:
            raise UserError(
                where, f"classes of the target ({_listed(classes)})", shown(name, 60),
                nearest(name, classes),
            )  # fmt: skip
    weights = np.array([class_weight.get(name, 1.0) for name in classes])
    if not weights.astype("float32").any():
        raise UserError(where, "a class that weighs more than 0 in float32", shown(class_weight))
    return weights


def check_initial_weights(params: Train) -> None:
    """Raise UserError unless `train.initial_weights` is null or a file below its folder. Whether it
    fits the network shows when the number of inputs is known."""
    if params.initial_weights is None:
        return
    try:
        resolve_within(params.initial_weights, INITIAL_WEIGHTS)
    except UserError as error:
        raise error.at(f"{FILE}: train.initial_weights") from None


def check_backend(name: str) -> None:
    """Raise UserError for a backend whose variable of the environment is not set."""
    variable = BACKENDS[name].address
    if variable and not os.environ.get(variable):
        raise UserError(
            f"{FILE}: compute.backend: {name}",
            f"the scheduler's address in the environment variable {variable}, such as "
            "tcp://127.0.0.1:8786",
        )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names[:MOST_LISTED])) + ", ..." * (len(names) > MOST_LISTED)

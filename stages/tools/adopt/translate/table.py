"""The rows of a script as one table: features, target, and the split that the script had."""

import unicodedata

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from stages.generate.split import MIN_HELD_OUT
from stages.lib.core.errors import UserError

# As a key of params.yaml can name it (Name of stages/lib/params/section.py).
MAX_NAME = 1000
# Columns of one table: generate reads each by itself.
MAX_COLUMNS = 10_000
# Validation rows of which each half can still show something.
MIN_HALVED = 2 * MIN_HELD_OUT


def usable_names(wanted: list[str] | None, count: int) -> tuple[list[str], list[str]]:
    """`count` column names, each usable and its own, and those of the given ones that were not.

    A name that is blank, repeated, too long, or no text that UTF-8 holds becomes x0001, x0002, ...
    """
    if count > MAX_COLUMNS:
        raise UserError("x", f"at most {MAX_COLUMNS} columns", f"{count}")
    if wanted is None or len(wanted) != count:
        return [f"x{i + 1:04d}" for i in range(count)], []
    names: list[str] = []
    replaced: list[str] = []
    seen: set[str] = set()
    for i, name in enumerate(wanted):
        good = bool(name.strip()) and len(name) <= MAX_NAME and folded_name(name) not in seen
        good = good and name.encode("utf-8", errors="replace").decode("utf-8") == name
        if not good:
            replaced.append(name)
            name = unused_name(f"x{i + 1:04d}", [*names, *wanted])
        seen.add(folded_name(name))
        names.append(name)
    return names, replaced


def folded_name(name: str) -> str:
    """Names that a reader would take for the same one have the same."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def unused_name(wanted: str, others: list[str]) -> str:
    """The wanted name, or one like it that no column has."""
    known = {folded_name(name) for name in others}
    free, i = wanted, 1
    while folded_name(free) in known:
        i += 1
        free = f"{wanted}_{i}"
    return free


def target_names(wanted: list[str] | None, columns: list[str], count: int) -> list[str]:
    """The targets' own names where they can stand beside the columns, else target, or target_1,
    target_2, ..."""
    names: list[str] = []
    for i in range(count):
        others = [*columns, *names]
        name = wanted[i] if wanted is not None and len(wanted) == count else ""
        _, replaced = usable_names([name], 1)
        if replaced or unused_name(name, others) != name:
            name = unused_name("target" if count == 1 else f"target_{i + 1}", others)
        names.append(name)
    return names


def choose_test_half(target: np.ndarray, classes: bool, seed: int) -> np.ndarray:
    """Of validation rows, which ones become the test split: bool [rows], a seeded half, stratified
    by class where target, float64 [rows, targets], is one of classes; of fewer than MIN_HALVED
    none. Raises UserError when a class has fewer than two rows."""
    rows = len(target)
    if rows < MIN_HALVED:
        return np.zeros(rows, bool)
    strata = target[:, 0] if classes else None
    try:
        _, test = train_test_split(
            np.arange(rows), test_size=rows // 2, random_state=seed, stratify=strata
        )
    except ValueError:
        values, counts = np.unique(target, return_counts=True)
        rare = values[np.argmin(counts)]
        raise UserError(
            "validation rows",
            "at least two of every class, one for the validation and one for the test split",
            f"{counts.min()} of class {rare:g}, {rows} rows in all",
        ) from None
    marked = np.zeros(rows, bool)
    marked[test] = True
    return marked


def assemble(
    x: np.ndarray,
    target: np.ndarray,
    columns: list[str],
    named: list[str],
    test: np.ndarray | None,
) -> tuple[pd.DataFrame, str | None]:
    """The table, and the name of its split column.

    x float64 [rows, columns] and target [rows, targets]: training rows first, then the validation
    rows, of which `test`, bool, says which ones are for the test split; None without any.
    """
    frame = pd.DataFrame(x, columns=columns)
    for name, values in zip(named, target.T, strict=True):
        frame[name] = values.astype("int64") if (values == np.round(values)).all() else values
    if test is None:
        return frame, None
    split = unused_name("split", [*columns, *named])
    train = np.full(len(x) - len(test), "train", dtype=object)
    frame[split] = np.concatenate([train, np.where(test, "test", "validation")])
    return frame, split

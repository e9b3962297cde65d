"""Which rows train, validate and test: drawn within each class, or as a column of the table says.

A column may name the split of each row, say which rows stay together, or when a row was. A table of
a few rows has none to spare: all of them train.
"""

import numpy as np
import pandas as pd

from stages.generate.by_group import by_group
from stages.generate.by_time import by_time
from stages.lib.core.errors import UserError, shown
from stages.lib.core.splits import SPLITS
from stages.lib.params.data import Split
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import TaskKind

# Rows of a held-out split from which on it can show anything. The share of ten rows of which
# something holds has a standard error of up to sqrt(0.25 / 10), a sixth: with fewer, nothing short
# of all or none is told from luck. data.split.min_rows is 50 by this: its fifth is ten rows.
MIN_HELD_OUT = 10


def is_small(rows: int, shares: Split) -> bool:
    """Whether a table of so many rows has none to spare for validation and test. It is divided
    only where a column of it says how."""
    return rows < shares.min_rows


def split_rows(dataset: Dataset, shares: Split, seed: int) -> dict[str, np.ndarray]:
    """Row positions of each split, int64.

    Args:
        dataset: says by which of its columns the rows are divided, if by any.
        shares: of the rows, for validation and test.
        seed: of what is drawn.

    Raises:
        UserError: a split that is to have rows would have none, or lack a class, also without its
            rows of weight 0 (of a small table only the training split has to have all classes); or
            as `by_class`, `by_column`, `by_group` and `by_time` do.
    """
    small = is_small(len(dataset.targets), shares)
    parts = _positions(dataset, shares, seed)
    _check(dataset.targets, dataset.kind, parts, small)
    if dataset.weights is not None:
        _check_weights(dataset, dataset.weights, parts, small)
    return parts


def missing_splits(dataset: Dataset, shares: Split, parts: dict[str, np.ndarray]) -> str | None:
    """A line on the splits without rows and why they have none, or None where all have some."""
    missing = [name for name in SPLITS if not len(parts[name])]
    if not missing:
        return None
    words = f"no {' and no '.join(missing)} rows"
    if dataset.splits is not None:
        return f"{words}: column {shown(dataset.splits.name, 60)} names none"
    rows = len(dataset.targets)
    if is_small(rows, shares) and dataset.groups is None and dataset.time is None:
        least = f"data.split.min_rows ({shares.min_rows})"
        return f"{words}: all {rows} rows train, since they are fewer than {least}"
    keys = " and ".join(f"data.split.{name}" for name in missing)
    return f"{words}: {keys} {'is' if len(missing) == 1 else 'are'} 0"


def _positions(dataset: Dataset, shares: Split, seed: int) -> dict[str, np.ndarray]:
    targets, kind = dataset.targets, dataset.kind
    if dataset.splits is not None:
        return by_column(dataset.splits)
    of_rows = {"validation": shares.validation, "test": shares.test}
    of_rows = {"train": 1 - sum(of_rows.values()), **of_rows}
    if dataset.time is not None:
        parts = by_time(dataset.time.to_numpy(), of_rows)
    elif dataset.groups is not None:
        strata = _strata(targets, kind, shares)
        codes = np.zeros(len(targets), int) if strata is None else pd.factorize(strata)[0]
        parts = by_group(dataset.groups.to_numpy(), codes, of_rows, seed)
    else:
        if is_small(len(targets), shares):
            shares = shares.model_copy(update={"validation": 0.0, "test": 0.0})
        return by_class(targets, kind, shares, seed)
    key = "groups" if dataset.time is None else "time"
    if len(parts["train"]) < 2:
        raise UserError(
            f"params.yaml: data.file.{key}",
            "at least 2 rows of the train split",
            f"{len(parts['train'])} of {len(targets)} rows",
        )
    return parts


def by_column(splits: pd.Series) -> dict[str, np.ndarray]:
    """Row positions of each split as a column names it, in the order of the table.

    Args:
        splits: text [rows]: train, validation or test, indexed by the row in the source. There
            may be no validation or test rows.

    Raises:
        UserError: a cell names no split, or fewer than two the training split.
    """
    odd = ~splits.isin(SPLITS).fillna(False).to_numpy(dtype=bool)
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        cell = splits.iloc[row]
        raise UserError(
            f"column {splits.name!r}",
            f"{', '.join(SPLITS[:-1])} or {SPLITS[-1]} in every row",
            f"{'an empty cell' if pd.isna(cell) else shown(cell, 60)} in row "
            f"{splits.index[row] + 1}",
        )
    parts = {name: np.flatnonzero((splits == name).to_numpy()) for name in SPLITS}
    if len(parts["train"]) < 2:
        raise UserError(
            f"column {splits.name!r}",
            "at least 2 rows of the train split",
            f"{len(parts['train'])}",
        )
    return parts


def by_class(
    targets: pd.DataFrame, kind: TaskKind, shares: Split, seed: int
) -> dict[str, np.ndarray]:
    """Row positions of each split, int64, shuffled; every row is in one of them.

    The shares of the classes, or of the combinations of labels, are the same in every split as far
    as their counts allow. Rows that all train stay in the order of the table.

    Args:
        targets: one column per target.
        kind: of the task that they pose.
        shares: of the rows, for validation and test; 0 for a split without rows.
        seed: of the draw.

    Raises:
        UserError: a split that is to have rows would have fewer than there are classes.
    """
    rows = len(targets)
    sizes = {name: round(rows * getattr(shares, name)) for name in ("validation", "test")}
    sizes["train"] = rows - sum(sizes.values())
    classes = targets.iloc[:, 0].nunique() if kind.has_classes else 0
    # A class in every split, or its loss there means nothing; two training rows, or a
    # regression's variance has no estimate.
    min_rows = {name: max(classes, 1) for name in SPLITS} | {"train": max(classes, 2)}
    of_classes = f" of {classes} classes" if classes else ""
    for name in SPLITS:
        wanted = name == "train" or getattr(shares, name) > 0
        if wanted and sizes[name] < min_rows[name]:
            none = f", or data.split.{name}: 0" if name != "train" else ""
            raise UserError(
                "params.yaml: data.split",
                f"at least {min_rows[name]} rows{of_classes} for the {name} split{none}",
                f"{sizes[name]} of {rows} rows",
            )
    strata = _strata(targets, kind, shares)
    rest, test = _draw(np.arange(rows), sizes["test"], strata, "test", seed)
    train, validation = _draw(rest, sizes["validation"], strata, "validation", seed)
    return {"train": train, "validation": validation, "test": test}


def _check_weights(
    dataset: Dataset, weights: pd.Series, parts: dict[str, np.ndarray], small: bool
) -> None:
    counts = weights.to_numpy() > 0
    weighty = {name: part[counts[part]] for name, part in parts.items()}
    for name, part in weighty.items():
        if len(parts[name]) and not len(part):
            raise UserError(
                f"weights {weights.name!r}",
                "a weight above 0 in every split",
                f"0 in all {len(parts[name])} rows of the {name} split",
            )
    _check(dataset.targets, dataset.kind, weighty, small)


def _check(
    targets: pd.DataFrame, kind: TaskKind, parts: dict[str, np.ndarray], small: bool
) -> None:
    if kind.has_classes:
        target = targets.iloc[:, 0]
        codes, _ = target.factorize()
        for name, part in parts.items():
            if name == "train" or (len(part) and not small):
                _check_classes(target, codes, part, name)
    if kind.has_labels:
        _check_labels(targets, parts["train"])


def _strata(targets: pd.DataFrame, kind: TaskKind, shares: Split) -> np.ndarray | None:
    """What each row is to be spread by, [rows]: its class, or its combination of labels.

    Combinations with too few rows to be in every split are one stratum, together with the rarest
    of the others if they still are too few. None where there is nothing to spread.
    """
    if kind.is_regression:
        return None
    if kind.has_classes:
        return targets.iloc[:, 0].factorize(sort=True)[0]  # spread many times faster than text
    combination = targets.groupby(list(targets)).ngroup().to_numpy()
    counts = np.bincount(combination)
    used = [share for share in (shares.validation, shares.test) if share > 0]
    smallest = min([*used, 1 - shares.validation - shares.test])
    order = np.argsort(counts, kind="stable")
    pooled = int((counts * smallest < 1).sum())
    if pooled and counts[order[:pooled]].sum() * smallest < 1:
        pooled += 1
    stratum = np.arange(len(counts))
    stratum[order[:pooled]] = order[0]
    return stratum[combination] if pooled < len(counts) else None


def _draw(
    positions: np.ndarray, size: int, strata: np.ndarray | None, name: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The positions in two parts, drawn within each stratum, the second of `size`."""
    if not size:
        return positions, positions[:0]
    from sklearn.model_selection import train_test_split  # a second, while others work

    part_strata = None if strata is None else strata[positions]
    try:
        return train_test_split(positions, test_size=size, random_state=seed, stratify=part_strata)
    except ValueError as error:
        counted = part_strata is not None and part_strata.max() >= 2
        lone = [] if part_strata is None else positions[np.bincount(part_strata)[part_strata] == 1]
        raise UserError(
            "params.yaml: data.split",
            f"rows of every class on both sides of the {name} split",
            f"a single row of one, row {lone[0] + 1}" if len(lone) else error,
            "if the classes are grades or counts, data.file.task is regression" if counted else "",
        ) from None


def _check_classes(target: pd.Series, codes: np.ndarray, part: np.ndarray, name: str) -> None:
    lacking = np.flatnonzero(np.bincount(codes[part], minlength=codes.max() + 1) == 0)
    if len(lacking):
        label = min(target.unique()[lacking])
        raise UserError(
            f"target {target.name!r}",
            "every class in every split",
            f"none of {label!r:.60}, which {int((target == label).sum())} rows have, among the "
            f"{len(part)} of the {name} split",
        )


def _check_labels(targets: pd.DataFrame, train: np.ndarray) -> None:
    """A label that all training rows have, or none, cannot be learnt, and has no chance."""
    for name in targets:
        having = targets[name].iloc[train].sum()
        if having in (0, len(train)):
            whole = int(targets[name].sum())
            raise UserError(
                f"target {name!r:.60}",
                "rows with and without the label in the training split",
                f"{int(having)} of its {len(train)} rows with it, and {whole} of all "
                f"{len(targets)}",
                "leave it out, or change data.split",
            )

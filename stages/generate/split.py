"""The split: seeded, shuffled and stratified by class, or as a column of the table names it."""

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from stages.files import SPLITS, UserError
from stages.generate.dataset import Dataset
from stages.params import Split


def divided(dataset: Dataset, shares: Split, seed: int) -> dict[str, np.ndarray]:
    """Row positions of each split, int64. Raises UserError as `split` and `named` do."""
    if dataset.splits is None:
        return split(dataset.target, dataset.classes, shares, seed)
    return named(dataset.splits, dataset.target, dataset.classes)


def named(splits: pd.Series, target: pd.Series, classes: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Row positions of each split as a column names it, in the order of the table.

    Raises UserError for a cell that names no split, and for a split without rows, or without
    rows of every class.
    """
    odd = ~splits.isin(SPLITS).fillna(False).to_numpy(dtype=bool)
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        cell = splits.iloc[row]
        raise UserError(
            f"column {splits.name!r}: expected {', '.join(SPLITS[:-1])} or {SPLITS[-1]} in every "
            f"row. Received: {'an empty cell' if pd.isna(cell) else repr(cell)[:60]} in row "
            f"{row + 1}"
        )
    parts = {name: np.flatnonzero((splits == name).to_numpy()) for name in SPLITS}
    for name, part in parts.items():
        least = 2 if name == "train" else 1
        if len(part) < least:
            raise UserError(
                f"column {splits.name!r}: expected at least {least} rows of the {name} split. "
                f"Received: {len(part)}"
            )
        _check_classes(target, classes, part, name)
    return parts


def split(target: pd.Series, classes: tuple[str, ...], shares: Split, seed: int) -> dict:
    """Row positions of each split, int64, shuffled; every row is in one of them.

    Raises UserError when a split would be empty, or would lack a class.
    """
    rows = len(target)
    sizes = {name: round(rows * getattr(shares, name)) for name in ("validation", "test")}
    sizes["train"] = rows - sum(sizes.values())
    # A class in every split, or its loss there means nothing; two training rows, or a
    # regression's variance has no estimate.
    least = {name: max(len(classes), 1) for name in SPLITS} | {"train": max(len(classes), 2)}
    of_classes = f" of {len(classes)} classes" if classes else ""
    for name in SPLITS:
        if sizes[name] < least[name]:
            raise UserError(
                f"params.yaml: data.split: expected at least {least[name]} rows{of_classes} for "
                f"the {name} split. Received: {sizes[name]} of {rows} rows"
            )
    labels = target.to_numpy() if classes else None
    rest, test = _two(np.arange(rows), sizes["test"], labels, "test", seed)
    train, validation = _two(rest, sizes["validation"], labels, "validation", seed)
    parts = {"train": train, "validation": validation, "test": test}
    for name, part in parts.items():
        _check_classes(target, classes, part, name)
    return parts


def _two(
    positions: np.ndarray, size: int, labels: np.ndarray | None, name: str, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The positions in two parts, the second of `size`."""
    strata = None if labels is None else labels[positions]
    try:
        return train_test_split(positions, test_size=size, random_state=seed, stratify=strata)
    except ValueError as error:  # a class with a single row left
        raise UserError(
            f"params.yaml: data.split: expected rows of every class on both sides of the {name} "
            f"split. Received: {error}"
        ) from None


def _check_classes(
    target: pd.Series, classes: tuple[str, ...], part: np.ndarray, name: str
) -> None:
    lacking = set(classes) - set(target.iloc[part])
    if lacking:
        label = min(lacking)
        raise UserError(
            f"target {target.name!r}: expected every class in every split. Received: none of "
            f"{label!r:.60}, which {int((target == label).sum())} rows have, among the {len(part)} "
            f"of the {name} split"
        )

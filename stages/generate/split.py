"""The seeded, shuffled split: stratified by class where there are classes."""

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split

from stages.files import SPLITS, UserError
from stages.params import Split


def split(target: pd.Series, classes: tuple[str, ...], shares: Split, seed: int) -> dict:
    """Row positions of each split, int64, shuffled; every row is in one of them.

    Raises UserError when a split would be empty, or would lack a class.
    """
    rows = len(target)
    sizes = {name: round(rows * getattr(shares, name)) for name in ("validation", "test")}
    sizes["train"] = rows - sum(sizes.values())
    # A class in every split, or its loss there means nothing; two training rows, or a
    # regression's variance has no estimate.
    least = {name: max(len(classes), 1) for name in SPLITS}
    least["train"] = max(len(classes), 2)
    for name in SPLITS:
        if sizes[name] < least[name]:
            raise UserError(
                f"params.yaml: data.split: expected at least {least[name]} rows for the {name} "
                f"split ({len(classes)} classes). Received: {sizes[name]} of {rows} rows"
                if classes
                else f"params.yaml: data.split: expected at least {least[name]} rows for the "
                f"{name} split. Received: {sizes[name]} of {rows} rows"
            )
    for label in classes:
        count = int((target == label).sum())
        if count < 3:
            raise UserError(
                f"target {target.name!r}: expected at least 3 rows of each class, one for each "
                f"split. Received: {count} of {label!r}"
            )
    positions = np.arange(rows)
    labels = target.to_numpy() if classes else None
    rest, test = train_test_split(
        positions, test_size=sizes["test"], random_state=seed, stratify=labels
    )
    train, validation = train_test_split(
        rest,
        test_size=sizes["validation"],
        random_state=seed,
        stratify=None if labels is None else labels[rest],
    )
    parts = {"train": train, "validation": validation, "test": test}
    for name, part in parts.items():
        lacking = set(classes) - set(target.iloc[part])
        if lacking:
            raise UserError(
                f"target {target.name!r}: expected every class in the {name} split. Received: "
                f"none of {min(lacking)!r} among its {len(part)} rows; give it a larger share"
            )
    return parts

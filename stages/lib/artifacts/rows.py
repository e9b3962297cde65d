"""The rows of a split: raw, and as they were predicted."""

import re

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Card
from stages.lib.core.errors import UserError, shown
from stages.lib.core.parquet_files import TableFile, numbered, read_table
from stages.lib.core.splits import SPLITS


def read_rows(path: str, card: Card, split: str) -> TableFile:
    """The raw rows of a split: numbers and text as the card has them. Raises UserError."""
    table = TableFile(path)
    kinds: dict[str, str] = {column.name: column.kind for column in card.columns}
    target = "categorical" if card.task.has_classes else "numeric"
    kinds |= dict.fromkeys(card.targets, target)
    kinds |= {name: "numeric" for name in (card.groups, card.weights) if name is not None}
    for name, kind in kinds.items():
        stored_kind = table.kind(name)
        if stored_kind != ("text" if kind == "categorical" else "numbers"):
            raise UserError(f"{path}: column {shown(name)}", f"a {kind} one", stored_kind)
    _check_rows(path, table.rows, card, split)
    return table


def _check_rows(path: str, rows: int, card: Card, split: str) -> None:
    expected = card.rows[split]
    if rows != expected:
        raise UserError(path, f"{expected} rows, as in card.json", str(rows))


def read_bayes_losses(folder: str, card: Card) -> dict[str, np.ndarray]:
    """What the best possible prediction costs on each row's own target, float64 [rows] by split;
    empty where the card has no exact floor.

    folder: data/raw, below which a scenario has truth/. Raises UserError.
    """
    if card.floor is None:
        return {}
    losses = {}
    for split in SPLITS:
        path = f"{folder}/truth/{split}.parquet"
        table = read_table(path)
        if (
            "loss" not in table
            or table["loss"].dtype != "float64"
            or len(table) != card.rows[split]
        ):
            raise UserError(path, f"{card.rows[split]} rows with a number in the column 'loss'")
        losses[split] = table["loss"].to_numpy()
    return losses


def read_predictions(path: str, card: Card, split: str) -> pd.DataFrame:
    """The predictions of a split, for data of this card. Raises UserError."""
    table = read_table(path)
    answers = len(card.classes)
    output = ("probability", answers) if answers else ("prediction", len(card.targets))
    numbers = [("target", len(card.targets)), output, ("weight", int(card.weights is not None))]
    for name, count in numbers:
        alone = count == 1 and name != "probability"
        expected = [name] if alone else [f"{name}_{k}" for k in range(count)]
        present = [column for column in map(str, table) if re.fullmatch(rf"{name}(_\d+)?", column)]
        if present != expected or any(table[column].dtype.kind not in "iuf" for column in present):
            raise UserError(path, f"the numbers {', '.join(expected):.200}")
    if card.weights is not None:
        check_weights(path, table["weight"].to_numpy())
    _check_rows(path, len(table), card, split)
    if answers:
        _check_classes(path, table, card)
    return table


def check_weights(path: str, weights: np.ndarray) -> None:
    """Raise UserError unless they are finite, not negative, and not all 0; float64 [rows], of which
    there may be none."""
    # What is no number is not at least 0 either.
    if len(weights) and not (weights.min() >= 0 and 0 < weights.max() < np.inf):
        raise UserError(path, "finite weights from 0 on, not all 0")


def _check_classes(path: str, table: pd.DataFrame, card: Card) -> None:
    """Codes are codes, and what is finite of the probabilities lies within 0 and 1."""
    most = 1 if card.task.has_labels else len(card.classes) - 1
    codes, shares = (numbered(table, name) for name in ("target", "probability"))
    if not np.isin(codes, np.arange(most + 1)).all():
        raise UserError(path, f"targets from 0 to {most}")
    if ((shares < 0) | (shares > 1)).any():
        raise UserError(path, "probabilities from 0 to 1")

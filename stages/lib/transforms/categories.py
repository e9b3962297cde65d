"""Columns of text: their categories, and the numbers that stand for them."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.artifacts.card import Card
from stages.lib.params.levels import infrequent
from stages.lib.params.normalize import Normalize
from stages.lib.transforms.state import CategoricalColumn
from stages.lib.transforms.target_means import fit_means


def fit_categories(
    name: str, column: Callable[[str], Iterable[pd.Series]], card: Card, params: Normalize
) -> CategoricalColumn:
    """What a text column of the training split becomes, its rare categories pooled as `params` say.

    Args:
        column: from a name, of a feature or a target, to its blocks, read anew at every call.
    """
    rows = 0
    counts: Counter[str] = Counter()
    for block in column(name):
        rows += len(block)
        counts.update({str(level): n for level, n in block.value_counts().items()})
    levels = sorted(counts)
    rare = infrequent(np.array([counts[level] for level in levels], int), rows, params)
    categories = [level for level, pooled in zip(levels, rare, strict=True) if not pooled]
    more: dict[str, Any] = {"infrequent": int(rare.sum())} if rare.any() else {}
    if params.categorical == "target_mean":
        targets = [np.concatenate(target_codes(column(target), card)) for target in card.targets]
        codes = [category_codes(block, categories, bool(rare.any())) for block in column(name)]
        known = len(categories) + bool(rare.any())
        more["means"] = fit_means(np.concatenate(codes), known, np.column_stack(targets), card.task)
    return CategoricalColumn(
        name=name,
        kind="categorical",
        encoding=params.categorical,
        categories=categories,
        indicator=params.missing_indicator and counts.total() < rows,
        **more,
    )


def category_codes(cells: pd.Series, categories: list[str], has_pool: bool) -> np.ndarray:
    """The position of each cell's category, int [rows], -1 for a gap and for what is not known;
    with a pool, which comes last, that is in it."""
    known = pd.Index(categories, dtype=object)
    codes, levels = pd.factorize(cells)
    codes = np.append(known.get_indexer(pd.Index(levels, dtype=object)), -1)[codes]
    return (
        np.where((codes < 0) & ~cells.isna().to_numpy(), len(known), codes) if has_pool else codes
    )


def target_codes(blocks: Iterable[pd.Series], card: Card) -> list[np.ndarray]:
    """A target as numbers, float64 [rows], block by block."""
    classes = pd.Index(card.classes, dtype=object)
    return [
        classes.get_indexer(pd.Index(block, dtype=object)).astype("float64")
        if card.task.has_classes
        else block.to_numpy("float64")
        for block in blocks
    ]

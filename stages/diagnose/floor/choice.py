"""Which reference model is taken for the floor: the best by cross-validation on training rows."""

import numpy as np

from stages.diagnose.floor.predictors import row_losses
from stages.diagnose.floor.references import REFERENCES
from stages.diagnose.floor.rows import EncodedRows
from stages.lib.trials.statistics import mean

FOLDS = 5
# Standard errors of the paired difference beyond which a reference is left behind: one that is best
# after all is then lost once in a thousand times.
BEHIND = 3.0
MIN_RACED_ROWS = 30  # with fewer an error of a mean says little


def choose_reference(train: EncodedRows, names: list[str], seed: int) -> str:
    """Of these references the one with the smallest cross-validated loss on the training rows.

    One that is far behind after some folds takes no part in the others (Maron, Moore, Hoeffding
    races, NIPS 1993), which saves half of the time.
    """
    running = {name: np.empty(0) for name in names}
    for fitted, judged in cross_validation_folds(train, seed):
        part, held_out = train.take(fitted), train.take(judged)
        for name in running:
            losses = row_losses(REFERENCES[name].fit(part, seed)(held_out.x), held_out)
            weights = held_out.weights
            weighted = losses if weights is None else losses * weights
            running[name] = np.append(running[name], weighted)
        running = _without_those_behind(running)
        if len(running) == 1:
            break
    return min(running, key=lambda name: running[name].sum())


def choose_by_rows(rows: EncodedRows, of_all: str, of_sample: str, size: int, seed: int) -> str:
    """Of a reference that is fitted to all training rows and one that is fitted to `size` of them
    the one with the smaller loss on a fifth of the rows, which neither has seen."""
    folds = cross_validation_folds(rows, seed)
    if not folds:
        return of_sample
    fitted, judged = folds[-1]
    part, held_out = rows.take(fitted), rows.take(judged)
    sample = part.sample(size, np.random.default_rng(seed))
    losses = {
        name: row_losses(REFERENCES[name].fit(seen, seed)(held_out.x), held_out)
        for name, seen in ((of_sample, sample), (of_all, part))
    }
    return min(losses, key=lambda name: mean(losses[name], held_out.weights))


def _without_those_behind(running: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The references, with their losses [rows] so far, that may still be the best."""
    best = min(running.values(), key=np.sum)
    rows = len(best)
    if rows < MIN_RACED_ROWS:
        return running
    return {
        name: losses
        for name, losses in running.items()
        if (losses - best).mean() <= BEHIND * (losses - best).std(ddof=1) / np.sqrt(rows)
    }


def cross_validation_folds(rows: EncodedRows, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Five folds, stratified by class; fewer where a class has fewer rows than that.

    Groups are not parted, so there are no more folds than groups, and none of a single one: the
    first reference, the constant, stands then. Of rows in the order of time each fold is judged by
    what was fitted on those before it.

    Returns:
        The positions of the fitted and of the judged rows, fold by fold.
    """
    from sklearn.model_selection import (
        GroupKFold,
        KFold,
        StratifiedGroupKFold,
        StratifiedKFold,
        TimeSeriesSplit,
    )

    if rows.ordered:
        count = min(FOLDS, len(rows.target) - 1)
        return list(TimeSeriesSplit(count).split(rows.x)) if count > 1 else []
    counts = np.bincount(rows.target) if rows.classes else np.array([0])
    rarest = counts[counts > 0].min(initial=len(rows.target))
    stratified = bool(rows.classes) and rarest > 1
    count = max(2, min(FOLDS, rarest if stratified else len(rows.target)))
    if rows.groups is None:
        kind = StratifiedKFold if stratified else KFold
    else:
        kind = StratifiedGroupKFold if stratified else GroupKFold
        count = min(count, len(np.unique(rows.groups)))
        if count < 2:
            return []
    folds = kind(count, shuffle=True, random_state=seed)
    return list(folds.split(rows.x, rows.target, rows.groups))

"""Whether rows lie nearer to one training row, or to a few, than independent rows do."""

import numpy as np

# Spacings of a row's neighbours that are compared.
NEIGHBOURS = 20
# A column decides distances if its values are as good as ten or more that are equally frequent.
# With fewer, ties are usual; such columns have to be equal.
MIN_LEVELS = 10
# Neighbours before the gap, as a share of the training rows and at most. A denser cluster of more
# rows is what data look like: one class of ten, say.
TWINS_SHARE = 1 / 40
MAX_TWINS = 10
# Columns of which distances are taken; of more, these many are drawn. Fewer are enough to see that
# two rows are apart.
MAX_COLUMNS = 30
MIN_TRAIN_ROWS = 8


def gap_p_values(
    train: np.ndarray, held_out: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """How unusual the gap behind each held-out row's nearest training rows is.

    Let d_1 <= d_2 <= ... be the distances to its nearest training rows. Where the density is about
    the same as far as the neighbours reach, k log(d_{k+1} / d_k) are independent and exponential
    with one mean, 1 / dimension (Facco, d'Errico, Rodriguez, Laio, Scientific Reports 7, 2017;
    Levina, Bickel, NIPS 2004), so each over the mean of the others follows the F distribution of 2
    and 2 (neighbours - 1) degrees of freedom, whatever density and dimension are. A row with copies
    in training has one far larger spacing, behind the copies. The p-value is of the largest of the
    first spacings, after Bonferroni.

    Columns are taken by their ranks, equal values spread at random over the ranks that they share
    (the distributional transform: Rüschendorf, Journal of Statistical Planning and Inference 139,
    2009). Rows of integers or rounded numbers that meet by chance are then no nearer to each other
    than others are.

    Args:
        train, held_out: numbers, float64 [rows, columns]; NaN is a value of its own.
        rng: of the spread ranks and of the columns.

    Returns:
        For each held-out row the p-value, float64 [rows]; the neighbours before the gap, int64
        [rows]; and the positions of its training neighbours by distance, int64 [rows, neighbours].
        None where fewer than two columns decide distances, or training rows are too few.
    """
    from sklearn.neighbors import NearestNeighbors

    rows = len(train)
    both = np.concatenate([train, held_out])
    columns = [_spread_ranks(column, rng) for column in both.T if _levels(column) >= MIN_LEVELS]
    if len(columns) < 2 or rows < MIN_TRAIN_ROWS:
        return None
    if len(columns) > MAX_COLUMNS:
        columns = [columns[k] for k in np.sort(rng.choice(len(columns), MAX_COLUMNS, False))]
    ranks = np.column_stack(columns)
    count = min(NEIGHBOURS, rows - 1)
    model = NearestNeighbors(n_neighbors=count + 1).fit(ranks[:rows])
    distances, neighbours = model.kneighbors(ranks[rows:])
    distances = np.maximum(distances, np.finfo("float64").tiny)
    spacings = np.arange(1, count + 1) * np.log(distances[:, 1:] / distances[:, :-1])
    others = (spacings.sum(axis=1, keepdims=True) - spacings) / (count - 1)
    ratio = spacings / np.maximum(others, np.finfo("float64").tiny)
    p_values = (1 + ratio / (count - 1)) ** -(count - 1.0)
    first = p_values[:, : int(np.clip(rows * TWINS_SHARE, 1, min(MAX_TWINS, count)))]
    return np.minimum(1, first.shape[1] * first.min(axis=1)), first.argmin(axis=1) + 1, neighbours


def decides_distances(column: np.ndarray) -> bool:
    """Whether a column of numbers has enough values for distances to mean something."""
    return _levels(column) >= MIN_LEVELS


def _levels(column: np.ndarray) -> float:
    """The number of equally frequent values that meet as often: 1 / sum of squared shares."""
    shares = np.unique(column, return_counts=True)[1] / len(column)
    return float(1 / np.square(shares).sum())


def _spread_ranks(column: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Ranks as shares of the rows, equal values at random places within theirs, float64 [rows]."""
    _, codes, counts = np.unique(column, return_inverse=True, return_counts=True)
    shares = counts / len(column)
    return np.asarray(np.cumsum(shares)[codes] - shares[codes] * rng.random(len(column)))

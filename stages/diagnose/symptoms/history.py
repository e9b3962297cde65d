"""The losses of the epochs, and how they move."""

import numpy as np
import pandas as pd

from stages.lib.trials.subject import Subject

# Shares of chance. Ours: no fall or rise of a loss below the first is worth a word, since 5 % of a
# loss near zero is nothing; and a loss no farther above the floor than the second is at it.
RELEVANT = 0.01
NEGLIGIBLE = 0.05
# AUTOTRAINER: swings of 0.03 (zeta) in a fifth (eta) of the epochs; of accuracy there, which has
# the range 1, and so of a loss in shares of its scale here.
RISE, RISING_SHARE = 0.03, 0.2
MIN_EPOCHS = 5  # fewer are no basis for a share


def losses(subject: Subject, name: str) -> pd.Series:
    """The finite values of a column of the history, float64, indexed by epoch."""
    return finite(subject.history.set_index("epoch")[name])


def finite(values: pd.Series) -> pd.Series:
    """Those of the values that are, float64."""
    values = values.astype("float64")
    return values[np.isfinite(values)]


def argmax(values: pd.Series) -> int:
    """The epoch or layer of the largest of some finite values; the first of several."""
    return int(values.index[int(values.to_numpy().argmax())])


def argmin(values: pd.Series) -> int:
    """The same of the smallest."""
    return int(values.index[int(values.to_numpy().argmin())])


def last_fifth(loss: pd.Series) -> pd.Series:
    """The last fifth of the epochs, one at least."""
    return loss.iloc[-_fifth(loss) :]


def last_fall(loss: pd.Series) -> float:
    """Mean of the last but one fifth of the epochs less that of the last: single epochs jitter."""
    size = _fifth(loss)
    return float(loss.iloc[-2 * size : -size].mean() - loss.iloc[-size:].mean())


def rising_share(subject: Subject, chance: float) -> float:
    """Share of the epochs that ended with a relevant rise of the training or the running loss."""
    proper, running = (losses(subject, name) for name in ("training_proper", "running_loss"))
    # The running loss is in the trained loss's unit, of which its own start gives the scale.
    scale = abs(running.iloc[0]) if len(running) else 0.0
    return max(_rises(proper, chance), _rises(running, scale))


def _fifth(loss: pd.Series) -> int:
    return max(1, (len(loss) - 1) // 5)


def _rises(loss: pd.Series, scale: float) -> float:
    """Share of the epochs in which a loss rose by more than RISE of its scale, or of itself where
    it is larger; 0 of too few epochs."""
    if len(loss) < MIN_EPOCHS:
        return 0.0
    before, after = loss.to_numpy()[:-1], loss.to_numpy()[1:]
    return float((after - before > RISE * np.maximum(scale, np.abs(before))).mean())

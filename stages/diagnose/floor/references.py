"""The table of reference models.

A new one is one entry of REFERENCES: a name, a function that fits it, and where it comes from.
`fit(rows, seed)` takes training rows with one target and returns a Predictor.
"""

from collections.abc import Callable
from dataclasses import dataclass

from stages.diagnose.floor.models.boosting import (
    fit_boosting,
    fit_category_boosting,
    fit_whole_boosting,
    has_levels,
)
from stages.diagnose.floor.models.kernel import fit_narrow_kernel, fit_wide_kernel
from stages.diagnose.floor.models.linear import (
    fit_constant,
    fit_linear,
    fit_screened_linear,
    has_many_inputs,
)
from stages.diagnose.floor.models.neighbours import fit_neighbours
from stages.diagnose.floor.models.network import fit_networks
from stages.diagnose.floor.predictors import Predictor
from stages.diagnose.floor.rows import EncodedRows

# Boosting grows a tree a class and round; with more classes or targets it takes minutes.
MAX_BOOSTED_OUTPUTS = 30

CONSTANT, LINEAR = "constant", "linear model"


@dataclass(frozen=True)
class Reference:
    """A reference model.

    Attributes:
        fit: from training rows with one target and a seed to its predictor.
        source: what it is, and where that comes from.
        max_outputs: of more classes or targets it is not fitted (None: of any number).
        max_targets: likewise of targets, which are fitted one by one.
        applies: whether it is another model than the rest on such rows.
        for_signal: one of those by which a signal is sought, also where the floor is known.
        of_all_rows: it is fitted to all training rows of a table that the others see a sample of,
            and to no other table.
    """

    name: str
    fit: Callable[[EncodedRows, int], Predictor]
    source: str
    max_outputs: int | None = None
    max_targets: int | None = None
    applies: Callable[[EncodedRows], bool] = lambda rows: True
    for_signal: bool = False
    of_all_rows: bool = False


def references_for(rows: EncodedRows, of_all_rows: bool = False) -> dict[str, Reference]:
    """The references that are fitted to such training rows, by name; or, of a table of which these
    are a sample, those that are fitted to all of its rows."""
    targets = 1 if rows.target.ndim == 1 else rows.target.shape[1]
    outputs = max(rows.classes, targets)
    return {
        name: entry
        for name, entry in REFERENCES.items()
        if (entry.max_outputs is None or outputs <= entry.max_outputs)
        and (entry.max_targets is None or targets <= entry.max_targets)
        and entry.applies(rows)
        and entry.of_all_rows is of_all_rows
    }


REFERENCES = {
    entry.name: entry
    for entry in (
        Reference(CONSTANT, fit_constant, "the class shares, or the mean"),
        Reference(
            LINEAR,
            fit_linear,
            "logistic or ridge regression (Hastie, Tibshirani, Friedman, The Elements of "
            "Statistical Learning, 2nd ed., sections 3.4 and 4.4)",
            for_signal=True,
        ),
        Reference(
            "gradient boosting",
            fit_boosting,
            "boosted trees (Friedman, Annals of Statistics 29, 2001) on histograms (Ke et al., "
            "LightGBM, NIPS 2017)",
            max_outputs=MAX_BOOSTED_OUTPUTS,
            for_signal=True,
        ),
        Reference(
            "nearest neighbours",
            fit_neighbours,
            "the mean over the sqrt(rows) nearest rows (Hastie et al., section 13.3)",
            for_signal=True,
        ),
        Reference(
            "boosting of categories",
            fit_category_boosting,
            "the same boosting, numbers of few values taken for categories",
            max_outputs=MAX_BOOSTED_OUTPUTS,
            max_targets=3,
            applies=has_levels,
        ),
        Reference(
            "boosting of all rows",
            fit_whole_boosting,
            "the same boosting with scikit-learn's defaults, fitted to a larger part of the rows",
            max_outputs=MAX_BOOSTED_OUTPUTS,
            max_targets=3,
            of_all_rows=True,
        ),
        Reference(
            "screened linear model",
            fit_screened_linear,
            "the linear model of the columns that are associated with the target one by one (Fan, "
            "Lv, Sure independence screening, Journal of the Royal Statistical Society B 70, 2008)",
            applies=has_many_inputs,
        ),
        Reference(
            "wide kernel model",
            fit_wide_kernel,
            "a Gaussian kernel by Nystroem's approximation (Williams, Seeger, NIPS 2000), as wide "
            "as the rows are apart",
        ),
        Reference(
            "narrow kernel model",
            fit_narrow_kernel,
            "the same, of a third of the squared width",
        ),
        Reference(
            "network",
            fit_networks,
            "the mean prediction of three multi-layer perceptrons of two layers, ReLU and Adam, "
            "each stopped early (Lakshminarayanan, Pritzel, Blundell, Deep Ensembles, NIPS 2017)",
            max_outputs=100,
            max_targets=1,
        ),
    )
}

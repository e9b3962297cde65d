"""Inputs and targets: gaps, scales and shapes of their distributions."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.lib.params.edits import Edit, Sections

# A target whose values are skewed beyond this asks for a logarithm (normal: 0, exponential: 2).
SKEWED = 2.0
# Bins for an effect that turns more often than the usual ones follow, and the rows that each is to
# have at least.
MANY_BINS, ROWS_A_BIN = 64, 20


@intervention(10, Rank.CONTRADICTS_DATA, "a gap left as NaN spoils every step that sees it")
def fill_gaps(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["normalize"]["missing"] == "keep":
        yield {"normalize.missing": "median"}


@intervention(70, Rank.RECOMMENDED, "large columns drown the others and the step size")
def standardize_inputs(sections: Sections, facts: Facts) -> Iterator[Edit]:
    edit: Edit = {"normalize.features": "standard", "normalize.columns": facts.as_they_come}
    if facts.categorical and sections["normalize"]["categorical"] == "ordinal":
        edit["normalize.categorical"] = "one_hot"
    normalize = sections["normalize"]
    exceptions = normalize["columns"] != facts.as_they_come
    if normalize["features"] in ("none", "minmax") or exceptions:
        yield edit


@intervention(80, Rank.RECOMMENDED, "outputs start near 0, steps have a size of their own")
def standardize_target(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.task.is_regression and sections["normalize"]["target"] in ("none", "minmax"):
        yield {"normalize.target": "standard"}


@intervention(235, Rank.SEARCH, "what is missing may say something, or nothing but noise")
def gap_indicators(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.gaps:
        yield {"normalize.missing_indicator": not sections["normalize"]["missing_indicator"]}


@intervention(237, Rank.SEARCH, "the last hour lies beside the first one: sine and cosine")
def cyclic_columns(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.cyclic:
        present = sections["normalize"]["columns"]
        yield {"normalize.columns": present | dict.fromkeys(facts.cyclic, "cyclic")}


@intervention(238, Rank.SEARCH, "the order of codes means nothing: one input a code")
def one_hot_codes(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.coded:
        present = sections["normalize"]["columns"]
        yield {"normalize.columns": present | dict.fromkeys(facts.coded, "one_hot")}


@intervention(241, Rank.SEARCH, "an effect that turns often: an input for each piece of the range")
def piecewise_columns(sections: Sections, facts: Facts) -> Iterator[Edit]:
    """Gorishniy, Rubachev, Babenko (arXiv:2203.05556)."""
    present = sections["normalize"]["columns"]
    bins: list[str | dict[str, str | int]] = ["piecewise_linear"]
    if facts.rows >= MANY_BINS * ROWS_A_BIN:
        bins.append({"name": "piecewise_linear", "bins": MANY_BINS})
    for transform in bins if facts.turning else ():
        yield {"normalize.columns": present | dict.fromkeys(facts.turning, transform)}


@intervention(239, Rank.SEARCH, "columns that say nothing are room to memorise in")
def telling_columns(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if sections["normalize"]["keep_best"] is not None:
        yield {"normalize.keep_best": None}
    if facts.telling is not None:
        yield {"normalize.keep_best": facts.telling}


@intervention(240, Rank.SEARCH, "heavy tails need more than a shift and scale")
def other_scaling(sections: Sections, facts: Facts) -> Iterator[Edit]:
    for name in ("standard", "quantile", "log1p_standard"):
        yield {"normalize.features": name, "normalize.columns": facts.as_they_come}


@intervention(250, Rank.SEARCH, "a target over orders of magnitude is learnt by its logarithm")
def log_target(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.task.is_regression and facts.skewness > SKEWED:
        yield {"normalize.target": "log1p_standard"}


@intervention(252, Rank.SEARCH, "a row far from all others flattens its column to one number")
def bounded_columns(sections: Sections, facts: Facts) -> Iterator[Edit]:
    if facts.outlying and sections["normalize"]["features"] != "quantile":
        present = sections["normalize"]["columns"]
        yield {"normalize.columns": present | dict.fromkeys(facts.outlying, "quantile")}


@intervention(242, Rank.SEARCH, "of far rows their side counts, and near the median the number")
def robust_clipping(sections: Sections, facts: Facts) -> Iterator[Edit]:
    """Holzmüller, Grinsztajn, Steinwart (arXiv:2407.04491)."""
    if facts.far_reaching:
        yield {
            "normalize.features": "robust_clipped",
            "normalize.columns": facts.as_they_come,
        }


@intervention(243, Rank.SEARCH, "many levels are many weights; a level's mean is one number")
def means_of_levels(sections: Sections, facts: Facts) -> Iterator[Edit]:
    """Micci-Barreca (SIGKDD Explorations 3, 2001), each training row without its own target."""
    if facts.many_levels:
        yield {"normalize.categorical": "target_mean"}

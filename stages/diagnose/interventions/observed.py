"""What the interventions look at in the data and in the run, beside the program."""

import numpy as np

from stages.diagnose.checks.coded_column import codes_of
from stages.diagnose.checks.collapse_at_start import collapsed_layers
from stages.diagnose.checks.common import sample
from stages.diagnose.checks.cyclic_column import cycles_of
from stages.diagnose.checks.outliers import outliers
from stages.diagnose.checks.turning_column import turns_of
from stages.diagnose.symptoms.dead_units import dead_units
from stages.diagnose.symptoms.gradients_explode import gradients_explode
from stages.lib.core.parquet_files import numbered
from stages.lib.keras_fit.facts import ModelFacts, model_facts
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.transforms.selection import association
from stages.lib.trials.subject import Subject

# Excess kurtosis of a Laplace distribution (normal: 0), of which the median is estimated with half
# the variance of the mean: from there on a loss that follows the far rows less may gain much.
HEAVY_KURTOSIS = 3.0
# Below so many columns, or where half of them say something, there is little to leave out. The
# level lets one useless column of twenty pass: a useful one that is left out costs more.
MANY_COLUMNS, MINORITY, TELLING = 10, 0.5, 0.05
# In interquartile ranges from the median. The farthest of a thousand rows of a Cauchy distribution
# lies some 300 away, that of a log-normal one of deviation 1 below 20; what lies between is what a
# logarithm or ranks, which are tried on any table, are for.
FAR_REACH = 100.0
# Levels of a text column from which on an input for each of them is room to memorise in; ours.
MANY_LEVELS = 25


def skewness(subject: Subject) -> float:
    """The largest skewness of a regression's targets; 0 of other tasks."""
    if not subject.task.is_regression:
        return 0.0
    from scipy import stats

    targets = subject.tables["train"][subject.targets].to_numpy("float64").T
    return max(float(stats.skew(column)) if np.ptp(column) > 0 else 0.0 for column in targets)


def has_heavy_tails(subject: Subject) -> bool:
    """Whether the errors of a regression's training rows, or its targets where nothing was
    predicted, have heavier tails than a Laplace distribution."""
    if not subject.task.is_regression:
        return False
    from scipy import stats

    errors = subject.tables["train"][subject.targets].to_numpy("float64")
    if "train" in subject.predictions:
        predicted = numbered(subject.predictions["train"], "prediction").astype("float64")
        errors = np.where(np.isfinite(predicted), errors - predicted, errors)
    return any(
        np.ptp(column) > 0 and stats.kurtosis(column) > HEAVY_KURTOSIS for column in errors.T
    )


def outlying_columns(subject: Subject) -> tuple[str, ...]:
    """The numeric columns with rows far from all others (LL220)."""
    return tuple(
        column.name
        for column in subject.card.columns
        if column.kind == "numeric" and outliers(subject, column.name)
    )


def has_outlying_target(subject: Subject) -> bool:
    """Whether a regression's target has rows far from all others (LL221)."""
    return subject.task.is_regression and any(outliers(subject, name) for name in subject.targets)


def telling_columns(subject: Subject) -> int | None:
    """How many columns of numbers say something of the target by themselves, where they are a
    minority of many; one at least."""
    table = sample(subject.tables["train"])
    names = [column.name for column in subject.card.columns if column.kind != "categorical"]
    if len(names) < MANY_COLUMNS:
        return None
    targets = table[subject.targets].apply(lambda t: t if t.dtype.kind == "f" else t.factorize()[0])
    answers, kind = targets.to_numpy("float64"), subject.task.kind
    values = table[names].fillna(table[names].median()).fillna(0.0).to_numpy("float64")
    telling = sum(association(column, answers, kind)[1] < TELLING for column in values.T)
    return max(1, telling) if telling <= MINORITY * len(names) else None


def coded_columns(subject: Subject) -> tuple[str, ...]:
    """The columns of whole numbers that look like codes (LL224)."""
    return tuple(coded.name for coded in codes_of(subject))


def cyclic_columns(subject: Subject) -> tuple[str, ...]:
    """The columns of numbers that go round (LL233)."""
    return tuple(cycle.name for cycle in cycles_of(subject))


def turning_columns(subject: Subject) -> tuple[str, ...]:
    """The columns of measured numbers along which the target turns more than once (LL238)."""
    return tuple(turning.name for turning in turns_of(subject))


def is_far_reaching(subject: Subject) -> bool:
    """Whether a numeric column's training rows reach FAR_REACH interquartile ranges far."""
    table = sample(subject.tables["train"])
    for column in subject.card.columns:
        values = table[column.name].to_numpy("float64") if column.kind == "numeric" else np.empty(0)
        values = values[np.isfinite(values)]
        if len(values):
            low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
            if high > low and abs(values - middle).max() > FAR_REACH * (high - low):
                return True
    return False


def has_many_levels(subject: Subject) -> bool:
    """Whether a text column has MANY_LEVELS or more that are not pooled."""
    return any(
        column.kind == "categorical" and len(column.categories) >= MANY_LEVELS
        for column in subject.state.columns
    )


def has_gaps(subject: Subject) -> bool:
    """Whether a numeric column has gaps in the training rows."""
    numbers = [column.name for column in subject.card.columns if column.kind != "categorical"]
    return bool(subject.tables["train"][numbers].isna().any(axis=None))


def is_dying(subject: Subject) -> bool:
    """Whether a hidden layer is dead before training at some seeds (LL116), or many of its units
    are after it (LL501, which asks neither for the floor nor for chance)."""
    if not isinstance(subject.network, TrainedNetwork):
        return False
    if any(collapsed_layers(subject).values()):
        return True
    return len(subject.probes) > 0 and dead_units(subject, 0.0, 0.0) is not None


def model(subject: Subject) -> ModelFacts | None:
    """What an edit of a Keras model would find; None of a chain."""
    trained = subject.network
    if isinstance(trained, TrainedNetwork):
        return None
    return model_facts(trained.file, trained.contract.units)


def is_unstable(subject: Subject) -> bool:
    """Whether training diverged (LL401), or its gradients exploded before the first step (LL306).

    That symptom asks neither for the floor nor for chance.
    """
    if subject.network.training.divergence is not None:
        return True
    return len(subject.probes) > 0 and gradients_explode(subject, 0.0, 0.0) is not None

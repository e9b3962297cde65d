"""LL223: rows with a gap have other targets than the rest."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.checks.train_test_shift import chi_squared_test, kolmogorov_smirnov_test
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

ALPHA = 0.001  # after Bonferroni over the columns and targets
MIN_ROWS = 20  # with a gap, and without


def informative_gaps(subject: Subject) -> Iterator[CheckFinding]:
    """Numeric columns whose gaps say something of the target, where nothing tells the network of
    the gaps. The tests are of independent rows, so a group has one."""
    if subject.sections["normalize"]["missing_indicator"]:
        return
    table = subject.tables["train"]
    table = sample(table.drop_duplicates(subject.groups) if subject.groups else table)
    columns = [column.name for column in subject.card.columns if column.kind != "categorical"]
    gaps = {name: table[name].isna().to_numpy() for name in columns}
    gaps = {name: gap for name, gap in gaps.items() if MIN_ROWS <= gap.sum() <= len(gap) - MIN_ROWS}
    tests = len(gaps) * len(subject.targets)
    for name, gap in gaps.items():
        for target in subject.targets:
            p_value, how = _dependence(table[target], gap, subject.task.is_regression)
            if p_value * tests < ALPHA:
                of = f" of {quoted(target)}" if len(subject.targets) > 1 else ""
                yield CHECK.finding(
                    "an input that says where a gap was (normalize.missing_indicator: true), "
                    "since the target depends on it",
                    f"{quoted(name)} is empty in {gap.mean():.1%} of the training rows: {how}{of}, "
                    f"p = {p_value:.1e}",
                )
                break


def _dependence(target: pd.Series, gap: np.ndarray, is_regression: bool) -> tuple[float, str]:
    """The p-value of the targets of the rows with a gap and of the others, and how they differ."""
    pair = target[gap], target[~gap]
    if is_regression:
        p_value, _ = kolmogorov_smirnov_test(*pair)
        medians = [float(values.median()) for values in pair]
        return p_value, f"median {medians[0]:.3g} there and {medians[1]:.3g} elsewhere"
    p_value, _ = chi_squared_test(*pair)
    shares = pd.DataFrame([values.value_counts(normalize=True) for values in pair]).fillna(0.0)
    level = (shares.iloc[0] - shares.iloc[1]).idxmax()
    there, elsewhere = shares[level]
    return (
        p_value,
        f"{quoted(level)} has a share of {there:.2f} there and {elsewhere:.2f} elsewhere",
    )


CHECK = Check(
    code="LL223",
    name="informative_gaps",
    title="The target depends on where a column has gaps",
    families=("data",),
    severities=("warning",),
    keys=("normalize.missing_indicator",),
    about="The targets of the training rows in which a numeric column is empty, against those of "
    "the others, where gaps are filled without a trace (normalize.missing_indicator: false). What "
    "was not measured often says something: a test that no doctor asked for. A filled gap looks "
    "like a measured value, and what it said is lost.",
    source="The two-sample Kolmogorov-Smirnov test of numbers, and the chi-squared test of "
    "homogeneity of classes and labels (Conover, Practical Nonparametric Statistics, 3rd ed., "
    "sections 6.3 and 4.2). Ours: 0.001 after Bonferroni over columns and targets.",
    remedy="Set normalize.missing_indicator: true: a 0/1 input beside each column that has gaps. "
    "Ask whether the gaps will be there for the same reason when predictions are needed.",
    find=informative_gaps,
)

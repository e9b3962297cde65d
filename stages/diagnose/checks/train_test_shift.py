"""LL212: columns distributed otherwise in the test split than in the training split."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.common import quoted, sample
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.core.distances import kolmogorov_smirnov
from stages.lib.trials.subject import Subject

ALPHA = 0.001  # after Bonferroni over the columns
MIN_ROWS = 5  # of each split, without gaps
MIN_EXPECTED = 5  # rows of a level in the smaller split; levels of fewer are pooled


def shifted_columns(subject: Subject) -> Iterator[CheckFinding]:
    """Columns whose two splits are hardly of one distribution. Both tests are of independent rows,
    so a group has one."""
    tables = [subject.tables[name] for name in ("train", "test")]
    if subject.groups:
        tables = [table.drop_duplicates(subject.groups) for table in tables]
    train, test = (sample(table) for table in tables)
    columns = subject.card.columns
    shifted = []
    for column in columns:
        pair = train[column.name].dropna(), test[column.name].dropna()
        if min(map(len, pair)) < MIN_ROWS:
            continue
        numeric = column.kind == "numeric"
        p_value, how = (kolmogorov_smirnov_test if numeric else chi_squared_test)(*pair)
        if p_value * len(columns) < ALPHA:
            shifted.append((p_value, column.name, how))
    for p_value, name, how in sorted(shifted):
        yield CHECK.finding(
            "training and test rows of one distribution",
            f"{quoted(name)}: {how}, p = {p_value:.1e}",
        )


def kolmogorov_smirnov_test(train: pd.Series, test: pd.Series) -> tuple[float, str]:
    """The p-value of two samples of numbers, and how they differ.

    By the limiting distribution of the distance, as scipy.stats.ks_2samp has it to a few percent,
    which takes milliseconds a column.
    """
    from scipy.special import kolmogorov

    first, second = train.to_numpy("float64"), test.to_numpy("float64")
    distance = kolmogorov_smirnov(first, second)
    rows = len(first) * len(second) / (len(first) + len(second))
    how = (
        f"Kolmogorov-Smirnov distance {distance:.3f}, "
        f"median {np.median(first):.3g} in training and {np.median(second):.3g} in test"
    )
    return float(kolmogorov(np.sqrt(rows) * distance)), how


def chi_squared_test(train: pd.Series, test: pd.Series) -> tuple[float, str]:
    """The p-value of two samples of levels, and how they differ.

    Levels of fewer than ten rows in all are pooled: expected counts below about five make the
    statistic's distribution another one.
    """
    from scipy.stats import chi2_contingency

    counts = pd.DataFrame({"train": train.value_counts(), "test": test.value_counts()}).fillna(0)
    # The smaller split's expected count of a level is its share of the rows times that level's.
    share = min(len(train), len(test)) / (len(train) + len(test))
    rare = counts.sum(axis=1) * share < MIN_EXPECTED
    table = pd.concat([counts[~rare], counts[rare].sum().to_frame().T])
    table = table[table.sum(axis=1) > 0]
    if len(table) < 2:
        return 1.0, ""
    result = chi2_contingency(table.to_numpy())
    how = f"chi-squared {result.statistic:.1f} with {result.dof} degrees of freedom"
    return float(result.pvalue), how


CHECK = Check(
    code="LL212",
    name="train_test_shift",
    title="A column is distributed otherwise in the test split",
    families=("data",),
    severities=("warning",),
    keys=("data.split.validation", "data.split.test"),
    about="Each column of the training rows against that of the test rows, one row of each group. "
    "What is learnt of one distribution need not hold of another, so the test loss has a part "
    "that no edit of the program removes.",
    source="The two-sample Kolmogorov-Smirnov test, and for categories and two-valued columns the "
    "chi-squared test of homogeneity (Conover, Practical Nonparametric Statistics, 3rd ed., "
    "sections 6.3 and 4.2). Ours: 0.001 after Bonferroni over the columns.",
    remedy="Ask how the rows were split. Larger shares of data.split make luck smaller; a shift "
    "over time is a fact to report, not to mend.",
    find=shifted_columns,
)

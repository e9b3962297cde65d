"""The random-effects model, against published answers and under the null."""

import numpy as np
import pytest
from scipy import stats

from stages.tools.claims.pooling import LEAST_ERROR, Pooled, false_discovery_adjusted, pool

# Colditz et al., JAMA 271, 1994: tuberculosis with and without the BCG vaccine, in 13 trials: cases
# and others among the vaccinated, cases and others among the rest.
BCG = np.array([
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619),
    (33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892),
    (29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338),
    (27, 16886, 29, 17825),
])  # fmt: skip


def pooled(effects, variances, freedom=1000.0) -> Pooled:
    effects = np.asarray(effects, float)
    of_each = [np.broadcast_to(np.asarray(v, float), effects.shape) for v in (variances, freedom)]
    return Pooled(effects, *of_each)


def test_published_answers():
    """Logarithms of the risk ratios, as R's metafor gives them with method REML and test knha
    (Viechtbauer, Journal of Statistical Software 36(3), 2010, section 3)."""
    a, b, c, d = BCG.T
    effects = np.log(a / (a + b)) - np.log(c / (c + d))
    model = pooled(effects, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    assert model.tau**2 == pytest.approx(0.3132, abs=1e-4)
    assert model.mean == pytest.approx(-0.7145, abs=1e-4)
    assert model.share_between == pytest.approx(0.9222, abs=1e-4)
    assert model.error == pytest.approx(0.1808, abs=1e-4)
    assert model.interval() == pytest.approx((-1.108, -0.321), abs=1e-3)


def test_equal_variances_by_hand():
    """The likelihood's peak is the sample variance of the effects less their own; the mean is the
    plain one, with the error of a plain mean."""
    effects = np.array([0.1, 0.3, 0.2, 0.6, 0.5])
    model = pooled(effects, 0.01)
    assert model.tau**2 == pytest.approx(effects.var(ddof=1) - 0.01, rel=1e-4)
    assert model.mean == pytest.approx(0.34)
    assert model.error == pytest.approx(effects.std(ddof=1) / 5**0.5, rel=1e-4)
    half = stats.t.ppf(0.975, 3) * (model.tau**2 + model.error**2) ** 0.5
    assert model.prediction() == pytest.approx((0.34 - half, 0.34 + half))


def test_effects_that_are_more_alike_than_their_errors():
    """No variance is left between data sets, and the interval is no shorter than their errors
    make it."""
    model = pooled([0.1, 0.1, 0.1, 0.1], 0.04)
    assert model.tau == pytest.approx(0, abs=1e-4) and model.share_between < 1e-4
    assert model.error == pytest.approx(0.1) and model.p_alike > 0.9


def test_with_many_replicates_alike_is_the_usual_test():
    """Welch's ratio is then Cochran's Q over its degrees of freedom."""
    effects, variances = np.array([0.1, 0.4, 0.2, 0.9]), np.array([0.01, 0.02, 0.03, 0.04])
    weights = 1 / variances
    q = (weights * (effects - np.average(effects, weights=weights)) ** 2).sum()
    expected = stats.chi2.sf(q, 3)
    assert pooled(effects, variances, 1e9).p_alike == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("mean", "region"), [(0.5, "above"), (-0.5, "below"), (0.0, "within"), (0.1, "above")]
)
def test_the_interval_at_the_p_value_touches_its_region(mean, region):
    model = pooled(mean + np.array([-0.02, 0.01, 0.0, 0.01, 0.0]), 0.0001)
    margin = 0.05
    found, p = model.p_region(margin)
    low, high = model.interval(1 - p)
    assert found == region
    ends = {"above": low, "below": -high, "within": margin - max(high, -low) + margin}
    assert ends[region] == pytest.approx(margin, rel=1e-6)


def test_where_no_level_shows_anything_the_p_value_is_1():
    assert pooled([0.049, 0.051, 0.05], 0.01).p_region(0.05)[1] == pytest.approx(1, abs=0.01)


def test_no_data_set_makes_up_the_mean_by_itself():
    """Its replicates agree, by luck: it counts as one that is known to half the margin."""
    model = pool([0.0, 0.1, 0.1], [1e-9, 0.02, 0.03], [7, 7, 7], 0.04)
    assert model.variances == pytest.approx([(LEAST_ERROR * 0.04) ** 2, 0.0004, 0.0009])


def test_adjusted_by_hand():
    assert false_discovery_adjusted([0.01, 0.04, 0.03, 0.5]) == pytest.approx(
        [0.04, 0.16 / 3, 0.16 / 3, 0.5]
    )
    assert false_discovery_adjusted([]) == []


MARGIN = 0.03
REPEATS = 500
# Their share is at most 0.05 if the rate is: three standard errors above.
MOST = 0.05 + 3 * (0.05 * 0.95 / REPEATS) ** 0.5


def drawn(rng, count: int, tau: float, mean: float, replicates: int = 8) -> Pooled:
    """Effects on so many data sets, each estimated from replicates of a deviation of its own."""
    truth = mean + tau * rng.standard_normal(count)
    deviations = np.exp(rng.normal(-2.5, 1.0, count))
    values = truth[:, None] + deviations[:, None] * rng.standard_normal((count, replicates))
    errors = values.std(axis=1, ddof=1) / replicates**0.5
    return pool(values.mean(axis=1), errors, [replicates - 1] * count, MARGIN)


@pytest.mark.parametrize("tau", [0.0, 0.015, 0.03, 0.3])
def test_without_a_mean_effect_the_interval_excludes_0_in_one_of_twenty(tau):
    rng = np.random.default_rng(5)
    found = [drawn(rng, 12, tau, 0.0).interval() for _ in range(REPEATS)]
    assert np.mean([low > 0 or high < 0 for low, high in found]) <= MOST


def test_alike_data_sets_are_told_apart_in_one_of_twenty():
    rng = np.random.default_rng(6)
    models = [drawn(rng, 15, 0.0, 0.1) for _ in range(REPEATS)]
    assert np.mean([model.p_alike <= 0.05 for model in models]) <= MOST


@pytest.mark.parametrize("mean", [-0.03, 0.0, 0.03])
def test_a_wrong_region_is_shown_in_one_of_twenty(mean):
    """At the ends of what does not matter, where it is hardest."""
    rng = np.random.default_rng(7)
    right = {-0.03: (), 0.0: ("within",), 0.03: ()}[mean]
    found = [drawn(rng, 12, 0.02, mean).p_region(MARGIN) for _ in range(REPEATS)]
    assert np.mean([p <= 0.05 and region not in right for region, p in found]) <= MOST


@pytest.mark.parametrize("tau", [0.0, 0.1])
def test_a_new_data_set_lies_within_the_prediction(tau):
    """At least as often as it says, up to simulation error and what few data sets cost."""
    rng = np.random.default_rng(8)
    inside = []
    for _ in range(REPEATS):
        low, high = drawn(rng, 15, tau, 0.1).prediction()
        inside.append(low <= 0.1 + tau * rng.standard_normal() <= high)
    assert np.mean(inside) >= 0.92

"""The column transforms against scikit-learn's, and their rules for all inputs."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn import preprocessing

from stages.lib.core.errors import UserError
from stages.lib.transforms import frame
from stages.lib.transforms.columns import NUMPY, TRANSFORMS
from stages.lib.transforms.state import NormalizationState
from stages.lib.vocabulary.transforms import TRANSFORMS as ROWS
from tests.cards import card_of
from tests.conftest import settings

COLUMNS = arrays.arrays(
    np.float64,
    st.integers(2, 60),
    elements=st.floats(-1e12, 1e12, allow_subnormal=False),
)
SKLEARN = {
    "standard": preprocessing.StandardScaler(),
    "minmax": preprocessing.MinMaxScaler(),
    "robust": preprocessing.RobustScaler(),
}


def transformed(name: str, values: np.ndarray) -> tuple[np.ndarray, dict]:
    state = json.loads(json.dumps(TRANSFORMS[name].fit([values]), allow_nan=False))
    return TRANSFORMS[name].apply(values[:, None], state, NUMPY)[:, 0], state


# Those that turn numbers into numbers.
SCALINGS = [row.name for row in ROWS.values() if row.one_input]


@pytest.mark.parametrize("name", SKLEARN)
def test_scalers_agree_with_scikit_learn(name, rng):
    values = rng.lognormal(10, 2, 500)
    expected = SKLEARN[name].fit_transform(values.reshape(-1, 1))[:, 0]
    np.testing.assert_allclose(transformed(name, values)[0], expected, rtol=1e-9)


def test_log1p_standard_is_log1p_then_standard(rng):
    values = rng.lognormal(10, 2, 500)
    expected = preprocessing.scale(np.log1p(values))
    np.testing.assert_allclose(transformed("log1p_standard", values)[0], expected, rtol=1e-9)


def test_quantile_agrees_with_scikit_learn_where_values_differ(rng):
    values = rng.lognormal(10, 2, 500)
    scaler = preprocessing.QuantileTransformer(
        n_quantiles=100, output_distribution="normal", subsample=None
    )
    expected = scaler.fit_transform(values.reshape(-1, 1))[:, 0]
    found = transformed("quantile", values)[0]
    inner = slice(1, -1)  # the two extremes lie at the bound
    order = np.argsort(values)[inner]
    np.testing.assert_allclose(found[order], expected[order], atol=1e-6)
    assert np.abs(found).max() < 5.3


@pytest.mark.parametrize("name", SCALINGS)
@given(values=COLUMNS)
def test_every_scaling_is_finite_and_keeps_the_order(name, values):
    found, _ = transformed(name, values)
    assert np.isfinite(found).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= -1e-9 * max(1.0, np.abs(found).max())).all()


@pytest.mark.parametrize("name", [n for n, entry in TRANSFORMS.items() if entry.inverse])
@given(values=COLUMNS)
def test_inverse_undoes(name, values):
    found, state = transformed(name, values)
    back = TRANSFORMS[name].inverse(found, state, NUMPY)
    scale = max(np.abs(values).max(), abs(state.get("center", 0.0)), 1.0)
    # A logarithm keeps relative, not absolute, digits: allow both.
    np.testing.assert_allclose(back, values, rtol=1e-6, atol=1e-9 * scale)


@pytest.mark.parametrize("name", [name for name in SCALINGS if name != "none"])
@pytest.mark.parametrize("value", [0.0, -3.5, 1e9])
def test_a_constant_column_becomes_zero(name, value):
    found, state = transformed(name, np.full(20, value))
    np.testing.assert_allclose(found, 0, atol=1e-9)
    other = TRANSFORMS[name].apply(np.array([value + 2.0]), state, NUMPY)
    assert np.isfinite(other).all()


def test_robust_scales_a_column_whose_middle_half_is_equal():
    values = np.concatenate([np.zeros(80), np.full(20, 1e6)])
    assert np.abs(transformed("robust", values)[0]).max() < 10


def test_clipping_by_hand(rng):
    """The median is 0 and the interquartile range 2: x = 3 * 2 becomes 3 / sqrt(2)."""
    values = np.array([-1.0, -1.0, 0.0, 1.0, 1.0])
    state = TRANSFORMS["robust_clipped"].fit([values])
    apply = TRANSFORMS["robust_clipped"].apply
    given = np.array([0.0, 2.0, 6.0, -6.0, 2e5, 1e300, -1e300, np.nan])
    expected = [0, 1 / np.sqrt(10 / 9), 3 / np.sqrt(2), -3 / np.sqrt(2), 3, 3, -3, np.nan]
    np.testing.assert_allclose(apply(given, state, NUMPY), expected, rtol=1e-9)
    drawn = rng.standard_cauchy(1000)
    found, _ = transformed("robust_clipped", drawn)
    assert abs(found).max() <= 3 and len(np.unique(found)) == 1000


def encoded(value: float, edges: list[float]) -> list[float]:
    """The piecewise linear encoding of one number, as the paper defines it, piece by piece."""
    parts = []
    for t in range(1, len(edges)):
        low, high = edges[t - 1], edges[t]
        if value < low and t > 1:
            parts.append(0.0)
        elif value >= high and t < len(edges) - 1:
            parts.append(1.0)
        else:
            parts.append((value - low) / (high - low))
    return parts


@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=80).filter(lambda v: len(set(v)) > 1),
    st.integers(2, 20),
    st.lists(st.floats(-500, 500), min_size=1, max_size=20),
)
def test_the_piecewise_linear_encoding_is_the_papers(cells, bins, new):
    values = np.array(cells, "float64")
    state = TRANSFORMS["piecewise_linear"].fit([values], bins=float(bins))
    edges = sorted(set(np.quantile(values, np.arange(bins + 1) / bins)))
    np.testing.assert_allclose(state["edges"], edges, rtol=1e-9, atol=1e-9)
    for numbers in (values, np.array(new)):
        found = TRANSFORMS["piecewise_linear"].apply(numbers[:, None], state, NUMPY)
        expected = [encoded(number, state["edges"]) for number in numbers]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_a_weighted_sum_of_bins_is_any_line_with_bends_at_the_edges(rng):
    """What the encoding is for: the first layer has it without any hidden unit."""
    values = rng.normal(size=500)
    state = TRANSFORMS["piecewise_linear"].fit([values])
    edges = np.array(state["edges"])
    heights = rng.normal(size=len(edges))
    found = TRANSFORMS["piecewise_linear"].apply(values[:, None], state, NUMPY)
    bent = heights[0] + found @ np.diff(heights)
    np.testing.assert_allclose(bent, np.interp(values, edges, heights), atol=1e-9)


@pytest.mark.parametrize("value", [0.0, -3.5, 1e9])
def test_a_constant_column_is_one_bin_that_is_zero(value):
    state = json.loads(json.dumps(TRANSFORMS["piecewise_linear"].fit([np.full(20, value)])))
    found = TRANSFORMS["piecewise_linear"].apply(np.array([[value], [value + 5]]), state, NUMPY)
    assert found[0].tolist() == [0.0] and np.isfinite(found[1])


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60), st.lists(st.integers(-9, 9)))
def test_one_hot_agrees_with_scikit_learn(cells, new):
    encoder = preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    train, held_out = (np.array(values, "float64").reshape(-1, 1) for values in (cells, new))
    state = TRANSFORMS["one_hot"].fit([train[:, 0]])
    encoder.fit(train)
    for values in (train, held_out):
        expected = encoder.transform(values) if len(values) else np.empty((0, len(state["levels"])))
        np.testing.assert_array_equal(TRANSFORMS["one_hot"].apply(values, state, NUMPY), expected)


PERIODS = {
    "hours": (np.arange(24.0), 24),
    "months, the first one missing": (np.arange(2.0, 13.0), 11),
    "quarters by their last month": (np.array([12.0, 3, 9, 6]), 12),
    "degrees in tens": (np.arange(10.0, 370.0, 10.0), 360),
    "measured": (np.array([0.5, 359.5, 20.2]), 359),
    "gaps": (np.array([np.nan, 1.0, 2.0, 7.0]), 7),
    "one number": (np.full(4, 3.0), 1),
    "gaps only": (np.full(4, np.nan), 1),
    "too large for whole numbers": (np.array([2.0**60, 2.0**61]), 2.0**60),
}


@pytest.mark.parametrize("case", PERIODS)
@pytest.mark.parametrize("cut", [1, 2])
def test_the_period_of_numbers_that_go_round(case, cut):
    """By the range, however the rows are divided into blocks."""
    values, period = PERIODS[case]
    for blocks in ([values], [values[:cut], values[cut:]]):
        assert TRANSFORMS["cyclic"].fit(blocks) == {"period": period}


@given(st.floats(-1e9, 1e9), st.floats(1e-3, 1e6))
def test_a_turn_later_a_number_is_the_same(value, period):
    state = {"period": period}
    found, later, half = (
        TRANSFORMS["cyclic"].apply(np.array([[number]]), state, NUMPY)
        for number in (value, value + period, value + period / 2)
    )
    rounding = 1e-14 * (1 + abs(value) / period)
    np.testing.assert_allclose(found, later, atol=100 * rounding)
    np.testing.assert_allclose(found, -half, atol=100 * rounding)
    angle = np.longdouble(2) * np.pi * (np.fmod(value, period) / period)
    np.testing.assert_allclose(found[0], [np.sin(angle), np.cos(angle)], atol=100 * rounding)


def test_numbers_far_beyond_the_period_stay_finite():
    state = TRANSFORMS["cyclic"].fit([np.array([0.0, 5e-324])])
    found = TRANSFORMS["cyclic"].apply(np.array([[3.4e38], [-3.4e38]]), state, NUMPY)
    assert np.isfinite(found).all()


# ------------------------------------------------------------------------------- whole tables

TABLE = pd.DataFrame(
    {
        "income": [10.0, 20.0, 30.0, np.nan],
        "owner": [0.0, 1.0, 1.0, 0.0],
        "city": ["b", "a", None, "b"],
        "label": ["no", "yes", "yes", "no"],
    }
)
COLUMNS_OF_TABLE = [
    {"name": "income", "kind": "numeric"},
    {"name": "owner", "kind": "binary"},
    {"name": "city", "kind": "categorical"},
]
CARD = card_of(targets=["label"], columns=COLUMNS_OF_TABLE)
CITY = card_of(targets=["label"], columns=COLUMNS_OF_TABLE[2:])


def stored(state: NormalizationState) -> NormalizationState:
    """As it is read back from its file."""
    return NormalizationState.model_validate(json.loads(json.dumps(state.plain(), allow_nan=False)))


def fitted(**changes) -> NormalizationState:
    params = settings(**{f"normalize.{key}": value for key, value in changes.items()}).normalize
    return stored(frame.fit(TABLE, CARD, params))


def test_matrix_by_hand():
    state = fitted(features="minmax", missing="mean", missing_indicator=True)
    assert state.inputs == [
        "income", "income is missing", "owner", "city=a", "city=b", "city is missing",
    ]  # fmt: skip
    np.testing.assert_allclose(
        frame.apply(state, TABLE),
        [[0, 0, 0, 0, 1, 0], [0.5, 0, 1, 1, 0, 0], [1, 0, 1, 0, 0, 1], [0.5, 1, 0, 0, 1, 0]],
    )
    assert frame.apply(state, TABLE).dtype == np.float32
    assert frame.apply_target(state, TABLE).tolist() == [[0], [1], [1], [0]]


@pytest.mark.parametrize(
    ("rule", "filled"), [("mean", 20.0), ("median", 20.0), ("zero", 0.0), ("keep", np.nan)]
)
def test_gaps(rule, filled):
    np.testing.assert_equal(frame.apply(fitted(missing=rule), TABLE)[3, 0], filled)


def test_unseen_categories_and_gaps():
    new = TABLE.assign(city=["c", "a", None, "b"])
    one_hot = frame.apply(fitted(), new)[:, 2:]
    assert one_hot.tolist() == [[0, 0], [1, 0], [0, 0], [0, 1]]
    ordinal = frame.apply(fitted(categorical="ordinal"), new)[:, 2]
    assert ordinal.tolist() == [-1, 0, -1, 1]


LEVELS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=60)
FREQUENCY = st.one_of(st.none(), st.integers(1, 20), st.floats(0.01, 0.99))


@pytest.mark.in_turn
@given(LEVELS, LEVELS, FREQUENCY, st.one_of(st.none(), st.integers(1, 8)))
def test_rare_levels_are_pooled_as_scikit_learn_does(cells, new, least, most):
    train, test = (pd.DataFrame({"city": one, "label": "no"}) for one in (cells, new))
    pooling = {"normalize.min_frequency": least, "normalize.max_categories": most}
    state = stored(frame.fit(train, CITY, settings(**pooling).normalize))
    encoder = preprocessing.OneHotEncoder(
        min_frequency=least, max_categories=most, handle_unknown="infrequent_if_exist"
    ).fit(train[["city"]])
    for table in (train, test):
        expected = encoder.transform(table[["city"]]).toarray()
        assert frame.apply(state, table).tolist() == expected.tolist()
    [column] = state.columns
    [rare] = encoder.infrequent_categories_ if least or most else [None]
    assert (column.infrequent or 0) == (0 if rare is None else len(rare))


def test_the_pool_and_gaps_by_hand():
    city = ["a", "a", None, "b", "c"]
    train = pd.DataFrame({"city": city, "label": "no"})
    new = pd.DataFrame({"city": ["a", "b", "new", None]})
    pooling = {"normalize.min_frequency": 2, "normalize.missing_indicator": True}
    state = frame.fit(train, CITY, settings(**pooling).normalize)
    assert state.inputs == ["city=a", "city is infrequent", "city is missing"]
    assert frame.apply(state, new).tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]
    pooling |= {"normalize.categorical": "ordinal"}
    state = frame.fit(train, CITY, settings(**pooling).normalize)
    assert frame.apply(state, new)[:, 0].tolist() == [0, 1, 1, -1]


def test_an_exception_by_column():
    state = fitted(features="standard", columns={"income": "none"})
    assert frame.apply(state, TABLE)[0, 0] == 10
    state = fitted(binary="standard")
    assert frame.apply(state, TABLE)[0, 1] == -1


def test_a_column_of_codes_becomes_one_input_each():
    state = fitted(columns={"income": "one_hot"}, missing="median", missing_indicator=True)
    assert state.inputs[:4] == ["income=10", "income=20", "income=30", "income is missing"]
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 1]]
    assert frame.apply(state, TABLE)[:, :4].tolist() == expected
    new = TABLE.assign(income=[10.5, 30.0, np.nan, 10.0])
    assert frame.apply(state, new)[:2, :4].tolist() == [[0, 0, 0, 0], [0, 0, 1, 0]]
    kept = fitted(columns={"income": "one_hot"}, missing="keep")
    assert frame.apply(kept, TABLE)[3, :3].tolist() == [0, 0, 0]


def test_a_column_that_goes_round_becomes_sine_and_cosine():
    """10, 20, 30 are a turn of 30; a gap is filled, and says nothing of the turn."""
    state = fitted(columns={"income": "cyclic"}, missing="zero", missing_indicator=True)
    assert state.inputs[:3] == ["income sine", "income cosine", "income is missing"]
    assert state.columns[0].state == {"period": 30.0}
    half = np.sqrt(0.75)
    expected = [[half, -0.5, 0], [-half, -0.5, 0], [0, 1, 0], [0, 1, 1]]
    np.testing.assert_allclose(frame.apply(state, TABLE)[:, :3], expected, atol=1e-6)
    given = fitted(columns={"income": {"name": "cyclic", "period": 40}}, missing="keep")
    assert given.columns[0].state == {"period": 40.0}
    np.testing.assert_allclose(
        frame.apply(given, TABLE)[:, :2], [[1, 0], [0, -1], [-1, 0], [np.nan] * 2], atol=1e-6
    )


def test_a_column_becomes_its_bins():
    """10, 20, 30 in two bins; a gap is filled by the median, 20."""
    two = {"income": {"name": "piecewise_linear", "bins": 2}}
    state = fitted(columns=two, missing_indicator=True)
    assert state.inputs[:3] == ["income bin 1", "income bin 2", "income is missing"]
    assert state.columns[0].state == {"edges": [10.0, 20.0, 30.0]}
    expected = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 0, 1]]
    assert frame.apply(state, TABLE)[:, :3].tolist() == expected
    new = TABLE.assign(income=[0.0, 15.0, 25.0, 50.0])
    assert frame.apply(state, new)[:, :2].tolist() == [[-1, 0], [0.5, 0], [1, 0.5], [1, 3]]
    kept = fitted(columns=two, missing="keep")
    np.testing.assert_equal(frame.apply(kept, TABLE)[3, :2], [np.nan, np.nan])
    every = fitted(features="piecewise_linear")
    assert every.inputs[0] == "income bin 1" and "owner" in every.inputs


def test_a_dropped_column_leaves_nothing_behind():
    state = fitted(columns={"income": "drop"}, missing_indicator=True)
    assert state.inputs == ["owner", "city=a", "city=b", "city is missing"]
    assert frame.apply(state, TABLE).shape == (4, 4)


def wide(rng: np.random.Generator) -> pd.DataFrame:
    """Six columns, of which x4 says most of the label and x1 less; x2 has gaps, x3 two values."""
    x = rng.normal(size=(300, 6))
    x[:, 3] = x[:, 3] > 0
    label = np.where(x[:, 4] + 0.5 * x[:, 1] + rng.normal(size=300) > 0, "yes", "no")
    table = pd.DataFrame({f"x{j}": column for j, column in enumerate(x.T)} | {"label": label})
    table.loc[rng.uniform(size=300) < 0.2, "x2"] = np.nan
    return table


def test_the_best_columns_are_kept_by_the_training_rows(rng):
    table = wide(rng)
    columns = [{"name": f"x{j}", "kind": "binary" if j == 3 else "numeric"} for j in range(6)]
    card = card_of(targets=["label"], columns=columns)
    for keep, names in ((1, ["x4"]), (2, ["x1", "x4"]), (6, [f"x{j}" for j in range(6)])):
        state = stored(frame.fit(table, card, settings(**{"normalize.keep_best": keep}).normalize))
        assert state.inputs == names
        assert frame.apply(state, table).shape == (300, keep)
    given = {"normalize.keep_best": 2, "normalize.columns": {"x4": "drop"}}
    assert "x1" in frame.fit(table, card, settings(**given).normalize).inputs
    numbers = table.assign(label=(table["x4"] > 0) + 0.5 * table["x1"])
    card = card_of(task="regression", targets=["label"], columns=columns)
    kept = frame.fit(numbers, card, settings(**{"normalize.keep_best": 2}).normalize).inputs
    assert kept == ["x1", "x4"]


def test_state_is_fitted_on_the_given_rows_alone():
    state = fitted(features="standard")
    far = pd.DataFrame({"income": [1e6], "owner": [0.0], "city": ["a"]})
    before = state.plain()
    assert frame.apply(state, far)[0, 0] > 1e4
    assert state.plain() == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": "standart"}, "did you mean 'standard'"),
        ({"columns": {"incom": "standard"}}, "did you mean 'income'"),
        ({"columns": {"city": "standard"}}, "numeric columns"),
        ({"columns": {"income": "z"}}, "normalize.columns.income"),
        ({"features": "one_hot"}, "normalize.features: expected one of none, standard"),
        (
            {"columns": {"income": {"name": "piecewise_linear", "bins": 1}}},
            r"normalize\.columns\.income\.bins: expected a whole number from 2 to 256. Received: 1",
        ),
        ({"columns": {"income": {"name": "piecewise_linear", "bins": 8.5}}}, "a whole number"),
        ({"columns": {"income": {"name": "piecewise_linear", "period": 8}}}, "bins"),
    ],
)
def test_refusals(changes, words):
    with pytest.raises(UserError, match=words):
        fitted(**changes)


def test_numbers_that_are_no_codes_are_not_one_hot():
    rows = pd.DataFrame({"x": np.arange(101.0), "label": "no"})
    card = card_of(targets=["label"])
    params = settings(**{"normalize.columns": {"x": "one_hot"}}).normalize
    assert len(frame.fit(rows[:100], card, params).inputs) == 100
    with pytest.raises(UserError, match=r"'x': expected at most 100 different numbers.*101"):
        frame.fit(rows, card, params)


def test_a_table_of_which_nothing_is_left_is_refused():
    card = card_of(targets=["label"])
    params = settings(**{"normalize.columns": {"x": "drop"}}).normalize
    with pytest.raises(UserError, match="expected a column that is not dropped"):
        frame.fit(pd.DataFrame({"x": [1.0, 2.0], "label": "no"}), card, params)


def test_a_missing_column_is_named():
    with pytest.raises(UserError, match="'income'"):
        frame.apply(fitted(), TABLE.drop(columns="income"))


@pytest.mark.parametrize("name", ["none", "standard", "minmax", "robust", "log1p_standard"])
def test_regression_target_there_and_back(name, rng):
    table = pd.DataFrame(
        {"x": rng.normal(size=50), "price": rng.lognormal(12, 1, 50), "rent": rng.uniform(size=50)}
    )
    card = card_of(task="regression", targets=["price", "rent"])
    given = {"normalize.target": name}
    state = frame.fit(table, card, settings(**given).normalize)
    scaled = frame.apply_target(state, table)
    assert scaled.shape == (50, 2)
    back = frame.invert_target(state, scaled)
    np.testing.assert_allclose(back, table[["price", "rent"]], rtol=1e-9)
    # each by itself: as if the other one were not there
    alone = frame.fit(
        table, card_of(task="regression", targets=["rent"]), settings(**given).normalize
    )
    np.testing.assert_array_equal(frame.apply_target(alone, table), scaled[:, 1:])
    if name != "none":
        assert np.abs(scaled).max() < 100


def test_a_target_needs_an_inverse():
    card = card_of(task="regression", targets=["income"], columns=COLUMNS_OF_TABLE[1:])
    with pytest.raises(UserError, match=r"normalize\.target: expected one of none"):
        frame.fit(TABLE, card, settings(**{"normalize.target": "quantile"}).normalize)


@how(max_examples=40)
@example(cells=[None, 0.0], cuts=[1], features="log1p_standard", missing="keep")
@example(cells=[None], cuts=[], features="standard", missing="keep")
@given(
    cells=st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=4),
    features=st.sampled_from([row.name for row in ROWS.values() if row.for_all]),
    missing=st.sampled_from(["mean", "median", "zero", "keep"]),
)
def test_a_state_fitted_in_blocks_is_that_of_the_whole(cells, cuts, features, missing):
    values = np.array([np.nan if cell is None else cell for cell in cells])
    city = np.array(["a", "b", None], dtype=object)[np.arange(len(values)) % 3]
    table = pd.DataFrame({"income": values, "city": city, "label": "no"})
    card = card_of(targets=["label"], columns=COLUMNS_OF_TABLE[::2])
    changes = {"normalize.features": features, "normalize.missing": missing}
    params = settings(**changes).normalize
    edges = sorted({0, len(table), *(cut for cut in cuts if cut < len(table))})
    blocks = [table.iloc[low:high] for low, high in itertools.pairwise(edges)]
    whole = frame.fit(table, card, params)
    parted = frame.fit_blocks(lambda name: (block[name] for block in blocks), card, params)
    assert parted.columns[1] == whole.columns[1]
    np.testing.assert_allclose(
        frame.apply(parted, table), frame.apply(whole, table), rtol=1e-5, atol=1e-5
    )


@pytest.mark.parametrize("name", [row.name for row in ROWS.values() if row.for_all][1:])
def test_a_long_column_is_ranked_by_a_sample_that_the_state_names(name, rng, monkeypatch):
    monkeypatch.setattr(frame, "SAMPLE_ROWS", 2000)
    table = pd.DataFrame({"x": rng.lognormal(0, 1, 20_000), "label": "no"})
    card = card_of(targets=["label"])
    changes = {"normalize.features": name, "normalize.missing": "zero"}
    state = frame.fit(table, card, settings(**changes).normalize)
    [column] = state.columns
    assert column.sampled_rows == (2000 if TRANSFORMS[name].ranked else None)
    monkeypatch.undo()
    exact = frame.fit(table, card, settings(**changes).normalize)
    # Quantiles of a sample: the standard error of a median's rank is 0.5 / sqrt(2000) = 0.011.
    error = 0.1 if TRANSFORMS[name].ranked else 1e-9
    gap = np.abs(frame.apply(state, table) - frame.apply(exact, table))
    assert np.median(gap) < error
    again = settings(**{"normalize.features": "none"}).normalize
    monkeypatch.setattr(frame, "SAMPLE_ROWS", 2000)
    [median] = frame.fit(table, card, again).columns
    assert median.sampled_rows == 2000
    assert median.missing == pytest.approx(np.median(table["x"]), rel=0.1)

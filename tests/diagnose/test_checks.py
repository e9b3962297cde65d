"""Each contract check fires on a crafted subject, and none of them on a healthy one."""

import dataclasses
import time

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy.stats import ks_2samp

from stages.diagnose.checks import CHECKS, MAX_FINDINGS, MAX_ROWS, _kolmogorov_smirnov, check
from stages.diagnose.interventions import FAMILIES
from stages.generate.__main__ import SOURCES
from stages.generate.card import card
from stages.generate.split import divided
from stages.lib.mlp.program import program
from stages.lib.tables.dataset import Dataset, task_of
from stages.lib.transforms import frame
from stages.lib.trials.subject import Subject
from tests.conftest import settings

KEYS = settings().model_dump()
SCALED = {"normalize.features": "standard", "normalize.target": "standard"}


def untrained(dataset: Dataset | None = None, **changes) -> Subject:
    """A subject of these params, or of these rows, with nothing that a training leaves."""
    given = settings(**changes)
    source = given.data.source if dataset is None else "file"
    dataset = SOURCES[source](given.data) if dataset is None else dataset
    parts = divided(dataset, given.data.split, given.data.seed)
    whole = dataset.table
    facts = card(source, dataset, parts)
    tables = {name: whole.iloc[rows].reset_index(drop=True) for name, rows in parts.items()}
    state = frame.fit(tables["train"], facts, given.normalize)
    x = {name: frame.apply(state, table) for name, table in tables.items()}
    y = {name: frame.apply_target(state, table) for name, table in tables.items()}
    inputs, targets = x["train"].shape[1], len(facts["targets"])
    plan = program(given.train, facts["task"], len(facts["classes"]), inputs, targets)
    sections = {name: getattr(given, name).model_dump() for name in ("normalize", "train")}
    empty = pd.DataFrame()
    return Subject(facts, tables, sections, state, x, y, plan.described(), empty, empty, {})


def table(target: pd.Series, **features) -> Dataset:
    """Rows written by hand: text is a class, numbers are a regression's."""
    if pd.api.types.is_numeric_dtype(target.dtype):
        return Dataset("table", pd.DataFrame(features), target.to_frame("target"), "regression")
    classes = tuple(sorted(target.unique()))
    target = target.astype("str").to_frame("label")
    return Dataset("table", pd.DataFrame(features), target, task_of(classes), classes)


def coin(rng: np.random.Generator, rows: int = 400) -> pd.Series:
    return pd.Series(rng.choice(["no", "yes"], rows))


def found(subject: Subject) -> dict[str, dict]:
    """The first finding of each check by its name, after a look at the form of all of them."""
    findings = check(subject)
    for one in findings:
        assert list(one) == ["check", "family", "severity", "expected", "received", "keys"]
        assert one["family"] in FAMILIES
        assert one["severity"] in ("error", "warning", "note")
        assert one["expected"]
        assert one["received"]
        for key in one["keys"]:
            node = KEYS
            for part in key.split("."):
                node = node[part]
    return {one["check"]: one for one in reversed(findings)}


# ------------------------------------------------------------------------------------- healthy


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data.synthetic.scenario": "coin_flips"},
        {"data.synthetic.scenario": "gaussian_classes"},
        {"data.synthetic.scenario": "friedman"},
        {"data.source": "bundled", "data.bundled.dataset": "breast_cancer"},
        {"data.source": "bundled", "data.bundled.dataset": "wine"},
        {"data.source": "bundled", "data.bundled.dataset": "diabetes"},
    ],
    ids=str,
)
def test_a_healthy_program_has_no_findings(changes):
    assert check(untrained(**SCALED | changes)) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_healthy_table_with_text_and_gaps_has_no_findings(seed):
    rng = np.random.default_rng(seed)
    number = rng.standard_normal(600)
    dataset = table(
        coin(rng, 600),
        number=np.where(rng.uniform(size=600) < 0.1, np.nan, number),
        other=rng.exponential(size=600),
        flag=rng.integers(0, 2, 600).astype(float),
        colour=rng.choice(["red", "green", "blue"], 600),
        rare=rng.choice([*"abcdefghij"], 600, p=[0.91] + [0.01] * 9),
    )
    assert check(untrained(dataset, **SCALED)) == []


def test_the_committed_params_show_their_unscaled_inputs():
    findings = found(untrained())
    assert list(findings) == ["input_scale_ratio", "input_scale"]
    assert "'household_income'" in findings["input_scale"]["received"]
    assert findings["input_scale"]["severity"] == "warning"
    assert "'debt_ratio'" in findings["input_scale_ratio"]["received"]


# ------------------------------------------------------------------------------------- program

CASES = (
    """
binary loss_of_task warning loss=mean_squared_error
binary loss_of_task warning loss=hinge output_activation=tanh
binary loss_of_task error loss=kl_divergence output_units=1 target_encoding=integer
three loss_of_task error loss=kl_divergence output_activation=sigmoid
number loss_of_task error loss=binary_crossentropy
number loss_of_task error loss=hinge
number loss_of_task error loss=poisson
number loss_of_task note loss=mean_absolute_error
binary single_softmax error output_activation=softmax
number single_softmax error output_activation=softmax
binary single_output_categorical error loss=categorical_crossentropy output_units=1 \
    target_encoding=integer
binary outputs_are_no_probabilities error output_activation=linear
binary outputs_are_no_probabilities error output_activation=relu
three outputs_are_no_probabilities error output_activation=linear
three outputs_may_die warning output_activation=relu
binary bounded_logits error output_activation=tanh from_logits=true
binary bounded_logits error output_activation=relu from_logits=true
three bounded_logits warning output_activation=relu from_logits=true
binary needless_from_logits note output_activation=sigmoid from_logits=true
binary needless_from_logits note loss=mean_squared_error from_logits=true
binary exclusive_classes warning output_units=2
three exclusive_classes warning output_activation=sigmoid
three exclusive_classes warning loss=binary_crossentropy
number relu_output warning output_activation=relu
three output_units error loss=mean_squared_error output_units=1 target_encoding=integer
three output_units error loss=mean_squared_error output_units=1 target_encoding=one_hot
three output_units error loss=mean_squared_error output_units=3 target_encoding=integer \
    output_activation=softmax
three output_units note loss=sparse_categorical_crossentropy output_units=5
number output_units note output_units=4
binary labels_of_loss error target_encoding=integer_from_one
binary labels_of_loss error target_encoding=plus_minus_one
binary labels_of_loss error loss=hinge target_encoding=integer_from_one
binary labels_of_loss error loss=poisson target_encoding=plus_minus_one
binary labels_beyond_outputs error loss=hinge output_activation=sigmoid
binary labels_beyond_outputs error loss=mean_squared_error output_activation=sigmoid \
    target_encoding=plus_minus_one
number target_beyond_outputs error output_activation=sigmoid
number target_beyond_outputs error output_activation=tanh
binary batch_size note batch_size=240
labels loss_of_task error loss=categorical_crossentropy
labels loss_of_task error loss=kl_divergence
labels loss_of_task warning loss=mean_squared_error
labels loss_of_task warning loss=hinge output_activation=tanh
labels independent_labels error output_activation=softmax
labels independent_labels error output_activation=softmax loss=categorical_crossentropy
labels single_softmax error output_activation=softmax output_units=1 loss=mean_squared_error
labels output_units error output_units=1 loss=mean_squared_error
labels outputs_are_no_probabilities error output_activation=linear
labels bounded_logits error output_activation=tanh from_logits=true
labels labels_of_loss error target_encoding=integer_from_one
labels labels_of_loss error target_encoding=plus_minus_one
labels labels_beyond_outputs error loss=mean_squared_error target_encoding=plus_minus_one
labels batch_size note batch_size=240
numbers loss_of_task error loss=binary_crossentropy
numbers output_units error output_units=1
numbers target_beyond_outputs error output_activation=sigmoid
""".replace("\\\n", "")
    .strip()
    .splitlines()
)


def several(task: str, targets: dict[str, np.ndarray], **features) -> Dataset:
    """Rows written by hand, with several targets."""
    classes = tuple(targets) if task == "multilabel" else ()
    return Dataset("table", pd.DataFrame(features), pd.DataFrame(targets), task, classes)


def small(task: str) -> Dataset:
    rng = np.random.default_rng(1)
    if task == "labels":
        has = {name: rng.integers(0, 2, 400).astype(float) for name in ("red", "round", "ripe")}
        return several("multilabel", has, x=rng.standard_normal(400), z=rng.standard_normal(400))
    if task == "numbers":
        both = {"height": 3 * rng.standard_normal(400), "width": rng.standard_normal(400)}
        return several("regression", both, x=rng.standard_normal(400), z=rng.standard_normal(400))
    target = {
        "binary": coin(rng),
        "three": pd.Series(rng.choice([*"abc"], 400)),
        "number": pd.Series(3 * rng.standard_normal(400)),
    }[task]
    return table(target, x=rng.standard_normal(400), z=rng.standard_normal(400))


@pytest.mark.parametrize("case", CASES)
def test_a_mismatched_program_is_told(case):
    task, name, severity, *pairs = case.split()
    changes = dict(pair.split("=") for pair in pairs)
    changes = {f"train.{key}": yaml.safe_load(value) for key, value in changes.items()}
    assert found(untrained(small(task), **changes))[name]["severity"] == severity


@pytest.mark.parametrize(
    "case",
    [
        "binary",
        "binary loss=categorical_crossentropy",
        "binary loss=sparse_categorical_crossentropy",
        "binary loss=kl_divergence",
        "binary from_logits=true",
        "three",
        "three from_logits=true",
        "three loss=sparse_categorical_crossentropy from_logits=true",
        "number",
        "labels",
        "labels from_logits=true",
        "numbers",
    ],
)
def test_a_matched_program_has_no_findings(case):
    task, *pairs = case.split()
    changes = dict(pair.split("=") for pair in pairs)
    changes = {f"train.{key}": yaml.safe_load(value) for key, value in changes.items()}
    assert check(untrained(small(task), **changes)) == []


def test_checks_name_the_label_or_target_that_they_are_about():
    rng = np.random.default_rng(0)
    x = rng.standard_normal(400)
    has = {"rare": (np.arange(400) % 40 == 0) * 1.0, "leaking": (x > 0) * 1.0}
    findings = found(untrained(several("multilabel", has, x=x, z=rng.standard_normal(400))))
    assert "the label 'rare' is on 2" in findings["class_imbalance"]["received"]
    leak = "'x' has ranges of the classes that do not overlap, of 'leaking'"
    assert findings["leaking_column"]["received"] == leak
    far = {"small": rng.standard_normal(400), "large": 1000 * rng.standard_normal(400) + 5}
    findings = found(untrained(several("regression", far, z=x)))
    assert findings["target_scale"]["received"].startswith("'large': mean ")
    assert "'large' against" in findings["target_scale_ratio"]["received"]
    findings = found(untrained(several("regression", far, z=x), **SCALED))
    assert not {"target_scale", "target_scale_ratio"} & set(findings)


def test_twins_with_other_labels_leave_a_loss():
    """Two rows of equal inputs and opposite labels: ln 2 of one of the two labels."""
    x = np.repeat(np.arange(200.0), 2)
    has = {"same": np.repeat(np.resize([0.0, 1.0], 200), 2), "other": np.resize([0.0, 1.0], 400)}
    subject = untrained(several("multilabel", has, x=x))
    rows = subject.tables["train"]
    twins = rows["x"].duplicated(keep=False)
    received = found(subject)["conflicting_rows"]["received"]
    assert f"{twins.mean():.1%} of the training rows" in received
    assert f"is below {np.log(2) * twins.mean() / 2:.3g} nats a label" in received


def test_a_target_that_fits_the_outputs_is_no_finding():
    changes = {"train.output_activation": "sigmoid", "normalize.target": "minmax"}
    assert check(untrained(small("number"), **changes)) == []


def test_a_few_targets_beyond_the_outputs_are_a_warning(rng):
    target = pd.Series(rng.uniform(size=400))
    target[:12] = 2.0
    subject = untrained(
        table(target, x=rng.standard_normal(400)), **{"train.output_activation": "sigmoid"}
    )
    assert found(subject)["target_beyond_outputs"]["severity"] == "warning"


# ---------------------------------------------------------------------------------------- data


def test_gaps_that_are_kept_are_told_by_column_and_split(rng):
    hole = rng.standard_normal(400)
    hole[:100] = np.nan
    dataset = table(coin(rng), whole=rng.standard_normal(400), hole=hole)
    subject = untrained(dataset, **SCALED | {"normalize.missing": "keep"})
    [one] = check(subject)
    holes = {name: int(np.isnan(x).sum()) for name, x in subject.x.items()}
    assert (one["check"], one["severity"]) == ("non_finite_inputs", "error")
    assert one["received"] == (
        f"NaN or infinity in 'hole': {holes['train']} of 240 train rows, "
        f"{holes['validation']} of 80 validation rows, {holes['test']} of 80 test rows"
    )
    assert check(untrained(dataset, **SCALED)) == []


def test_one_bad_cell_is_found_beyond_the_sample(rng):
    rows = MAX_ROWS + 500
    subject = untrained(
        table(coin(rng, rows), x=rng.standard_normal(rows)),
        **{"data.split.validation": 0.001, "data.split.test": 0.001},
    )
    for row in (0, len(subject.x["train"]) - 1):
        x = {name: values.copy() for name, values in subject.x.items()}
        x["train"][row] = np.inf
        [one] = check(dataclasses.replace(subject, x=x))
        assert one["check"] == "non_finite_inputs"


def test_a_rare_category_is_not_badly_scaled(rng):
    dataset = table(
        coin(rng, 5000), number=rng.standard_normal(5000), level=np.array(["a"] * 4999 + ["b"])
    )
    assert "input_scale_ratio" not in found(untrained(dataset, **SCALED))


def test_a_far_target_is_told(rng):
    x = rng.standard_normal(400)
    far = table(pd.Series(5000 + 3 * rng.standard_normal(400)), x=x)
    assert found(untrained(far))["target_scale"]["severity"] == "warning"
    assert check(untrained(far, **SCALED)) == []


def test_a_long_tail_is_told_until_it_is_scaled():
    changes = {"data.synthetic.scenario": "heavy_tail", "normalize.features": "standard"}
    raw = found(untrained(**changes))
    assert (raw["target_scale"]["severity"], raw["skewed_target"]["severity"]) == (
        "warning",
        "note",
    )
    assert check(untrained(**changes, **{"normalize.target": "log1p_standard"})) == []


def test_columns_without_information_are_told(rng):
    x = rng.standard_normal(400)
    dataset = table(coin(rng), x=x, same=np.full(400, 7.0), again=2 * x)
    findings = found(untrained(dataset, **SCALED | {"normalize.binary": "standard"}))
    assert "'same' is 0 in" in findings["constant_column"]["received"]
    assert "'again' equals 'x'" in findings["duplicate_column"]["received"]
    assert findings["constant_column"]["keys"] == ["data.file.ignore"]
    assert len(findings) == 2


def test_a_column_that_gives_a_number_away_is_told(rng):
    target = pd.Series(rng.standard_normal(400))
    dataset = table(target, honest=target + rng.standard_normal(400), leak=3 - 2 * target)
    one = found(untrained(dataset, **SCALED))["leaking_column"]
    assert "'leak' has the correlation -1.0" in one["received"]


def test_one_far_outlier_is_no_leak(rng):
    target, x = pd.Series(rng.standard_normal(400)), rng.standard_normal(400)
    target[5] = x[5] = 1e6
    subject = untrained(table(target, x=x), **SCALED)
    assert "leaking_column" not in found(subject)


@pytest.mark.parametrize("kind", ["number", "flag", "text"])
def test_a_column_that_gives_the_class_away_is_told(rng, kind):
    label = coin(rng)
    yes = (label == "yes").to_numpy()
    leak = {
        "number": yes + rng.uniform(0, 0.5, 400),
        "flag": yes * 1.0,
        "text": np.where(yes, rng.choice(["a", "b"], 400), "c"),
    }[kind]
    one = found(untrained(table(label, honest=yes + rng.standard_normal(400), leak=leak)))
    assert "'leak'" in one["leaking_column"]["received"]


def test_equal_rows_with_other_targets_give_a_floor(rng):
    """A fair coin on a single two-valued column: no training loss is below its entropy."""
    x = rng.integers(0, 2, 4000).astype(float)
    subject = untrained(table(coin(rng, 4000), x=x))
    one = found(subject)["conflicting_rows"]
    assert one["received"].startswith("100.0% of the training rows")
    assert "below 0.69" in one["received"]
    number = found(untrained(table(pd.Series(rng.standard_normal(4000)), x=x)))
    assert "squared target units" in number["conflicting_rows"]["received"]
    twins = table(pd.Series(np.where(x > 0, "yes", "no")), x=x)
    assert "conflicting_rows" not in found(untrained(twins))


def test_a_rare_class_is_told():
    changes = SCALED | {"data.synthetic.class_shares": [0.97, 0.03]}
    one = found(untrained(**changes))["class_imbalance"]
    assert one["keys"] == ["data.synthetic.class_shares"]
    mild = SCALED | {"data.synthetic.class_shares": [0.9, 0.1]}
    assert "class_imbalance" not in found(untrained(**mild))


def test_a_shift_of_the_test_split_is_told(rng):
    dataset = table(
        coin(rng, 2000),
        number=rng.standard_normal(2000),
        flag=rng.integers(0, 2, 2000).astype(float),
        text=rng.choice(["a", "b", "c"], 2000),
        steady=rng.standard_normal(2000),
    )
    subject = untrained(dataset)
    test = subject.tables["test"].copy()
    test["number"] += 1
    test["flag"] = 1.0
    test["text"] = "a"
    shifted = dataclasses.replace(subject, tables=subject.tables | {"test": test})
    findings = [one for one in check(shifted) if one["check"] == "train_test_shift"]
    assert {one["received"].split("'")[1] for one in findings} == {"number", "flag", "text"}
    assert {one["severity"] for one in findings} == {"warning"}


def test_the_distance_of_two_samples_is_scipys(rng):
    for shift, size in ((0.0, 300), (0.1, 2000), (0.3, 500)):
        first, second = rng.standard_normal(size), rng.standard_normal(size // 3).round(1) + shift
        p_value, how = _kolmogorov_smirnov(pd.Series(first), pd.Series(second))
        expected = ks_2samp(first, second, method="asymp")
        assert f"distance {expected.statistic:.3f}" in how
        assert p_value == pytest.approx(expected.pvalue, rel=0.3)
        assert p_value >= 0.9 * expected.pvalue


# ------------------------------------------------------------------------------------- reports


def test_at_most_five_findings_of_a_check_and_long_names_cut(rng):
    same = {f"{'same' * 30}{i}": np.full(100, 1.0) for i in range(12)}
    findings = check(untrained(table(coin(rng, 100), x=rng.standard_normal(100), **same)))
    constant = [one for one in findings if one["check"] == "constant_column"]
    assert len(constant) == MAX_FINDINGS
    assert constant[-1]["received"].endswith("; and 7 more")
    assert all(len(one["received"]) < 120 for one in constant)


def test_a_wide_table_is_checked_within_a_second(rng):
    features = {f"x{i}": rng.standard_normal(8000) for i in range(100)}
    subject = untrained(table(coin(rng, 8000), **features))
    check(subject)  # imports scipy
    start = time.perf_counter()
    assert check(subject) == []
    assert time.perf_counter() - start < 3  # 0.4 s on a machine of two cores that is not busy


def test_checks_change_nothing(rng):
    subject = untrained(**{"data.synthetic.rows": 200})
    before = {name: x.copy() for name, x in subject.x.items()}
    tables = {name: rows.copy() for name, rows in subject.tables.items()}
    assert check(subject) == check(subject)
    for name, x in subject.x.items():
        np.testing.assert_array_equal(x, before[name])
        pd.testing.assert_frame_equal(subject.tables[name], tables[name])
    assert len(set(CHECKS)) == len(CHECKS)

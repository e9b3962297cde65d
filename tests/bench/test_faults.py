"""The fault bench: its tables are valid params, its scores are right on records made by hand."""

import argparse
import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.checks import CHECKS
from stages.lib import params
from stages.lib.params.families import families
from stages.lib.tables.dataset import Dataset
from stages.lib.vocabulary.tasks import BINARY, REGRESSION
from tests.bench.faults import scoring
from tests.bench.faults.__main__ import _asked, _command, _logged
from tests.bench.faults.baselines import BASELINES
from tests.bench.faults.cases import Case, case_of, chosen
from tests.bench.faults.examine import COMPARED, agree, examine, prepare
from tests.bench.faults.faults import FAULTS, PROGRAM
from tests.bench.faults.programs import COIN, HEALTHY, NOISE, NOISE_NUMBERS, VARIATIONS
from tests.bench.faults.report import markdown
from tests.bench.faults.scoring import METHODS
from tests.bench.faults.spoils import SENTINEL, SHOP, SPOILS
from tests.conftest import changed, content_of, settings

PRESENT = content_of()
EVERY = [(origin, fault) for origin, faults in FAULTS.items() for fault in faults]


# ---- the tables ----


@pytest.mark.parametrize(("origin", "fault"), EVERY, ids=lambda one: getattr(one, "name", one))
def test_a_fault_and_its_healthy_programs_are_valid_params(origin, fault):
    on = [name for name, one in HEALTHY.items() if name in fault.on or one.task in fault.on]
    assert on
    for name in on:
        case = case_of(name, (fault,), origin)
        params.check(changed(PRESENT, case.healthy))
        params.check(changed(PRESENT, case.healthy | case.changes))


@pytest.mark.parametrize("fault", [fault for _, fault in EVERY], ids=lambda fault: fault.name)
def test_a_fault_names_what_there_is(fault):
    assert not fault.family or fault.family in families()
    assert set(fault.checks) <= {check.name for check in CHECKS}
    assert fault.spoil is None or fault.spoil in SPOILS
    tasks = {program.task for program in HEALTHY.values()}
    assert fault.on and set(fault.on) <= tasks | set(HEALTHY)
    # Something is broken, by the program or by the table; what no edit mends, a check can name.
    assert bool(fault.changes) != fault.of_table and (not fault.of_table or fault.spoil)
    assert fault.family or fault.checks


def test_fault_names_differ_and_each_family_has_one():
    names = [fault.name for _, fault in EVERY]
    assert len(set(names)) == len(names)
    assert {fault.family for fault in PROGRAM} == set(families()) - {
        "ensemble"
    }  # one network is no fault


@pytest.mark.parametrize(
    "changes",
    [
        *(one.changes | more for one in HEALTHY.values() for more in VARIATIONS.values()),
        *(COIN | more for more in NOISE.values()),
        *NOISE_NUMBERS.values(),
    ],
)
def test_a_sound_program_is_valid_params(changes):
    params.check(changed(PRESENT, changes))


def test_the_sample_has_as_many_of_each_kind_as_asked_for_and_is_repeatable():
    cases = chosen(1, 120, 40, 20)
    kinds = [case.kind for case in cases]
    assert [kinds.count(kind) for kind in ("fault", "control", "noise")] == [120, 40, 20]
    assert len({case.name for case in cases}) == 180
    assert cases == chosen(1, 120, 40, 20)
    origins = {case.origin for case in cases if case.kind == "fault"}
    assert origins == {"program", "recommended", "data", "double"}
    seeded = {fault for case in cases for fault in case.fault.split("+")}
    outside = {fault.name for origin in ("recommended", "data") for fault in FAULTS[origin]}
    assert outside <= seeded
    other = {case.name: case for case in chosen(2, 120, 40, 20)}
    assert all(case.healthy != other[case.name].healthy for case in cases if case.name in other)


# ---- the faults of the table ----

ROWS, TRAIN = 600, np.arange(0, 600, 2)


def numbers(name: str = "income") -> Dataset:
    rng = np.random.default_rng(1)
    columns = ("age", "debt_ratio", "x4")
    x = pd.DataFrame({column: rng.uniform(18, 90, ROWS) for column in columns})
    return Dataset(name, x, pd.DataFrame({"y": rng.normal(5, 2, ROWS)}), kind=REGRESSION)


def labels() -> Dataset:
    rng = np.random.default_rng(2)
    x, drawn = numbers().features, rng.choice(["no", "yes"], ROWS)
    return Dataset("income", x, pd.DataFrame({"label": drawn}), kind=BINARY, classes=("no", "yes"))


def spoil(name: str, dataset: Dataset, train: np.ndarray = TRAIN) -> Dataset:
    return SPOILS[name](dataset, train, np.random.default_rng(3))


def test_a_sentinel_stands_in_about_a_seventh_of_the_rows_of_one_column():
    before, after = numbers(), spoil("sentinel", numbers())
    hit = after.features["debt_ratio"] == SENTINEL
    assert 0.1 < hit.mean() < 0.19
    assert after.features[~hit].equals(before.features[~hit])
    assert after.features.drop(columns="debt_ratio").equals(
        before.features.drop(columns="debt_ratio")
    )


@pytest.mark.parametrize(("name", "rows"), [("shift_1", 1), ("shift_3", 3), ("shift_5", -5)])
def test_a_shifted_target_stands_so_many_rows_below_its_inputs(name, rows):
    dataset = numbers()
    dataset.targets["y"] = dataset.features["age"]
    after = spoil(name, dataset)
    assert np.array_equal(np.roll(after.features["age"], rows), after.targets["y"])


@pytest.mark.parametrize(("name", "share"), [("flips_0.1", 0.1), ("flips_0.3", 0.3)])
def test_flips_are_of_training_labels_only(name, share):
    changed = spoil(name, labels()).targets["label"] != labels().targets["label"]
    assert changed[TRAIN].sum() == round(share * len(TRAIN))
    assert not changed.drop(TRAIN).any()


def test_one_cell_is_outlying():
    after = spoil("outlying", numbers()).features["debt_ratio"]
    assert (after > 100 * after.median()).sum() == 1


def test_units_are_mixed_by_their_ratio():
    ratio = spoil("mixed_units", numbers()).features["age"] / numbers().features["age"]
    assert set(ratio.round(9)) == {1.0, 12.0}


@pytest.mark.parametrize("dataset", [numbers(), labels()], ids=["numbers", "labels"])
def test_codes_mean_the_same_in_fresh_rows(dataset):
    def means(seed: int) -> pd.Series:
        after = SPOILS["codes"](dataset, TRAIN, np.random.default_rng(seed))
        [target] = after.targets.columns
        values = after.targets[target]
        values = values if dataset.kind.is_regression else values == "yes"
        return values.groupby(after.features[SHOP]).mean()

    assert np.corrcoef(means(11), means(12))[0, 1] > 0.8


def test_gaps_tell_of_the_upper_third():
    gap = spoil("telling_gaps", numbers()).features["debt_ratio"].isna()
    target = numbers().targets["y"]
    high = target > target.quantile(2 / 3)
    assert gap[high].mean() > 0.5 > 0.15 > gap[~high].mean()


def test_wild_errors_are_of_training_targets_only():
    changed = spoil("wild_targets", numbers()).targets["y"] != numbers().targets["y"]
    assert changed[TRAIN].sum() == 30
    assert not changed.drop(TRAIN).any()


def test_a_drift_is_in_the_order_of_time():
    after = spoil("drift", numbers())
    rise = after.targets["y"] - numbers().targets["y"]
    assert after.time is not None and after.time.is_monotonic_increasing
    assert all(b > a for a, b in pairwise(rise))


@pytest.mark.parametrize("name", ["gaps", "outlying", "flips_0.3", "shift_1"])
def test_a_fault_of_training_rows_leaves_fresh_rows_as_many(name):
    dataset = labels()
    assert len(spoil(name, dataset, np.array([], int)).targets) == ROWS


# ---- the scores ----

METHOD = {"edit": {}, "causes": [], "fits": 0, "course": []}


def cause(*names: str, gain: float = 0.3, high: float = 0.4, **more) -> dict:
    return {
        "families": list(names), "edit": {}, "amount": 0.1, "equal": [], "mends": False,
        "gain": gain, "high": high,
    } | more  # fmt: skip


def record(
    causes: list[dict],
    loss: float,
    seeded: tuple[str, ...] = ("optimizer",),
    kind: str = "fault",
    **more,
) -> dict:
    """A case of healthy loss 0.2, faulty loss 0.6 and chance 1."""
    case = Case("income/x", kind, {}, "program", "x", seeded, "mild")
    diagnosis = METHOD | {"causes": causes, "loss": loss, "edit": {"train.l2": 0.0}}
    return {
        "name": case.name,
        "state": "scored",
        "case": json.loads(json.dumps(case.plain())),
        "methods": {"diagnosis": diagnosis},
        "fresh": {"healthy": 0.2, "faulty": 0.6, "chance": 1.0},
        "checks": [],
        "statuses": {family: "no_effect" for family in families()},
        "question": "generalize",
        "loss": {"baseline": 0.6},
        "expected": None,
    } | more


def test_naming_and_cure_of_known_records():
    records = [
        record([cause("optimizer")], 0.2),  # named and cured
        record([cause("epochs", equal=["optimizer"]), cause("loss", mends=True)], 0.4),
        record([], 0.6),
        record([cause("capacity"), cause("optimizer")], 0.7, ("optimizer", "capacity")),
    ]
    scores = scoring.summary(records, "diagnosis")
    assert scores["strict"] == {"top": (2, 4), "any": (3, 5), "precision": (3, 5)}
    assert scores["equal"] == {"top": (3, 4), "any": (4, 5), "precision": (5, 5)}
    # Of the fault's cost of 0.4: 1, 1/2, 0 and -1/4.
    assert scores["cure"] == pytest.approx(np.quantile([1, 0.5, 0, -0.25], [0.25, 0.5, 0.75]))


@pytest.mark.parametrize(
    ("causes", "alarm", "shown"),
    [
        ([], False, False),
        ([cause("loss", gain=0.02)], False, False),
        ([cause("loss", gain=0.005, high=0.03)], True, False),
        ([cause("loss", gain=0.5), cause("epochs", gain=-0.1, high=0.005)], True, True),
    ],
)
def test_an_alarm_is_a_cause_whose_edit_gains_too_little(causes, alarm, shown):
    own = record(causes, 0.1, kind="control")
    counts = scoring.alarms([own], "diagnosis", 0.01)
    assert counts == {"cases": 1, "named": len(causes) > 0, "alarms": alarm, "shown": shown}


def test_a_method_without_edits_of_its_causes_is_judged_by_the_whole_edit():
    plain = {"families": ["loss"]}
    one, other = record([plain], 0.595, kind="noise"), record([plain], 0.5, kind="noise")
    assert scoring.alarms([one, other], "diagnosis", 0.01)["alarms"] == 1
    one["methods"]["diagnosis"]["edit"] = None
    assert scoring.alarms([one], "diagnosis", 0.01)["alarms"] is None


def test_naming_against_fits_is_what_was_reached_by_then():
    own = record([], 0.6, ("optimizer", "loss"))
    own["methods"]["diagnosis"]["course"] = [
        [10, ["optimizer", "epochs", "capacity"]],
        [60, ["optimizer", "loss"]],
    ]
    reached = [scoring.curve([own], "diagnosis", fits) for fits in (0, 25, 100)]
    assert [one["recall"] for one in reached] == [(0, 2), (1, 2), (2, 2)]
    assert [one["precision"] for one in reached] == [(0, 0), (1, 3), (2, 2)]


def test_promises_are_held_against_what_came():
    expected = {"loss": 0.4, "low": 0.3, "high": 0.5}
    records = [
        record([], 0.5, expected=expected, obtained=[0.3, 0.45, 0.51]),  # 0.1 of 0.2 promised
        record([], 0.2, expected=expected | {"loss": 0.2}, obtained=[0.1]),  # 0.4 of 0.4
        record([], 0.6),
    ]
    kept = scoring.promises(records)
    assert (kept["cases"], kept["inside"]) == (2, (2, 4))
    assert kept["gains"] == [pytest.approx((0.2, 0.1)), pytest.approx((0.4, 0.4))]
    assert kept["slope"] == pytest.approx((0.2 * 0.1 + 0.4 * 0.4) / (0.2**2 + 0.4**2))
    assert kept["median_ratio"] == pytest.approx(0.75)
    assert scoring.promises([])["slope"] is None


def test_agreement_counts_pairs_of_runs():
    def run(status: str, *causes: list[str]) -> dict:
        return {"statuses": {"loss": status, "epochs": "no_effect"}, "causes": list(causes)}

    runs = [run("matters", ["loss"]), run("matters", ["loss"]), run("no_effect")]
    scores = scoring.agreement(runs)
    assert scores["verdicts"] == (1 + 3, 6)  # of three pairs for each of two families
    assert scores["named"] == scores["first"] == (2, 3)
    assert scores["families"] == "loss"


def test_the_report_keeps_faults_that_no_edit_mends_apart():
    shift = record([], 0.6, (), checks=["shifted_target"])
    shift["case"] |= {"origin": "data", "fault": "shift_1", "checks": ["shifted_target"]}
    shift["case"]["spoil"] = "shift_1"
    missed = json.loads(json.dumps(shift)) | {"checks": []}
    text = markdown([record([cause("optimizer")], 0.2), shift, missed], "command", 0.01)
    assert "| all | 1 | 100% (1/1) |" in text
    assert "| no edit mends it | 2 | 50% (1/2) | – | 0 | 0.00 (0.00 to 0.00) |" in text
    assert "| shifted_target | 0% (0/1) |" in text


# ---- the command ----


def arguments(**more) -> argparse.Namespace:
    plain = {"seed": 1, "cases": 4, "controls": 2, "noise": 1, "agreement": 0, "searches": None}
    return argparse.Namespace(**plain | {"no_baselines": False, "only": None} | more)


def test_the_command_is_what_gives_the_tables():
    start = "python -m tests.bench.faults --seed 1 --cases 4 --controls 2 --noise 1"
    assert _command(arguments()) == start
    all_of_them = arguments(agreement=3, searches=2, no_baselines=True, only=["a", "b"])
    assert _command(all_of_them) == (
        f"{start} --agreement 3 --searches 2 --no-baselines --only a b"
    )


@pytest.mark.parametrize(("searches", "count"), [(None, 8), (3, 3), (0, 0), (99, 8)])
def test_so_many_faulty_cases_are_searched(searches, count):
    asked = _asked(chosen(1, 8, 3, 2), arguments(searches=searches))
    searched = [name for name, methods in asked.items() if "TPE" in methods]
    assert len(asked) == 13 and len(searched) == count
    assert not any(name.startswith(("control", "noise")) for name in searched)
    assert all({"linter", "reset and prune"} <= set(methods) for methods in asked.values())


def test_a_log_gives_back_the_last_record_of_each_name_but_what_failed(tmp_path):
    lines = [
        {"name": "a", "state": "scored", "n": 1},
        {"name": "a", "state": "scored", "n": 2},
        {"name": "b", "state": "failed"},
    ]
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(map(json.dumps, lines)) + '\n{"name": "c", "st')
    assert _logged(log) == {"a": lines[1]}
    assert _logged(None) == {}


# ---- the whole of it ----


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "origin", "fault"),
    [("moons", "program", "zero_weights"), ("income", "data", "sentinel")],
)
def test_two_small_cases_through_everything(name, origin, fault):
    [seeded] = [one for one in FAULTS[origin] if one.name == fault]
    case = case_of(name, (seeded,), origin)
    case = replace(case, healthy=case.healthy | {"data.synthetic.rows": 500, "train.epochs": 60})
    few = {"families": ["initialization", "input_normalization"], "seeds": 5}
    diagnose = settings().diagnose.model_copy(update=few)
    prepare()
    found = json.loads(json.dumps(examine(case, diagnose, COMPARED)))
    assert found["state"] == "scored", found["reason"]
    methods = found["methods"]
    assert set(methods) == set(METHODS)
    most = methods["diagnosis"]["fits"]
    assert all(methods[method]["fits"] <= most for method in BASELINES)
    for method in methods.values():
        fits = [at for at, _ in method["course"]]
        assert fits == sorted(fits) and (not fits or fits[-1] <= method["fits"])
        assert method["edit"] is None or np.isfinite(method["loss"])
    if origin == "program":
        assert scoring.named(found, "diagnosis", True) == {"initialization"}
        assert scoring.cure(found, "diagnosis") == pytest.approx(1.0, abs=0.2)
        assert len(found["obtained"]) == len(scoring.CURING)
    else:
        assert scoring.found_by_check(found)
    text = markdown([found], "command", diagnose.min_gain)
    assert "## Promised and real" in text and "## Failed: 0" in text


@pytest.mark.slow
def test_runs_of_one_case_from_other_seeds_are_compared():
    [seeded] = [fault for fault in PROGRAM if fault.name == "zero_weights"]
    case = case_of("moons", (seeded,), "program")
    small = {"data.synthetic.rows": 300, "train.epochs": 40, "train.seed": 3}
    case = replace(case, healthy=case.healthy | small)
    diagnose = settings().diagnose.model_copy(update={"families": ["initialization"], "seeds": 5})
    prepare()
    records = [agree(case, run, diagnose) for run in range(2)]
    scores = scoring.agreement(records)
    assert scores["named"] == (2, 2) and scores["families"] == "initialization"
    assert "| moons/zero_weights | 2 |" in markdown(records, "command", 0.01)

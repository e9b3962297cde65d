"""The diagnosis against known answers, and the ledger against arithmetic."""

import json
import math
import shlex
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.diagnose.diagnosis import _Diagnosis, diagnose
from stages.diagnose.interventions.entry import families_of
from stages.diagnose.prescription import command
from stages.generate import synthetic
from stages.generate.__main__ import SOURCES
from stages.lib import params
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.summary import MOST_LINES, summary
from stages.lib.diagnosis.verdict import verdict
from stages.lib.trials.laboratory import Laboratory, Runs
from tests.conftest import content_of, edit_params, lead, repro, run, settings
from tests.subjects import subject_of

SMALL = {
    "data.synthetic.rows": 1000,
    "normalize.features": "standard",
    "train.layers": [32, 16],
    "train.epochs": 12,
}
# 1,200 training rows and many held-out ones, so that a tenth of a nat can be told from luck.
COINS = {
    "data.synthetic.scenario": "coin_flips",
    "data.synthetic.rows": 4000,
    "data.synthetic.features": 10,
    "data.split.validation": 0.3,
    "data.split.test": 0.45,
}
DEEP = {"train.activation": "sigmoid", "train.layers": [32, 32, 32, 32]}
FROM_SMALL = {"name": "random_uniform", "minval": -0.05, "maxval": 0.05}


def diagnosis(families="all", **changes) -> dict:
    given = settings(**{"diagnose.families": families}).diagnose
    return diagnose(subject_of(content_of(**(SMALL | changes))), given)


def causes(content: dict) -> list[dict]:
    return [line for line in lead(content)["ledger"] if line["line"] == "cause"]


def statuses(content: dict) -> dict[str, str]:
    return {one["family"]: one["status"] for one in lead(content)["families"]}


def assert_numbers(content: dict) -> None:
    """What DVC reads as metrics, that is, all that stands in no list, is numbers."""
    for value in content.values():
        if isinstance(value, dict):
            assert_numbers(value)
        else:
            assert value is None or isinstance(value, int | float | list)


def assert_adds_up(content: dict) -> None:
    total, *parts = (line["amount"] for line in lead(content)["ledger"])
    assert math.fsum(parts) == pytest.approx(total, abs=1e-6, rel=1e-9)
    json.dumps(content, allow_nan=False)
    assert_numbers(content)
    text = summary(schema.parse(content, "x"))
    assert len(text.splitlines()) <= MOST_LINES


@pytest.mark.in_turn
def test_raw_income_is_input_normalization():
    content = diagnosis(["input_normalization", "learning_rate"], **{"normalize.features": "none"})
    assert_adds_up(content)
    [line] = causes(content)
    assert line["families"] == ["input_normalization"]
    assert line["edit"] == {"normalize.features": "standard"}
    assert line["low"] > 0
    assert lead(content)["loss"]["after"] < lead(content)["loss"]["chance"]
    assert lead(content)["loss"]["floor_is_exact"] == 1
    assert statuses(content)["input_normalization"] == "matters"


def test_a_leak_withholds_floor_and_edits(monkeypatch):
    """Coin flips, each row six times: whoever remembers looks perfect on the held-out rows."""

    def repeated(data):
        dataset = synthetic.draw(data.synthetic, data.seed)
        rows = np.repeat(np.arange(len(dataset.features)), 6)
        features, targets = (
            table.iloc[rows].reset_index(drop=True) for table in (dataset.features, dataset.targets)
        )
        return replace(
            dataset, features=features, targets=targets, truth=None, population_floor=None
        )

    monkeypatch.setitem(SOURCES, "synthetic", repeated)
    coins = {"data.synthetic.scenario": "coin_flips", "data.synthetic.rows": 200}
    content = diagnosis(["learning_rate", "epochs"], **coins)
    assert_adds_up(content)
    assert content["generalize"] is None and content["fit"]["prescription"] is None
    text = summary(schema.parse(content, "x"))
    assert text.startswith("Held-out rows stand in training: ")
    assert "data.file.groups" in text and "LL214" in text and "Too few rows" not in text


@pytest.mark.in_turn
@pytest.mark.parametrize("question", ["auto", "fit"])
def test_a_column_that_gives_the_target_away_comes_first(question):
    def price_code(dataset, train, rng):
        price = 100 + 10 * dataset.targets.iloc[:, 0]
        features = dataset.features.assign(price_code=2 * price + 3)
        targets = pd.DataFrame({"price": price})
        return replace(dataset, features=features, targets=targets, ignored=("id",))

    changes = SMALL | {"data.synthetic.scenario": "friedman", "normalize.target": "standard"}
    given = settings(
        **{"diagnose.families": ["learning_rate"], "diagnose.question": question}
    ).diagnose
    content = diagnose(subject_of(content_of(**changes), price_code), given)
    assert_adds_up(content)
    assert content["generalize"] is None and content["fit"]["prescription"] is None
    assert content["fit"]["families"] == content["fit"]["small_gains"] == []
    parsed = schema.parse(content, "x")
    first, *rest = summary(parsed).splitlines()
    edit = 'data.file.ignore=["id", "price_code"]'
    assert first == f"'price_code' gives the target away; leave it out: {edit}."
    assert f"  dvc exp run -S '{edit}'" in rest
    assert 'data.file.keep=["price_code"]' in verdict(parsed) and "Too few" not in verdict(parsed)


@pytest.mark.in_turn
def test_a_column_that_is_kept_by_name_is_searched_with():
    def price_code(dataset, train, rng):
        features = dataset.features.assign(price_code=2 * dataset.targets.iloc[:, 0] + 3)
        return replace(dataset, features=features, kept=("price_code",))

    changes = SMALL | {"data.synthetic.scenario": "friedman", "normalize.target": "standard"}
    given = settings(**{"diagnose.families": ["learning_rate"]}).diagnose
    content = diagnose(subject_of(content_of(**changes), price_code), given)
    assert content["generalize"] is not None and lead(content)["families"]
    assert "leave_out" not in content["about"][0]
    [note] = [check for check in content["checks"] if check["check"] == "leaking_column"]
    assert note["severity"] == "note"


@pytest.mark.in_turn
def test_a_low_reported_loss_with_one_softmax_unit():
    content = diagnosis(
        ["output_activation", "loss"],
        **{"train.output_activation": "softmax", "train.output_units": 1},
    )
    assert_adds_up(content)
    assert [line["families"] for line in causes(content)] == [["output_activation"]]
    assert lead(content)["loss"]["baseline"] > 5
    assert any(check["check"] == "single_softmax" for check in content["checks"])


@pytest.mark.slow
def test_an_hour_of_the_day_goes_round():
    """A sine with noise of variance 0.09: the ledger confirms sine and cosine as inputs."""

    def hours(dataset, train, rng):
        rows = len(dataset.features)
        hour = rng.integers(0, 24, rows)
        load = 2 * np.sin(2 * np.pi * (hour - 3) / 24) + 0.3 * rng.standard_normal(rows)
        features = pd.DataFrame({"hour": hour * 1.0, "other": rng.standard_normal(rows)})
        return replace(dataset, features=features, targets=pd.DataFrame({"load": load}))

    scaled = {"data.synthetic.scenario": "friedman", "normalize.target": "standard"}
    content = content_of(**(SMALL | scaled))
    given = settings(**{"diagnose.families": ["input_normalization"]}).diagnose
    found = diagnose(subject_of(content, hours), given)
    assert_adds_up(found)
    [line] = causes(found)
    assert line["edit"] == {"normalize.columns": {"hour": "cyclic"}}
    assert line["low"] > 0
    assert statuses(found)["input_normalization"] == "matters"
    assert 0.07 < lead(found)["loss"]["after"] < 0.13 < lead(found)["loss"]["baseline"]
    [finding] = [check for check in found["checks"] if check["check"] == "cyclic_column"]
    assert finding["received"].startswith("'hour': along its 24 levels")


@pytest.mark.slow
def test_labels_that_compete_for_one_softmax():
    """The common fault of multi-label programs: softmax and categorical cross-entropy. Neither of
    the two edits helps alone."""
    content = diagnosis(
        **{
            "data.synthetic.scenario": "tags",
            "data.synthetic.rows": 2000,
            "train.epochs": 30,
            "train.loss": "categorical_crossentropy",
            "train.output_activation": "softmax",
        }
    )
    assert_adds_up(content)
    together = {key: new for line in causes(content) for key, new in line["edit"].items()}
    assert together == {"train.output_activation": "auto", "train.loss": "auto"}
    assert lead(content)["loss"]["floor_is_exact"] == 1
    assert (
        lead(content)["loss"]["after"]
        < lead(content)["loss"]["floor"] + 0.1
        < lead(content)["loss"]["baseline"]
    )
    wrong = {check["check"] for check in content["checks"] if check["severity"] == "error"}
    assert wrong == {"loss_of_task", "independent_labels"}
    [prescribed] = lead(content)["prescription"]["commands"]
    assert set(prescribed.split(" -S ")) == {
        "dvc exp run", "train.output_activation=auto", "train.loss=auto",
    }  # fmt: skip


@pytest.mark.slow
def test_one_output_for_several_numbers():
    content = diagnosis(
        ["output_activation", "loss", "learning_rate"],
        **{
            "data.synthetic.scenario": "responses",
            "normalize.target": "standard",
            "train.output_units": 1,
        },
    )
    assert_adds_up(content)
    assert causes(content)[0]["families"] == ["output_activation"]
    assert causes(content)[0]["edit"] == {"train.output_units": "auto"}
    assert [check["check"] for check in content["checks"] if check["severity"] == "error"] == [
        "output_units"
    ]


@pytest.mark.slow
def test_labels_of_coin_flips_have_nothing_to_learn():
    content = diagnosis(
        **(COINS | {"data.synthetic.scenario": "tags", "data.synthetic.label_noise": 1.0})
    )
    assert_adds_up(content)
    assert lead(content)["loss"]["floor"] == pytest.approx(math.log(2), abs=1e-6)
    assert content["signal"]["found"] == 0
    # what can be taken off is what memorising cost
    assert all(
        set(line["families"]) <= {"regularization", "epochs", "capacity", "learning_rate",
                                  "batch_size", "schedule", "optimizer"}
        for line in causes(content)
    )  # fmt: skip


@pytest.mark.slow
def test_a_nan_cell_is_the_data():
    subject = subject_of(content_of(**(SMALL | {"normalize.missing": "keep"})))
    for split in ("train",):
        subject.tables[split].loc[7, "age"] = np.nan
        subject.x[split][7, 1] = np.nan
    given = settings(**{"diagnose.families": ["data", "learning_rate"]}).diagnose
    content = diagnose(subject, given)
    assert_adds_up(content)
    assert [line["families"] for line in causes(content)] == [["data"]]
    assert causes(content)[0]["edit"] == {"normalize.missing": "median"}


@pytest.mark.slow
def test_a_diverged_regression_is_the_learning_rate():
    content = diagnosis(
        ["learning_rate", "initialization"],
        **{
            "data.synthetic.scenario": "friedman",
            "normalize.target": "standard",
            "train.optimizer": "sgd",
            "train.learning_rate": 10.0,
        },
    )
    assert_adds_up(content)
    assert [line["families"] for line in causes(content)] == [["learning_rate"]]
    assert lead(content)["seeds"]["diverged"] > 0


# A table on which a search of all steps takes longer than its seconds.
LARGE = {"train.learning_rate": 1e-5, "data.synthetic.rows": 4000, "train.epochs": 100}


def short_diagnosis() -> dict:
    given = settings(**{"diagnose.families": ["learning_rate"], "diagnose.seconds": 1.0}).diagnose
    return diagnose(subject_of(content_of(**(SMALL | LARGE))), given)


@pytest.mark.in_turn
def test_what_a_short_search_tells_is_of_all_rows_and_all_steps():
    content = short_diagnosis()
    assert_adds_up(content)
    budget, account = content["budget"], lead(content)
    assert budget["rows"] == budget["rows_of"] == 2400
    assert budget["epochs_share"] < 1
    # The ledger's losses are those of the program as it is, at its own seed among others: so what
    # lies between the run and the mean is luck of the seed, and no more.
    subject = subject_of(content_of(**(SMALL | LARGE)))
    whole, seed = Laboratory(subject), subject.sections["train"]["seed"]
    at_seed = float(whole.means(subject.sections, Runs((seed,)), "test")[0])
    assert account["loss"]["run"] == pytest.approx(at_seed, abs=1e-4)
    count = account["seeds"]["judging"]
    judged = [seed, *(seed + 2 + i for i in range(count - 1))]  # two seeds screen
    means = whole.means(subject.sections, Runs(tuple(judged)), "test")
    assert account["loss"]["baseline"] == pytest.approx(float(means.mean()), abs=1e-4)
    # What is promised was seen, and lies below the present loss.
    full, expected = content["full_size"], account["prescription"]["expected"]
    assert expected["loss"] == pytest.approx(full["after"], abs=2e-6)
    assert expected["loss"] < account["loss"]["run"]
    assert full["gain"] == pytest.approx(full["before"] - full["after"], abs=2e-6)
    text = summary(schema.parse(content, "x"))
    assert "of the steps; every loss here is of all of them" in text


@pytest.mark.in_turn
def test_what_does_not_hold_with_all_steps_is_not_offered(monkeypatch):
    monkeypatch.setattr(_Diagnosis, "_lowers", lambda self, edit, runs, question: False)
    content = short_diagnosis()
    assert_adds_up(content)
    assert lead(content)["prescription"] is None and not causes(content)
    # A search of other programs rules nothing out of this one.
    assert set(statuses(content).values()) <= {"no_time", "not_tried"}
    assert lead(content)["small_gains"] == []


@pytest.mark.in_turn
def test_where_seconds_do_not_suffice_what_least_speaks_for_is_not_tried():
    families = ["input_normalization", "learning_rate", "optimizer", "hidden_activation"]
    given = settings(**{"diagnose.seconds": 6.0, "diagnose.families": families}).diagnose
    content = diagnose(subject_of(content_of(**(SMALL | {"normalize.features": "none"}))), given)
    assert_adds_up(content)
    untried = content["about"][0]["untried"]
    assert untried
    assert content["budget"]["seconds"] < 1.5 * 6
    # What the data contradicts comes first, so that it is found all the same.
    assert [line["families"] for line in causes(content)] == [["input_normalization"]]
    # Of a family with an edit that was not tried nothing is ruled out.
    ruled_out = {name for name, status in statuses(content).items() if status == "no_effect"}
    assert not ruled_out & {name for edit in untried for name in families_of(edit)}
    assert "no_time" in statuses(content).values()
    assert "not all tried within diagnose.seconds" in summary(schema.parse(content, "x"))


def test_an_arm_is_the_run_that_train_makes():
    """The same seed in the laboratory and in the train stage: the same test loss."""
    subject = subject_of(content_of(**SMALL))
    laboratory = Laboratory(subject)
    found = laboratory.losses(subject.sections, Runs((0,)), "test").mean()
    shares = subject.predictions["test"].filter(regex="^probability").to_numpy()
    assert found == pytest.approx(laboratory.judges[0].of_shares(shares, "test").mean(), abs=1e-4)


@pytest.mark.slow
def test_the_prescribed_command_gives_the_promised_loss(finished_run):
    """The real pipeline: diagnose, paste the command, compare."""
    edit_params(
        finished_run,
        **{
            "data.synthetic.rows": 1500,
            "train.layers": [32, 16],
            "train.epochs": 15,
            "diagnose.families": ["input_normalization"],
            "diagnose.seeds": 4,
        },
    )
    repro(finished_run)
    content = json.loads((finished_run / "reports/diagnosis.json").read_text())
    given = lead(content)["prescription"]
    [edit] = given["edits"]
    assert (edit["key"], edit["old"]) == ("normalize.features", "none")
    run(finished_run, *shlex.split(given["commands"][0]))
    metrics = json.loads((finished_run / "reports/metrics.json").read_text())
    expected = given["expected"]
    assert expected["low"] - 1e-6 <= metrics["test"]["log_loss"] <= expected["high"] + 1e-6
    assert metrics["test"]["log_loss"] < lead(content)["loss"]["run"] / 2


@pytest.mark.in_turn
def test_a_prescribed_mapping_takes_the_place_of_the_old_one(finished_run):
    """Hydra would merge it into the one that is there."""
    edit_params(finished_run, **{"normalize.columns": {"household_income": "none"}})
    run(finished_run, *shlex.split(command({"normalize.columns": {}})))
    assert params.read(finished_run / "params.yaml")["normalize"]["columns"] == {}


@pytest.mark.in_turn
def test_nothing_is_ruled_out_where_every_loss_is_at_its_bound():
    content = diagnosis(
        ["learning_rate"],
        **{
            "data.source": "bundled",
            "data.bundled.dataset": "diabetes",
            "train.optimizer": "sgd",
            "train.learning_rate": 5.0,
            "train.layers": [64] * 8,
            "train.epochs": 2,
        },
    )
    assert lead(content)["loss"]["share_at_cap"] == 1
    assert statuses(content)["learning_rate"] == "cannot_tell"
    assert "hit the per-row cap" in summary(schema.parse(content, "x"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changes", "families"),
    [
        (DEEP | {"train.kernel_initializer": FROM_SMALL},
         {"initialization", "hidden_activation"}),
        ({"train.optimizer": "sgd", "train.learning_rate": 10.0}, {"learning_rate"}),
        ({"data.synthetic.scenario": "heavy_tail", "data.synthetic.noise_sd": 0.1},
         {"target_normalization"}),
        ({"train.target_encoding": "integer_from_one"}, {"data"}),
        ({"normalize.features": "none"}, {"input_normalization"}),
    ],
    ids=["deep sigmoid", "sgd at 10", "large target", "labels from one", "raw income"],
)  # fmt: skip
def test_known_faults(changes, families):
    content = diagnosis(**changes)
    assert_adds_up(content)
    first = causes(content)[0]
    named = set(first["families"]).union(*(one["families"] for one in first["equivalents"]))
    assert named & families


@pytest.mark.slow
@pytest.mark.parametrize(
    "program",
    [
        {"train.layers": [32], "train.epochs": 100, "normalize.features": "none"},
        {"train.layers": [32], "train.epochs": 100, "train.kernel_initializer": "he_normal"},
        {"train.layers": [64, 32], "train.epochs": 200, "train.kernel_initializer": "he_normal",
         "train.dropout": 0.2},
    ],
    ids=["raw", "scaled", "dropout"],
)  # fmt: skip
def test_the_three_programs_on_coin_flips(program):
    """No signal, floor ln 2, and what is above it is memorising, not a matter of its start."""
    content = diagnosis(**(COINS | program))
    assert_adds_up(content)
    assert not content["signal"]["found"]
    assert lead(content)["loss"]["floor"] == pytest.approx(np.log(2), abs=1e-6)
    found = statuses(content)
    # An edit that makes it memorise less may help by itself; neither is what ails the program.
    assert "matters" not in {found["initialization"], found["input_normalization"]}
    named = {
        family
        for line in causes(content)
        for family in [*line["families"], *(f for e in line["equivalents"] for f in e["families"])]
    }
    memorising = {"regularization", "epochs"}
    least = lead(content)["loss"]["min_gain"]
    if lead(content)["loss"]["baseline"] - np.log(2) > 2 * least:
        assert named & memorising
    else:  # One layer of 32 memorises so little in 100 epochs that no edit is worth its line.
        assert not named
        assert not {found[family] for family in memorising} & {"matters", "helps_alone"}
    assert lead(content)["loss"]["after"] == pytest.approx(np.log(2), abs=2 * least)

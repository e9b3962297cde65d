"""What holds of every check and symptom: codes, rows, files, and what a sound run shows."""

import dataclasses
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.diagnose import checks, symptoms
from stages.diagnose.checks import CHECKS, run_checks
from stages.diagnose.explain import ROWS, explanation
from stages.diagnose.findings import GROUPS, Check, discover
from stages.diagnose.symptoms import SYMPTOMS, find_symptoms
from stages.generate.bundled import BUNDLED
from stages.generate.scenarios import SCENARIOS
from stages.lib.params.families import families
from stages.lib.trials.subject import Subject
from tests.conftest import ROOT, content_of
from tests.diagnose.checks.programs import KEYS, SCALED, found, of_program
from tests.diagnose.symptoms.runs import (
    CHANCE,
    GRAVE,
    SOUND,
    healthy,
    labels,
    layers,
    numbers,
    predicted,
    regression,
    shares,
    shown,
    shown_by_training,
    trained,
    training,
)
from tests.diagnose.tables import coin, table, untrained
from tests.subjects import subject_of

ALL = (*CHECKS, *SYMPTOMS)
HELPERS = {
    "checks": {
        "__init__",
        "common",
        "curves",
        "inputs",
        "outliers",
        "output",
        "redrawn_labels",
        "single_column",
        "turns",
    },
    "symptoms": {"__init__", "history", "predictions", "probes", "scales", "sources"},
}

# ---------------------------------------------------------------------------------------- rows


def test_codes_and_names_are_unique():
    assert len({row.code for row in ALL}) == len({row.name for row in ALL}) == len(ALL) == len(ROWS)


@pytest.mark.parametrize("row", ALL, ids=lambda row: row.code)
def test_a_row_is_complete(row):
    assert row.code[:3] in GROUPS and row.code[3:].isdigit() and len(row.code) == 5
    assert (row.code < "LL3") == isinstance(row, Check)
    for text in (row.title, row.about, row.source, row.remedy):
        assert text and text == " ".join(text.split())
    assert not row.title.endswith(".") and len(row.title) < 80
    assert all(text.endswith(".") for text in (row.about, row.source, row.remedy))
    assert row.families and set(row.families) <= set(families())
    for key in getattr(row, "keys", ()):
        node = KEYS
        for part in key.split("."):
            node = node[part]
    text = " ".join(explanation(row).split())
    assert all(part in text for part in (row.code, row.title, row.about, row.source, row.remedy))


@pytest.mark.parametrize(("package", "rows"), [(checks, CHECKS), (symptoms, SYMPTOMS)])
def test_a_file_is_one_row_and_has_a_test_of_its_name(package, rows):
    folder = Path(package.__path__[0])
    files = {file.stem for file in folder.glob("*.py")} - HELPERS[folder.name]
    assert files == {row.name for row in rows}
    tests = ROOT / "tests" / "diagnose" / folder.name
    assert {file.stem for file in tests.glob("test_*.py")} == {f"test_{name}" for name in files}


def test_a_check_is_added_by_adding_a_file(tmp_path, monkeypatch):
    folder = tmp_path / "added"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "nothing_at_all.py").write_text(
        "from stages.diagnose.findings import Check\n"
        "CHECK = Check('LL199', 'nothing_at_all', 'Nothing', ('data',), ('note',), (),\n"
        "    'a.', 'b.', 'c.', lambda subject: [CHECK.finding('something', 'nothing')])\n"
    )
    (folder / "helper.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    rows = discover("added", [str(folder)], Check)
    assert [row.code for row in rows] == ["LL199"]
    monkeypatch.setattr(checks, "CHECKS", rows)
    [finding] = run_checks(of_program("binary"))
    assert (finding.code, finding.severity, finding.family) == ("LL199", "note", "data")


def test_a_severity_that_the_row_lacks_is_a_mistake():
    [several] = [row for row in CHECKS if row.name == "bounded_logits"]
    for severity in (None, "note"):
        with pytest.raises(ValueError, match="expected one of error, warning"):
            several.finding("a", "b", severity=severity)


# ------------------------------------------------------------------------------ checks of the sound


# What is true of these tables, and is said of them whatever the program.
FACTS_OF_TABLES = {"digits": {"constant_column"}, "heavy_tail": {"skewed_target"}}


@pytest.mark.parametrize("name", [*BUNDLED, *SCENARIOS])
@pytest.mark.sampled(2)
def test_a_healthy_program_has_no_findings(name):
    changes = {"data.synthetic.scenario": name}
    if name in BUNDLED:
        changes = {"data.source": "bundled", "data.bundled.dataset": name}
    assert set(found(untrained(**SCALED | changes))) == FACTS_OF_TABLES.get(name, set())


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
    assert run_checks(untrained(dataset, **SCALED)) == []


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
    assert run_checks(of_program(case)) == []


def test_findings_stand_in_the_order_of_their_codes():
    codes = [finding.code for finding in found(untrained()).values()]
    assert len(codes) == 2 and codes == sorted(codes, reverse=True)  # found() starts at the end
    assert [row.code for row in ALL] == sorted(row.code for row in ALL)


def test_a_wide_table_is_checked_within_a_second(rng):
    features = {f"x{i}": rng.standard_normal(8000) for i in range(100)}
    subject = untrained(table(coin(rng, 8000), **features))
    run_checks(subject)  # imports scipy
    start = time.perf_counter()
    assert run_checks(subject) == []
    assert time.perf_counter() - start < 3  # 0.4 s on a machine of two cores that is not busy


def test_checks_change_nothing():
    subject = untrained(**{"data.synthetic.rows": 200})
    before = {name: x.copy() for name, x in subject.x.items()}
    tables = {name: rows.copy() for name, rows in subject.tables.items()}
    assert run_checks(subject) == run_checks(subject)
    for name, x in subject.x.items():
        np.testing.assert_array_equal(x, before[name])
        pd.testing.assert_frame_equal(subject.tables[name], tables[name])


# ---------------------------------------------------------------------------- symptoms of the sound


@pytest.mark.parametrize("activation", ["relu", "tanh", "softmax"])
@pytest.mark.parametrize("output", ["sigmoid", "softmax"])
def test_healthy_shows_nothing(activation, output):
    assert shown(healthy(activation, output)) == {}
    # Nor the same run where chance is all there is, and it was reached.
    flat = trained(
        healthy(activation, output),
        **{name: lambda e: CHANCE + 0 * e for name in ("training_proper", "validation_proper")},
    )
    assert shown(predicted(flat, shares(0.5)), floor=CHANCE) == {}


def test_healthy_regression_shows_nothing():
    assert shown(regression(), floor=1.0, chance=100.0) == {}


def test_healthy_runs_with_several_targets_show_nothing():
    assert shown(labels()) == {}
    assert shown(numbers(), floor=0.5, chance=50.0) == {}


def test_no_hidden_layer():
    subject = healthy()
    linear = dataclasses.replace(
        layers(subject, subject.network.layers[-1:]),
        probes=subject.probes[subject.probes["layer"] == 1],
    )
    assert shown(linear) == {}


def cut(subject: Subject, epochs: int) -> Subject:
    """Only the first epochs after the start."""
    return dataclasses.replace(
        training(subject, kept_epoch=epochs, epochs_run=epochs),
        history=subject.history[subject.history["epoch"] <= epochs],
        probes=subject.probes[subject.probes["epoch"] <= epochs],
    )


@pytest.mark.parametrize("epochs", [0, 1, 2, 3])
def test_short_histories(epochs):
    assert not set(shown(cut(healthy(), epochs))) & GRAVE


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["history", "probes"])
def test_nothing_finite_is_no_crash(bad, name):
    subject = healthy("tanh")
    rows = getattr(subject, name)
    columns = [column for column in rows if column not in ("epoch", "layer")]
    for column in columns:
        shown(dataclasses.replace(subject, **{name: rows.assign(**{column: bad})}))
    emptied = rows.assign(**dict.fromkeys(columns, bad))
    shown(dataclasses.replace(subject, **{name: emptied}))


@pytest.mark.in_turn
@pytest.mark.parametrize(
    "changes", [SOUND, SOUND | {"data.synthetic.scenario": "moons"}], ids=["income", "moons"]
)
def test_sound_runs(changes):
    assert not set(shown_by_training(changes)) & GRAVE


@pytest.mark.parametrize("scenario", ["income", "friedman", "tags", "gaussian_classes"])
def test_checks_and_symptoms_cope_with_splits_of_no_rows(scenario):
    """Where all rows train, nothing is said of rows that are not there."""
    shares = {"data.split.validation": 0, "data.split.test": 0}
    small = {"data.synthetic.scenario": scenario, "data.synthetic.rows": 60, "train.epochs": 2}
    subject = subject_of(content_of(**shares, **small))
    findings = run_checks(subject)
    assert {finding.check for finding in findings} <= {check.name for check in CHECKS}
    assert not {"held_out_twins", "train_test_shift", "few_validation_rows"} & {
        finding.check for finding in findings
    }
    for finding in find_symptoms(subject, 0.1, 0.7):
        assert "validation" not in finding.text and "test" not in finding.text.split()

"""What normalize, train and diagnose would refuse of these data ends the first stage, before it
writes anything."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.generate import synthetic
from stages.generate.__main__ import main as generate
from stages.lib import params
from stages.lib.core.command import run_command
from stages.lib.core.memory import memory_limit
from stages.normalize.__main__ import main as normalize
from stages.train.__main__ import main as train
from tests.conftest import ROOT, TINY, changed, digests, run

ROWS = 250
TABLE = pd.DataFrame(
    {
        "age": np.linspace(18, 90, ROWS),
        "smokes": np.resize([0, 1], ROWS),
        "city": np.resize(["Oslo", "Lima", "Rome"], ROWS),
        "id": [f"customer {k}" for k in range(ROWS)],
        "price": np.linspace(1.5, 2.5, ROWS)[::-1],
        "class": np.resize(["no", "yes"], ROWS),
        "kind": np.resize(["a", "b", "c"], ROWS),
    }
)
CLASSES = {
    "data.source": "file",
    "data.file.path": "data/inputs/t.csv",
    "data.file.target": "class",
    "data.file.ignore": ["kind"],
}
THREE = CLASSES | {"data.file.target": "kind", "data.file.ignore": ["class"]}
NUMBERS = CLASSES | {"data.file.target": "price"}
LABELS = CLASSES | {"data.file.target": ["class", "smokes"]}


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """A folder with a table and the results of an earlier generate."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    for folder in ("inputs", "initial_weights"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    TABLE.to_csv("data/inputs/t.csv", index=False)
    configure({})
    generate()
    return tmp_path


def configure(changes: dict) -> None:
    content = changed(params.read(ROOT / "params.yaml"), {**TINY, **CLASSES, **changes})
    Path("params.yaml").write_text(yaml.safe_dump(content))


def refusal(main, capsys) -> str:
    """The one line that the command prints; it changes nothing."""
    before = digests(Path())
    capsys.readouterr()
    with pytest.raises(SystemExit) as stopped:
        run_command(main)
    assert stopped.value.code == 2
    assert digests(Path()) == before
    [line] = capsys.readouterr().err.splitlines()
    return line


REFUSED = {
    # columns that normalize names
    "unknown column": (
        {"normalize.columns": {"agee": "standard"}},
        "normalize.columns: expected numeric columns of the data. Received: 'agee'; did you mean "
        "'age'?",
    ),
    "column of text": (
        {"normalize.columns": {"city": "standard"}},
        "normalize.columns: expected numeric columns of the data. Received: 'city'; it holds text",
    ),
    "target": ({"normalize.columns": {"class": "standard"}}, "Received: 'class'"),
    "ignored column": ({"normalize.columns": {"kind": "drop"}}, "Received: 'kind'"),
    "column left out": (
        {"normalize.columns": {"id": "drop"}},
        "Received: 'id'; it is no feature: ",
    ),
    "too many codes": (
        {"normalize.columns": {"age": "one_hot"}},
        "normalize.columns: 'age': expected at most 100 different numbers for one_hot. Received: 1",
    ),
    "all dropped": (
        {
            "data.file.ignore": ["kind", "city", "id"],
            "normalize.columns": dict.fromkeys(("age", "smokes", "price"), "drop"),
        },
        "normalize.columns: expected a column that is not dropped",
    ),
    # weights of classes
    "unknown class": (
        {"train.class_weight": {"yess": 2.0}},
        "train.class_weight: expected classes of the target ('no', 'yes'). Received: 'yess'; did "
        "you mean 'yes'?",
    ),
    "no class that weighs": (
        {"train.class_weight": {"no": 0.0, "yes": 0.0}},
        "train.class_weight: expected a class that weighs more than 0 in float32. Received: {'no'",
    ),
    "too light for float32": (
        {"train.class_weight": {"no": 1e-60, "yes": 0.0}},
        "train.class_weight: expected a class that weighs more than 0 in float32",
    ),
    "classes of numbers": (
        NUMBERS | {"train.class_weight": "balanced"},
        "train.class_weight: expected null for a regression task",
    ),
    "classes of labels": (
        LABELS | {"train.class_weight": {"yes": 2.0}},
        "train.class_weight: expected null for a multilabel task",
    ),
    # the contract of loss, output layer and target
    "encoding of numbers": (
        NUMBERS | {"train.target_encoding": "one_hot"},
        "train.target_encoding: expected auto for a regression. Received: one_hot",
    ),
    "encoding of labels": (
        LABELS | {"train.target_encoding": "one_hot"},
        "train.target_encoding: expected one of auto, integer_from_one, plus_minus_one, multi_hot",
    ),
    "encoding of classes": (
        {"train.target_encoding": "multi_hot"},
        "train.target_encoding: expected one of auto, integer, integer_from_one",
    ),
    "three classes as two numbers": (
        THREE | {"train.target_encoding": "plus_minus_one"},
        "train.target_encoding: expected two classes for plus_minus_one. Received: 3 classes",
    ),
    "smoothing of another loss": (
        {"train.label_smoothing": 0.1, "train.loss": "hinge"},
        "train.label_smoothing: expected 0 but for binary_crossentropy, categorical_",
    ),
    "smoothing of numbers": (
        NUMBERS | {"train.label_smoothing": 0.1},
        "train.label_smoothing: expected 0 but for ",
    ),
    "codes of numbers": (
        NUMBERS | {"train.loss": "sparse_categorical_crossentropy"},
        "train.loss: expected a loss for numbers. Received: sparse_categorical_crossentropy",
    ),
    "codes beyond the outputs": (
        THREE | {"train.loss": "sparse_categorical_crossentropy", "train.output_units": 2},
        "train.loss: expected target codes from 0 to output_units - 1",
    ),
    "other units": (
        {"train.loss": "categorical_crossentropy", "train.output_units": 1},
        "train.output_units: expected 2 for categorical_crossentropy with target_encoding one_hot",
    ),
    # what does not fit in memory, of any machine
    "too many rows and columns": (
        {
            "data.source": "synthetic",
            "data.synthetic.rows": 100_000_000,
            "data.synthetic.features": 10_000,
        },
        "bytes. Received: 100000000 rows of 10000 features, which take at least 16008000000000 "
        "bytes; take fewer rows or features",
    ),
    # what is to lie elsewhere
    "weights outside": (
        {"train.initial_weights": "../t.npz"},
        "train.initial_weights: expected a path below data/initial_weights/. Received: '../t.npz'",
    ),
    "weights beside their folder": (
        {"train.initial_weights": "data/inputs/t.csv"},
        "train.initial_weights: expected a path below data/initial_weights/",
    ),
    "no weights": (
        {"train.initial_weights": "data/initial_weights/w.npz"},
        "train.initial_weights: expected an existing file. Received: 'data/initial_weights/w.npz'",
    ),
    "folder of weights": (
        {"train.initial_weights": "data/initial_weights"},
        "train.initial_weights: expected an existing file",
    ),
    "no scheduler": (
        {"compute.backend": "dask"},
        "compute.backend: dask: expected the scheduler's address in the environment variable "
        "DASK_SCHEDULER_ADDRESS",
    ),
    "too many weights": (
        {"train.layers": [65536, 65536]},
        "train.layers: expected at most 2147483648 weights in all. Received: 42950",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_generate_refuses(case, workplace, capsys):
    changes, words = REFUSED[case]
    configure(changes)
    line = refusal(generate, capsys)
    assert line.startswith("error: params.yaml: ")
    assert words in line


def test_later_stages_refuse_the_same_in_the_same_words(workplace, capsys):
    """They may run on data that are there already."""
    for changes, main in (
        (REFUSED["unknown column"][0], normalize),
        (REFUSED["all dropped"][0], normalize),
        (REFUSED["too many codes"][0], normalize),
        (REFUSED["unknown class"][0], train),
        (REFUSED["weights outside"][0], train),
    ):
        configure({"data.file.ignore": changes.get("data.file.ignore", ["kind"])})
        generate()
        normalize()
        configure(changes)
        assert refusal(main, capsys) == refusal(generate, capsys)


def test_the_limit_of_weights_holds_with_the_inputs_that_there_are(workplace, capsys):
    """65536 x 32766 weights and 65536 for each input: only with two inputs they are too many."""
    configure({"train.layers": [65536, 32766]})
    generate()
    normalize()
    assert "train.layers: expected at most 2147483648 weights in all" in refusal(train, capsys)


@pytest.mark.parametrize(
    "changes",
    [
        {"normalize.columns": {"age": "drop", "smokes": "one_hot", "price": "log1p_standard"}},
        {"train.class_weight": {"yes": 3.0}},
        {"train.class_weight": {"no": 0.0}},
        {"train.label_smoothing": 0.1},
        NUMBERS | {"normalize.target": "standard"},
        LABELS,
        THREE | {"train.loss": "sparse_categorical_crossentropy", "train.output_units": 7},
        {"train.loss": "mean_squared_error", "train.output_units": 4},
    ],
)
def test_what_can_run_is_not_refused(changes, workplace):
    configure(changes)
    generate()
    normalize()


def test_a_table_is_refused_by_the_memory_that_there_is(workplace, monkeypatch, capsys):
    """1,000 rows of 6 features and 2 classes: 8 * 1,000 * (2 * 6 + 5 * 2) bytes."""
    monkeypatch.setattr(synthetic, "memory_limit", lambda: 175_999)
    configure({"data.source": "synthetic", "data.synthetic.rows": 1000})
    assert refusal(generate, capsys) == (
        "error: params.yaml: data.synthetic.rows: expected a table that fits in memory, 175999 "
        "bytes. Received: 1000 rows of 6 features, which take at least 176000 bytes; take fewer "
        "rows or features"
    )
    monkeypatch.setattr(synthetic, "memory_limit", lambda: 176_000)
    generate()


def test_a_process_with_less_memory_has_a_lower_limit():
    code = "from stages.lib.core.memory import memory_limit; print(memory_limit())"
    limited = f"ulimit -v 1000000; {sys.executable} -c '{code}'"
    assert run(ROOT, "bash", "-c", limited).stdout == f"{1000000 * 1024}\n"
    assert 2**30 < memory_limit() < 2**50


def test_a_dask_scheduler_that_is_named_is_enough(workplace, monkeypatch):
    """Whether it answers shows when work is sent there."""
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:1")
    configure({"compute.backend": "dask"})
    generate()

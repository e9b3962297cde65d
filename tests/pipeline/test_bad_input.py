"""Bad input: one clear line that names the place, exit 2, and the earlier outputs untouched."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages.evaluate.__main__ import main as evaluate
from stages.generate.__main__ import main as generate
from stages.lib import params
from stages.lib.core.command import run_command
from stages.lib.core.json_files import read_json
from stages.normalize.__main__ import main as normalize
from stages.report.__main__ import main as report
from tests.conftest import ROOT as REPOSITORY
from tests.conftest import TINY, changed, digests, edit_params, ran, run

FILE = {"data.source": "file", "data.file.path": "data/inputs/t.csv", "data.file.target": "y"}


def table(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "age": rng.uniform(18, 90, rows).round(1),
            "city": rng.choice(["Oslo", "Lima"], rows),
            "y": np.resize(["no", "yes"], rows),
        }
    )


@pytest.fixture
def workplace(tmp_path, monkeypatch) -> Path:
    """A folder with params.yaml, a good table and a finished generate and normalize."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/inputs").mkdir(parents=True)
    table().to_csv("data/inputs/t.csv", index=False)
    configure({})
    generate()
    normalize()
    return tmp_path


def configure(changes: dict) -> None:
    content = changed(params.read(REPOSITORY / "params.yaml"), {**TINY, **FILE, **changes})
    Path("params.yaml").write_text(yaml.safe_dump(content))


def refusal(main, capsys) -> str:
    """The one line that the command prints; it changes nothing below data/."""
    before = digests(Path("data"))
    with pytest.raises(SystemExit) as stopped:
        run_command(main)
    assert stopped.value.code == 2
    assert digests(Path("data")) == before
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


def cells(**columns) -> pd.DataFrame:
    return table().assign(**columns)


# name of the case: (the file's text or frame, changes to params, what the line says)
AGES = table()["age"].tolist()
KINDS = {
    "missing file": (None, {"data.file.path": "data/inputs/u.csv"}, "existing file.*u.csv"),
    "longer first row": ("age,y\n1,2,no\n3,yes\n", {}, "expected 2 cells.*Received: 3"),
    "semicolons": (
        "age;y\n1;no\n",
        {"data.file.delimiter": "comma"},
        "expected commas between the columns",
    ),
    "decimal commas": (
        pd.DataFrame({"p": [f"{i},5" for i in range(60)], "y": ["a", "b"] * 30}),
        {},
        "'p': expected numbers.*'0,5' in row 1.*data.file.decimal",
    ),
    "decimal points": (
        pd.DataFrame({"p": [f"{i}.5" for i in range(60)], "y": ["a", "b"] * 30}).to_csv(
            sep=";", index=False
        ),
        {"data.file.decimal": "comma"},
        "'p': expected numbers .digits, a comma.*'0.5' in row 1",
    ),
    "decimal commas between commas": (
        None,
        {"data.file.decimal": "comma"},
        "params.yaml: data.file.decimal: expected point, since commas lie between",
    ),
    "a comma before three digits": (
        pd.DataFrame({"p": [f"{i + 1},98{i % 10}" for i in range(60)], "y": ["a", "b"] * 30}),
        {},
        "thousands: comma reads '1,980' as 1980, data.file.decimal: comma as 1.980",
    ),
    "one mark for thousands and decimals": (
        None,
        {"data.file.thousands": "comma", "data.file.decimal": "comma"},
        "different marks for decimal and thousands. Received: comma for both",
    ),
    "unknown delimiter": (
        None,
        {"data.file.delimiter": ","},
        "data.file.delimiter: expected one of 'auto', 'comma'.*Received: ','",
    ),
    "unknown encoding": (None, {"data.file.encoding": "utf-7"}, "encoding: expected one of 'auto'"),
    "gzip": (b"\x1f\x8b\x08\x00", {}, "a table of text. Received: a gzip archive"),
    "zip": (b"PK\x03\x04", {}, "a table of text. Received: a zip archive"),
    "parquet by another name": (b"PAR1\x15", {}, "Received: a Parquet file"),
    "too many columns": (
        ",".join(f"c{k}" for k in range(10_001)) + "\n",
        {},
        "at most 10000 columns. Received: 10001",
    ),
    "a long cell": (
        f"age,y\n1,no\n1,{'n' * 200_000}\n",
        {},
        "column 'y': expected at most 131072 bytes a cell. Received: 200000 in row 2",
    ),
    "a long row": (f"age,y\n1,no\n1,{'n' * 6_000_000}\n", {}, "rows of at most 2 MiB"),
    "text in a numeric target": (
        pd.DataFrame({"x": range(300), "y": [*map(str, range(299)), "?!"]}),
        {},
        "target 'y'.*'[?]!' in row 300",
    ),
    "no path": (None, {"data.file.path": None}, "data.file.path: expected text"),
    "no target": (None, {"data.file.target": None}, "data.file.target: expected text"),
    "missing target": (None, {"data.file.target": "z"}, "expected a column of .*'z'"),
    "misspelt target": (None, {"data.file.target": "citty"}, "did you mean 'city'"),
    "path outside": (None, {"data.file.path": "../t.csv"}, "below data/inputs/"),
    "path absolute": (None, {"data.file.path": "/etc/passwd"}, "below data/inputs/"),
    "path beside inputs": (None, {"data.file.path": "params.yaml"}, "below data/inputs/"),
    "url": (None, {"data.file.path": "https://example.org/t.csv"}, "a file below data/inputs"),
    "folder": (None, {"data.file.path": "data/inputs"}, "existing file"),
    "unknown suffix": ("y.txt", {"data.file.path": "data/inputs/y.txt"}, ".csv, .tsv, .parquet"),
    "not parquet": ("y.parquet", {"data.file.path": "data/inputs/y.parquet"}, "a Parquet file"),
    "empty file": ("", {}, "expected column names in the first line"),
    "header only": ("age,y\n", {}, "expected rows and features. Received: no rows"),
    "target only": ("y\n1\n2\n", {}, "no column beside the target"),
    "all ignored": (None, {"data.file.ignore": ["age", "city"]}, "no column beside the target"),
    "copy of the target": ("y,a,y\n1,2,no\n", {}, "column 'y.1': expected no feature of the tar"),
    "no header": ("1.5,a\n2.5,b\n3.5,a\n", {}, "row of cells, '1.5, a'; data.file.header: false"),
    "title": ("t,,\na,b,y\n1,2,no\n3,4,yes\n", {}, "in line 2: 'a, b, y'; data.file.skip_rows: 1"),
    "ragged row": ("a,y\n1,no\n1,2,3,yes\n", {}, "2 cells in every row.*Received: 4 in row 2"),
    "short row": ("a,b,y\n1,2,no\n1,2\n", {}, "3 cells in every row.*Received: 2 in row 2"),
    "not utf-8": (
        b"a,y\n\xff\xfe,no\n",
        {"data.file.encoding": "utf-8"},
        "expected text in utf-8.*0xff",
    ),
    "neither": (b"a,y\n\x81,no\n", {}, "expected text in utf-8 or cp1252.*0x81"),
    "half a UTF-16": (
        "a,y\n1,no\n".encode("utf-16")[:-1],
        {},
        "expected text in utf-16.*truncated",
    ),
    "null bytes": (b"a,y\n\x00\x00,no\n1,yes\n" * 9, {}, "expected text. Received: a NUL byte"),
    "unclosed quote": ('a,y\n"1,no\n2,yes\n', {}, "expected 2 cells"),
    "unclosed last quote": ('a,y\n1,no\n2,"yes\n3,no\n', {}, "closed quotes.*row 2"),
    "cut in a quote": ('a,y\n1,no\n2,"yes', {}, "closed quotes.*row 2"),
    "infinite value": (cells(age=[np.inf, *AGES[1:]]), {}, "'age'.*finite.*inf in row 1"),
    "beyond float32": (cells(age=[*AGES[:-1], 1e300]), {}, r"'age'.*1e\+300 in row 60"),
    "text among numbers": (cells(age=["old", *AGES[1:]]), {}, "'age'.*'old' in row 1"),
    "identifier": (
        pd.DataFrame({"id": [f"u{i}" for i in range(300)], "y": ["a", "b"] * 150}),
        {},
        "no column beside the target, after 'id' was left out",
    ),
    "unknown kept": (None, {"data.file.keep": ["agee"]}, "keep: .*did you mean 'age'"),
    "target kept": (None, {"data.file.keep": ["y"]}, "keep: expected features"),
    "empty target": (cells(y=np.nan), {}, "target 'y': expected a value in some row"),
    "one class": (cells(y="yes"), {}, "two classes. Received: 'yes' in every row"),
    "rare class": (
        cells(y=["rare", *table()["y"][1:]]),
        {},
        "every class .*(single|1 member|'rare')|least populated",
    ),
    "wrong task": (None, {"data.file.task": "multiclass"}, "multiclass task. Received: 2"),
    "text for regression": (None, {"data.file.task": "regression"}, "numbers for a regression"),
    "constant regression": (
        cells(y=5.0),
        {"data.file.task": "regression"},
        "different values. Received: 5",
    ),
    "infinite target": (
        cells(y=[np.inf, *AGES[1:]]),
        {"data.file.task": "regression"},
        "target 'y'.*finite",
    ),
    "target's twin": (cells(**{" Y": 1.0}), {}, "'Y'.*target's name"),
    "target ignored": (None, {"data.file.ignore": ["y"]}, "expected features.*the target"),
    "target categorical": (None, {"data.file.categorical": ["y"]}, "expected features"),
    "unknown ignored": (None, {"data.file.ignore": ["agee"]}, "did you mean 'age'"),
    "empty split": (
        table(20),
        {"data.split.test": 0.05, "data.split.min_rows": 20},
        "2 rows of 2 classes for the test split, or data.split.test: 0. Received: 1 of 20 rows",
    ),
    "a single row": (table(1), {}, "two classes. Received: .no. in every row"),
    "unknown scenario": (
        None,
        {"data.source": "synthetic", "data.synthetic.scenario": "incom"},
        "did you mean 'income'",
    ),
    "too few features": (
        None,
        {"data.source": "synthetic", "data.synthetic.features": 2},
        "at least 6 for income. Received: 2",
    ),
    "shares": (
        None,
        {"data.source": "synthetic", "data.synthetic.class_shares": [0.5, 0.3]},
        "2 shares that sum to 1",
    ),
    "no target in the list": (
        None,
        {"data.file.target": []},
        r"target: expected a column's name, or a list of names. Received: \[\]",
    ),
    "a number as a target": (
        None,
        {"data.file.target": ["y", 3]},
        r"target: expected a column's name, or a list of names. Received: \['y', 3\]",
    ),
    "a target twice": (
        None,
        {"data.file.target": ["y", "y"]},
        "target: expected different columns. Received: 'y'",
    ),
    "an unknown target in the list": (
        None,
        {"data.file.target": ["y", "citty"]},
        "target: expected a column of .*'citty'; did you mean 'city'",
    ),
    "a target of the list ignored": (
        None,
        {"data.file.target": ["y", "city"], "data.file.ignore": ["city"]},
        "ignore: expected features. Received: a target, 'city'",
    ),
    "targets only": (
        None,
        {"data.file.target": ["y", "city"], "data.file.ignore": ["age"]},
        "no column beside the targets",
    ),
    "the twin of a target of the list": (
        cells(**{" Y": 1.0}),
        {"data.file.target": ["city", "y"]},
        "'Y'.*target's name .'y'",
    ),
    "one class of several targets": (
        None,
        {"data.file.target": ["y", "city"], "data.file.task": "binary"},
        "task: expected auto, multilabel or regression for several targets. Received: binary",
    ),
    "labels of one column": (
        None,
        {"data.file.task": "multilabel"},
        "target: expected a list of columns for multilabel. Received: 'y' only",
    ),
    "labels and a number": (
        None,
        {"data.file.target": ["y", "age"]},
        "two values each, .*numbers. Received: 2 words in 'y', [0-9]+ numbers in 'age'",
    ),
    "labels and a class": (
        cells(city=["Oslo", "Lima", "Rome"] * 20),
        {"data.file.target": ["y", "city"]},
        "Received: 2 words in 'y', 3 words in 'city'",
    ),
    "a label of three values": (
        cells(city=["Oslo", "Lima", "Rome"] * 20),
        {"data.file.target": ["y", "city"], "data.file.task": "multilabel"},
        "target 'city': expected two values.*Received: 3: 'Lima', 'Oslo', 'Rome'",
    ),
    "a constant label": (
        cells(city=0),
        {"data.file.target": ["y", "city"]},
        "target 'city': expected two values.*Received: 1: 0",
    ),
    "a label that is hardly ever there": (
        cells(city=["yes", *["no"] * 59]),
        {"data.file.target": ["y", "city"]},
        "target 'city': expected rows with and without the label in the training split",
    ),
    "text among several numbers": (
        None,
        {"data.file.target": ["age", "city"], "data.file.task": "regression"},
        "target 'city': expected numbers for a regression",
    ),
    "a word among one of several numbers": (
        cells(income=["much", *AGES[1:]]),
        {"data.file.target": ["age", "income"]},
        "target 'income': expected numbers.*'much' in row 1 among numbers",
    ),
    "a constant among several numbers": (
        cells(income=5.0),
        {"data.file.target": ["age", "income"], "data.file.task": "regression"},
        "target 'income': expected different values. Received: 5 in every row",
    ),
    "an infinite value of several": (
        cells(income=[np.inf, *AGES[1:]]),
        {"data.file.target": ["age", "income"]},
        "target 'income': expected finite numbers",
    ),
    "unknown data set": (
        None,
        {"data.source": "bundled", "data.bundled.dataset": "breastcancer"},
        "did you mean 'breast_cancer'",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.sampled(25)
def test_generate_refuses(kind, workplace, capsys):
    content, changes, words = KINDS[kind]
    if isinstance(content, pd.DataFrame):
        content.to_csv("data/inputs/t.csv", index=False)
    elif isinstance(content, bytes):
        Path("data/inputs/t.csv").write_bytes(content)
    elif content is not None:
        name = content if content.startswith("y.") else "t.csv"
        Path("data/inputs", name).write_text(content)
    configure(changes)
    line = refusal(generate, capsys)
    assert re.search(words, line), line


def test_a_link_out_of_the_repository(workplace, capsys, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "t.csv"
    table().to_csv(outside, index=False)
    Path("data/inputs/link.csv").symlink_to(outside)
    configure({"data.file.path": "data/inputs/link.csv"})
    assert "below data/inputs/" in refusal(generate, capsys)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"normalize.features": "zscore"}, "normalize.features: expected one of none, standard"),
        ({"normalize.columns": {"aeg": "standard"}}, "did you mean 'age'"),
        ({"normalize.columns": {"city": "standard"}}, "expected numeric columns"),
        ({"normalize.min_frequency": 1.0}, "min_frequency: expected"),
        ({"normalize.max_categories": 0}, "max_categories: expected a number >= 1"),
    ],
)
def test_normalize_refuses(changes, words, workplace, capsys):
    configure(changes)
    assert words in refusal(normalize, capsys)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("card.json", "{"),
        ("card.json", '{"a": NaN}'),
        ("train.parquet", "no table"),
    ],
)
def test_normalize_names_a_broken_file(name, content, workplace, capsys):
    Path("data/raw", name).write_text(content)
    assert name in refusal(normalize, capsys)


def test_free_text_is_refused_unless_it_is_pooled(workplace, capsys):
    cells(note=[f"note {i % 55}" for i in range(60)]).to_csv("data/inputs/t.csv", index=False)
    words = "expected at most 30 categories a column, in 60 rows. Received: [0-9]+ in column 'note'"
    kept = {"data.file.categorical": ["note"]}  # nearly unique, it would be left out
    configure(kept)
    line = refusal(generate, capsys)
    assert re.search(words, line)
    configure(kept | {"normalize.max_categories": 5})
    generate()
    configure(kept)
    assert refusal(normalize, capsys) == line
    configure(kept | {"normalize.max_categories": 5})
    normalize()
    inputs = read_json("data/normalized/normalization.json")["inputs"]
    assert len([name for name in inputs if name.startswith("note")]) == 5


def test_normalize_without_generate(workplace, capsys):
    Path("data/raw/card.json").unlink()
    assert "run `dvc repro` first" in refusal(normalize, capsys)


# ----------------------------------------------------------- files of a run, changed by a stranger


def without(key: str):
    return lambda content: {name: one for name, one in content.items() if name != key}


def with_(**changes):
    return lambda content: changed(content, changes)


# the file below the repository, its new content from the old one (JSON or text), what the line says
CARD, STATE = "data/raw/card.json", "data/normalized/normalization.json"
TAMPERED = [
    (evaluate, CARD, without("chance"), "card.json: expected what .*chance"),
    (evaluate, CARD, with_(classes=["0"]), "classes of a binary task"),
    (evaluate, CARD, with_(**{"rows.test": 41}), "test.parquet: expected 41 rows.*Received: 40"),
    (evaluate, CARD, with_(**{"floor.test.value": "low"}), "floor.test.value"),
    (evaluate, CARD, with_(**{"rows.train": 0}), "rows.train"),
    (evaluate, CARD, with_(**{"rows.test": 0}), "a chance of the test split if it has rows"),
    (evaluate, CARD, with_(**{"floor.test": None}), "a floor of the test split if it has rows"),
    (evaluate, "data/model/network.json", with_(status="fine"), "network.json: .*status"),
    (evaluate, "data/training/history.csv", "epoch\n0\n", "the column 'learning_rate'"),
    (evaluate, "data/predictions/test.parquet", "PAR1", "test.parquet: expected a Parquet file"),
    (normalize, CARD, with_(**{"columns": [{"name": "x", "kind": "numeric"}]}), "column 'x'"),
    (normalize, CARD, with_(targets=["age"]), "card.json: .*different names"),
    (report, "reports/metrics.json", without("test"), "metrics.json: .*test: Field required"),
    (report, "reports/metrics.json", with_(test={}), "metrics.json: test: expected the scores"),
    (report, "reports/metrics.json", with_(**{"test.brier": "x"}), "metrics.json: .*test.brier"),
    (report, "reports/diagnosis.json", with_(**{"fit.ledger": []}), "a ledger of loss, seed_luck"),
    (report, "reports/evidence.json", with_(seeds=[]), "evidence.json: seeds: expected 4 lists"),
    (report, "reports/evidence.json", with_(row_losses={"edges": [1.0, 0.0], "before": [1.0],
     "after": [1.0]}), "evidence.json: .*rising edges"),
    (report, "reports/evidence.json", with_(curves=[{"split": "train", "epochs": [0],
     "before": [[1.0, 2.0]], "after": [[1.0]]}]), "evidence.json: .*an epoch for each point"),
    (report, STATE, with_(inputs=["age"]), "normalization.json: .*the inputs that"),
    (report, "data/training/probes.csv", "epoch,layer\n", "probes.csv: expected the column"),
    (report, "data/plots/roc.csv", "x\n1\n", "roc.csv: expected the column"),
    (report, "data/plots/confusion.csv", "actual,predicted\n,1\n", "expected a name in every row"),
    (report, "data/normalized/train.x.npy", "x", "train.x.npy: expected a numeric"),
]  # fmt: skip


@pytest.fixture(scope="module")
def strangers(tiny_run, tmp_path_factory) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path_factory.mktemp("strangers") / "repository"))


@pytest.mark.parametrize(
    ("main", "name", "harm", "words"), TAMPERED, ids=[f"{one[1]}: {one[3]}" for one in TAMPERED]
)
def test_a_tampered_file_is_one_line(main, name, harm, words, strangers, monkeypatch, capsys):
    monkeypatch.chdir(strangers)
    file = Path(name)
    good = file.read_bytes()
    text = harm if isinstance(harm, str) else json.dumps(harm(json.loads(good)))
    file.write_text(text)
    try:
        line = refusal(main, capsys)
    finally:
        file.write_bytes(good)
    assert re.search(words, line), line


# ------------------------------------------------------------------ through the real commands


@pytest.mark.parametrize(
    ("stage", "changes", "words"),
    [
        ("generate", {"data.synthetic.scenario": "incom"}, "did you mean 'income'"),
        ("normalize", {"normalize.columns": {"agee": "none"}}, "did you mean 'age'"),
    ],
)
def test_repro_with_bad_input_keeps_every_output(stage, changes, words, finished_run):
    before = digests(finished_run / "data") | digests(finished_run / "reports")
    edit_params(finished_run, **changes)
    done = run(finished_run, "dvc", "repro", ok=False)
    assert done.returncode != 0
    assert ran(done) == [stage]
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert digests(finished_run / "data") | digests(finished_run / "reports") == before


@pytest.mark.in_turn
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train.target_encoding": "multi_hot"}, "expected one of auto, integer"),
        pytest.param(
            {"train.loss": "categorical_crossentropy", "train.output_units": 1},
            "output_units",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_train_refuses(changes, words, finished_run):
    """By itself it leaves all as it was; under DVC, which removes a cached stage's outputs before
    it runs the command, `dvc checkout` brings them back."""
    before = digests(finished_run / "data") | digests(finished_run / "reports")
    edit_params(finished_run, **changes)
    alone = run(finished_run, "python", "-m", "stages.train", ok=False)
    assert alone.returncode == 2
    assert alone.stderr.count("\n") == 1, alone.stderr
    assert words in alone.stderr
    assert digests(finished_run / "data") | digests(finished_run / "reports") == before

    done = run(finished_run, "dvc", "repro", ok=False)
    assert done.returncode != 0
    assert f"{words}" in done.stderr
    assert "`dvc checkout` restores" in done.stderr
    run(finished_run, "dvc", "checkout")
    assert digests(finished_run / "data") | digests(finished_run / "reports") == before

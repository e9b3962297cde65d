"""Harmed files: a reader gives a right result, or says in one line what is wrong with them.

It does nothing else: writes no file, opens no connection, starts no process, and ends in time. With
`-m slow` 105,000 files are tried; `-rP` shows how many of each were refused, and how long it took.
"""

import copy
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.lib import params
from stages.lib.artifacts.card import Card, read_card
from stages.lib.artifacts.metrics import read_metrics
from stages.lib.artifacts.training import read_history
from stages.lib.core.array_files import read_arrays, write_arrays
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import parse_json, read_json
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.summary import summary
from stages.lib.mlp.saved import parse_network
from stages.lib.tables import table
from stages.lib.transforms.columns import NUMPY, TRANSFORMS
from stages.lib.transforms.state import CategoricalColumn
from stages.lib.transforms.stored import FILE as STATE
from stages.lib.transforms.stored import read_state
from tests.conftest import ROOT
from tests.conftest import settings as checked_params
from tests.junk import JUNK, places

SECONDS = 10  # of the processor: others may want it too
SPLITS = ("train", "validation", "test")
SHAPES = {"layer_0.kernel": (3, 2), "layer_0.bias": (2,)}
DIAGNOSIS = json.loads((ROOT / "reports/diagnosis.json").read_text())
METRICS = json.loads((ROOT / "reports/metrics.json").read_text())
FILE_SETTINGS = {"data.source": "file", "data.file.path": "data/inputs/t.csv"}
# Bytes that mean something to a parser of one of the formats.
TOKENS = [
    b"\x00", b"\xff", b"\xef\xbb\xbf", b"\n", b"\r", b'"', b"'", b"\\", b",", b";", b":", b"- ",
    b"#", b"{", b"}", b"[", b"]", b"[" * 2000, b'{"a":' * 2000, b'"' * 999, b"," * 999, b"&a [",
    b"*a", b"!!python/object/apply:os.system [exit]", b"!!binary x", b"<<: ", b"? ", b"---\n",
    b"null", b"true", b"NaN", b"Infinity", b"-1", b"0", b"1e999", b"9" * 5000, b"1_0", b"0x1f",
    b"\\ud800", "\u202e".encode(), b"../../x", b"/etc/passwd", b"http://localhost/x",
    b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY", b"'descr': '|O'", b"(9999999999,)",
]  # fmt: skip


# ------------------------------------------------------------------- what a reader must not do

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
DEEDS = (
    "os.", "shutil.", "socket.", "subprocess.", "pickle.", "urllib.", "http.", "tempfile.",
)  # fmt: skip
HARMLESS = ("os.listdir", "os.scandir")
_deeds: list[tuple] | None = None


def _audit(event: str, arguments: tuple) -> None:
    if _deeds is None or event in HARMLESS:
        return
    if event.startswith(DEEDS) or (event == "open" and arguments[2] & WRITES):
        _deeds.append((event, *map(repr, arguments)))


class Hang(BaseException):
    """No OSError, as TimeoutError is, which a reader may take for the file's."""


@contextmanager
def watched() -> Iterator[None]:
    """Fails for a deed in the block, and for one that lasts."""
    global _deeds

    def late(number, frame) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    _deeds = deeds = []
    try:
        yield
    finally:
        _deeds = None
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    assert not deeds


@pytest.fixture(scope="module", autouse=True)
def hook() -> None:
    sys.addaudithook(_audit)  # it stays for good, and sees nothing outside of `watched`


# --------------------------------------------------------------------------------- the readers


def from_params() -> None:
    assert isinstance(params.check(params.read()), params.Params)


def from_csv() -> None:
    given = checked_params(**FILE_SETTINGS, **{"data.file.target": "y"}).data.file
    found = table.load(given)
    assert len(found.features) == len(found.targets) > 0
    numbers = found.features.select_dtypes("number").to_numpy()
    assert not np.isinf(numbers).any()
    assert found.targets.notna().all(axis=None)


def from_weights() -> None:
    for name, array in read_arrays("data/model/weights.npz", SHAPES).items():
        assert array.shape == SHAPES[name] and np.isfinite(array).all()


def from_network() -> None:
    trained = parse_network(read_json("data/model/network.json"), "network.json")
    network, contract = trained.network, trained.contract
    assert network.layers[-1].units == contract.units
    assert all(np.prod(shape, dtype=object) <= 2**31 for shape in network.arrays.values())


def from_card() -> None:
    found = read_card("data/raw/card.json")
    assert found.task.is_regression == (not found.classes)
    assert found.rows.train > 0
    for split, rows in found.rows.items():
        assert rows >= 0 and (found.chance[split] is None) == (rows == 0)


def from_state() -> None:
    state = read_state()
    for fitted in [*state.columns, *state.targets]:
        if not isinstance(fitted, CategoricalColumn) and fitted.transform is not None:
            with np.errstate(all="ignore"):
                TRANSFORMS[fitted.transform].apply(np.ones((3, 1)), fitted.state, NUMPY)


def from_metrics() -> None:
    found = read_metrics("reports/metrics.json", Card.model_validate(CARD))
    scores = (found[split].by_name["log_loss"] for split in SPLITS)
    assert all(isinstance(score, int | float | None) for score in scores)


def from_history() -> None:
    found = read_history("data/training/history.csv")
    assert found["epoch"].tolist() == list(range(len(found)))
    assert found["training_proper"].to_numpy("float64").shape == (len(found),)


def from_diagnosis() -> None:
    assert all(line.isprintable() for line in summary(schema.read()).splitlines())


# --------------------------------------------------------------------------- files to be harmed

CARD = {
    "schema": 1,
    "source": "synthetic",
    "name": "income",
    "task": "binary",
    "targets": ["label"],
    "classes": ["0", "1"],
    "columns": [{"name": "age", "kind": "numeric"}, {"name": "city", "kind": "categorical"}],
    "rows": dict.fromkeys(SPLITS, 40),
    "unit": "nats",
    "chance": dict.fromkeys(SPLITS, 0.69),
    "floor": {"kind": "exact"}
    | {key: {"value": 0.4, "standard_error": 0.1, "drawn": 0.4} for key in ("population", *SPLITS)},
}


def _column(name: str, transform: str, state: dict) -> dict:
    return {
        "name": name, "kind": "numeric", "missing": 0.0, "transform": transform, "state": state,
        "indicator": False,
    }  # fmt: skip


NORMALIZATION = {
    "schema": 1,
    "task": "regression",
    "classes": [],
    "columns": [
        _column("age", "standard", {"center": 1.0, "scale": 2.0}),
        _column("rank", "quantile", {"knots": [0.0, 1.0], "ranks": [0.0, 1.0]}),
        _column("raw", "none", {}),
        {"name": "city", "kind": "categorical", "encoding": "one_hot",
         "categories": ["Lima", "Oslo"], "indicator": True},
    ],
    "inputs": ["age", "rank", "raw", "city=Lima", "city=Oslo", "city is missing"],
    "targets": [{"name": "y", "transform": "minmax", "state": {"center": 0.0, "scale": 1.0}}],
}  # fmt: skip
NETWORK = {
    "schema": 1,
    "contract": {
        "task": "binary", "classes": 2, "targets": 1, "loss": "binary_crossentropy",
        "from_logits": False, "activation": "sigmoid", "units": 1, "encoding": "integer",
        "label_smoothing": 0.0,
    },
    "layers": [
        {"inputs": 6, "units": 4, "activation": "relu", "batch_normalization": "none",
         "dropout": False, "activation_arguments": {}, "layer_normalization": "none",
         "gaussian_noise": False, "alpha_dropout": False},
        {"inputs": 4, "units": 1, "activation": "sigmoid", "batch_normalization": "none",
         "dropout": False, "activation_arguments": {}, "layer_normalization": "none",
         "gaussian_noise": False, "alpha_dropout": False},
    ],
    "parameters": 33, "status": "completed", "epochs_run": 3, "kept_epoch": 3, "divergence": None,
}  # fmt: skip
HISTORY = """epoch,learning_rate,running_loss,training_loss,validation_loss,training_proper,\
validation_proper,penalty
0,0.001,,1.5,1.25,0.75,0.5,0
1,0.001,1.5,1.25,1e-05,0.5,0.5,0
"""
CSV = 'age,city,y\n18,Oslo,no\n19.5,"Li, ma",yes\n,Oslo,no\n1e3,"""x""",yes\n' + "20,Rome,no\n" * 9


def weights() -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **{name: np.ones(s, "float32") for name, s in SHAPES.items()})
    return stream.getvalue()


# path: (the whole file or the JSON in it, its reader, how many are tried, and of those by default)
FILES: dict[str, tuple[Callable[[], bytes] | dict, Callable[[], None], int, int]] = {
    "params.yaml": (params.read(ROOT / "params.yaml"), from_params, 5_000, 30),
    "data/inputs/t.csv": (CSV.encode, from_csv, 3_000, 30),
    "data/model/weights.npz": (weights, from_weights, 40_000, 100),
    "data/model/network.json": (NETWORK, from_network, 20_000, 50),
    "data/raw/card.json": (CARD, from_card, 15_000, 50),
    STATE: (NORMALIZATION, from_state, 10_000, 50),
    "reports/metrics.json": (METRICS, from_metrics, 3_000, 30),
    "data/training/history.csv": (HISTORY.encode, from_history, 5_000, 30),
    schema.FILE: (DIAGNOSIS, from_diagnosis, 4_000, 30),
}


# --------------------------------------------------------------------------------- harming them


@st.composite
def harmed_bytes(draw, whole: bytes) -> bytes:
    """Bytes cut out, put in, replaced, doubled or cut off, up to three times."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(whole)))
        end = draw(st.sampled_from([start, start + 1, start + 2, start + 64, len(whole)]))
        put = draw(st.sampled_from(TOKENS) | st.binary(max_size=2) | st.just(2 * whole[start:end]))
        whole = whole[:start] + put + whole[end:]
    return whole


@st.composite
def harmed_json(draw, content: dict) -> bytes:
    """Values taken out or replaced, up to three times."""
    content = copy.deepcopy(content)
    for _ in range(draw(st.integers(1, 3))):
        found = places(content)
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        node = content
        for key in way:
            node = node[key]
        if draw(st.booleans()) and isinstance(node, dict):
            del node[last]
        else:
            node[last] = copy.deepcopy(draw(JUNK))  # a list that is put in twice is not one
    return json.dumps(content).encode()


@pytest.mark.parametrize("many", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("path", FILES)
def test_harmed(path, many, tmp_path, monkeypatch):
    content, reader, most, few = FILES[path]
    if isinstance(content, dict):
        whole = json.dumps(content, indent=2).encode()
        strategy = harmed_json(content) | harmed_bytes(whole)
    else:
        whole = content()
        strategy = harmed_bytes(whole)
    monkeypatch.chdir(tmp_path)
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(whole)
    reader()  # it reads what nobody harmed
    said = {"read": 0, "refused": 0}

    @settings(
        max_examples=most if many else few, database=None, deadline=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def once(data: bytes) -> None:
        Path(path).write_bytes(data)
        try:
            with watched(), redirect_stdout(io.StringIO()):
                reader()
            said["read"] += 1
        except UserError as error:
            assert str(error)
            said["refused"] += 1

    start = time.monotonic()
    once()
    print(f"{path}: {said}, {time.monotonic() - start:.0f} s")


# ------------------------------------------------------------------------------------- bombs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 100_000, "strict JSON"),
        ('{"a":' * 100_000, "strict JSON"),
        ("9" * 100_000, "strict JSON"),
        ("1e999", "1e999 is not strict JSON"),
        ('{"a": 1, "a": 2}', "a key that stands twice"),
        ('["\\ud800"]', "strict JSON"),
        ('"' + "x" * 2**24 + '"', "at most 16777216 bytes"),
    ],
    ids=["nested", "nested objects", "long number", "infinite", "twice", "no text", "large"],
)
def test_json_bombs(text, words):
    with watched(), pytest.raises(UserError, match=words):
        parse_json(text.encode(), "x.json")


def test_yaml_bombs():
    lines = ["a0: &a0 [x, x]"] + [f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, 40)]
    with watched(), pytest.raises(UserError, match="expected no YAML anchors"):
        params.parse("\n".join(lines).encode(), "params.yaml")


def test_a_small_archive_cannot_ask_for_a_large_array(tmp_path):
    """Zeros deflate to a thousandth."""
    write_arrays(tmp_path / "good.npz", {name: np.ones(s, "float32") for name, s in SHAPES.items()})
    assert read_arrays(tmp_path / "good.npz", SHAPES).keys() == SHAPES.keys()
    zeros = {name: np.zeros(2**22, "float32") for name in SHAPES}
    np.savez_compressed(tmp_path / "bomb.npz", **zeros)
    with watched(), pytest.raises(UserError, match=r"layer_0.kernel: expected float32"):
        read_arrays(tmp_path / "bomb.npz", SHAPES)


def test_pickled_arrays_are_refused(tmp_path):
    trap = np.array([print], dtype=object)
    np.savez(tmp_path / "trap.npz", **{name: trap for name in SHAPES})
    with watched(), pytest.raises(UserError):
        read_arrays(tmp_path / "trap.npz", SHAPES)

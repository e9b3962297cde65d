"""Bundles that a stranger wrote: one clear line or a right result, and nothing on the disk."""

import copy
import io
import json
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.lib.core.errors import UserError
from stages.tools.adopt.capture import CONTENT, read_fit, write_bundle
from stages.tools.adopt.translate.adopted import translate_script
from stages.tools.adopt.translate.bundle import read_bundle
from stages.tools.adopt.translate.places import find_script
from stages.tools.adopt.translate.write import write
from tests.conftest import settings as committed
from tests.tools.adopt.adoption import adopted, refused, untouched, workplace

L = keras.layers
X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


def chain():
    model = keras.Sequential([keras.Input((3,)), L.Dense(4, "relu"), L.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    return model


def branches():
    inputs = keras.Input((3,))
    h = L.Dense(4, "relu")(inputs)
    model = keras.Model(inputs, L.Dense(1)(L.Add()([h, L.Dense(4)(h)])))
    model.compile("sgd", lambda a, b: keras.ops.mean(keras.ops.square(a - b)))
    return model


def entries_of(folder: Path, model) -> dict[str, bytes]:
    """What stands in the bundle of a model."""
    given = {"x": X, "y": Y, "epochs": 2, "batch_size": 8, "validation_data": (X[:24], Y[:24])}
    content, arrays = read_fit(model, given)
    write_bundle(folder / "good.ledger", content, arrays, [])
    with zipfile.ZipFile(folder / "good.ledger") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def entries(tmp_path_factory) -> dict[str, bytes]:
    return entries_of(tmp_path_factory.mktemp("chain"), chain())


@pytest.fixture(scope="module")
def entries_of_branches(tmp_path_factory) -> dict[str, bytes]:
    return entries_of(tmp_path_factory.mktemp("branches"), branches())


def bundle(folder: Path, entries: dict[str, bytes], **how) -> Path:
    path = folder / "train.ledger"
    with zipfile.ZipFile(path, "w", **{"compression": zipfile.ZIP_DEFLATED, **how}) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def line(folder: Path, entries: dict[str, bytes], **how) -> str:
    """The one line on a bundle that is refused."""
    with pytest.raises(UserError) as caught:
        read_bundle(bundle(folder, entries, **how))
    text = str(caught.value)
    assert "\n" not in text and "\x1b" not in text
    assert text.startswith("train.ledger")
    return text


def array(value, **how) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(value), **how)
    return stream.getvalue()


def header(shape: str, dtype: str = "<f8", version=b"\x01\x00") -> bytes:
    """An .npy that only promises its numbers."""
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    size = len(text).to_bytes(2 if version == b"\x01\x00" else 4, "little")
    return b"\x93NUMPY" + version + size + text


def test_a_good_bundle_is_read_stored_or_deflated(tmp_path, entries):
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        found = read_bundle(bundle(tmp_path, entries, compression=compression))
        np.testing.assert_array_equal(found.x, X)
        assert found.content.fit.epochs == 2


@pytest.mark.parametrize(
    "name",
    ["../x.npy", "/etc/x.npy", "x.npy/..", "x.pkl", "code.py", "z.npy", "weight.npy", "x.1234.npy",
     "loss_probe.0.other.npy", " "],
)  # fmt: skip
def test_other_names_are_refused(name, tmp_path, entries):
    assert "captured.json and arrays, each once" in line(tmp_path, {**entries, name: b""})
    assert [path.name for path in tmp_path.iterdir()] == ["train.ledger"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_none_or_hide_something_are_refused(tmp_path, entries):
    path = bundle(tmp_path, entries)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x.npy", entries["x.npy"])
    with pytest.raises(UserError, match="each once"):
        read_bundle(path)
    assert "stored or deflated" in line(tmp_path, entries, compression=zipfile.ZIP_LZMA)
    assert "captured.json. Received: none" in line(tmp_path, {"x.npy": entries["x.npy"]})
    path = bundle(tmp_path, entries)
    data = bytearray(path.read_bytes())
    for broken in (b"", b"PK\x03\x04", bytes(data[:-30]), bytes(data[: len(data) // 2])):
        path.write_bytes(broken)
        with pytest.raises(UserError, match=r"a bundle of capture\.py"):
            read_bundle(path)
    data[60:90] = bytes(30)
    path.write_bytes(bytes(data))
    with pytest.raises(UserError):
        read_bundle(path)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (header("(1000000000000, 3)"), "numbers"),
        (header("(134217729,)"), "numbers"),
        (header("(60, 3)"), "1440 bytes"),
        (header("(0, 3)"), "numbers"),
        (header("(-60, 3)"), "without objects"),
        (header("()"), "without objects"),
        (header("(60, 3)", "|O"), "without objects"),
        (header("(60, 3)", ">f8"), "numbers"),
        (header("(60, 3)", "<U20000"), "numbers"),
        (header("(60, 3)", version=b"\x09\x00"), "without objects"),
        (header("__import__('os').system('touch pwned')"), "without objects"),
        (header("(60, 3" + ", 1" * 10_000 + ")", version=b"\x02\x00"), "without objects"),
        (b"\x93NUMPY", "without objects"),
        (b"\x80\x04N.", "without objects"),
        (array(X) + b"more", "1440 bytes"),
        (array(X.astype("float32")), "numbers"),
        (array(X[:5]), "as many rows"),
        (array(X[:, 0]), "rows of x"),
        (array(np.array([["text"]], object), allow_pickle=True), "without objects"),
    ],
)  # fmt: skip
def test_other_arrays_are_refused_before_room_is_made(data, words, tmp_path, entries, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in line(tmp_path, {**entries, "x.npy": data})
    assert not (tmp_path / "pwned").exists()


def test_more_bytes_than_any_table_has_are_refused_unread(tmp_path, entries, monkeypatch):
    """By what the archive states, and the content by what comes."""
    monkeypatch.setattr("stages.tools.adopt.translate.bundle.MAX_BYTES", 2000)
    assert "at most 2000 bytes of arrays" in line(tmp_path, entries)
    monkeypatch.undo()
    bomb = {**entries, CONTENT: b" " * (17 * 2**20)}
    assert "at most 16777216 bytes" in line(tmp_path, bomb)
    assert (tmp_path / "train.ledger").stat().st_size < 100_000


def test_numbers_that_contradict_each_other_are_refused(tmp_path, entries, entries_of_branches):
    def without(name):
        return {key: data for key, data in entries.items() if key != name}

    assert "x_validation: expected an array. Received: none" in line(
        tmp_path, without("x_validation.npy")
    )
    assert "weight.0" in line(tmp_path, without("weight.0.npy"))
    narrow = {**entries, "x_validation.npy": array(X[:24, :2])}
    assert "validation rows: expected shape (3,)" in line(tmp_path, narrow)
    probes = {**entries_of_branches, "loss_probe.0.value.npy": array(np.zeros(5))}
    assert "a value for each probe" in line(tmp_path, probes)
    probes = {**entries_of_branches, "loss_probe.0.gradient.npy": array(np.zeros((6, 8)))}
    assert "probes of one shape" in line(tmp_path, probes)
    none = {
        f"loss_probe.0.{key}.npy": array(np.zeros((0,) if key == "value" else (0, 8, 1)))
        for key in ("true", "predicted", "value", "gradient")
    }
    assert "loss_probe.0.true: expected numbers" in line(tmp_path, {**entries_of_branches, **none})


@pytest.mark.parametrize("schema", [0, 2, "1", None, [1], "\x1b[31m"])
def test_another_version_is_told_what_to_do(schema, tmp_path, entries):
    content = json.loads(entries[CONTENT]) | {"schema": schema}
    said = line(tmp_path, {**entries, CONTENT: json.dumps(content).encode()})
    assert said.startswith("train.ledger: captured.json: expected schema 1. Received: ")
    assert said.endswith("capture the script again with stages/tools/adopt/capture.py")
    del content["schema"]
    content["layers"] = "nonsense of a later form"
    assert "expected schema 1. Received: None" in line(
        tmp_path, {**entries, CONTENT: json.dumps(content).encode()}
    )
    assert "expected schema 1" in line(tmp_path, {**entries, CONTENT: b"[1, 2]"})


def test_a_script_beside_a_bundle_is_the_one_it_was(tmp_path, entries_of_branches):
    """Another text under its name, and a name that leads elsewhere, are no script."""
    content = json.loads(entries_of_branches[CONTENT])
    content["script"] = {"name": "train.py", "line": 3, "sha256": ""}
    read = read_bundle(bundle(tmp_path, {**entries_of_branches, CONTENT: json.dumps(content)}))
    (tmp_path / "train.py").write_text("model.fit(x, y)\n")
    assert find_script(tmp_path, read.content.script) is None
    (tmp_path / "inner").mkdir()
    content["script"]["name"] = "../train.py"
    read = read_bundle(bundle(tmp_path, {**entries_of_branches, CONTENT: json.dumps(content)}))
    assert find_script(tmp_path / "inner", read.content.script) is None


@pytest.mark.slow
def test_the_command_takes_a_bundle_or_says_why_not(tmp_path, entries):
    folder = workplace(tmp_path / "work")
    content = adopted(folder, bundle(tmp_path, entries))
    assert (content["train"]["epochs"], content["train"]["layers"]) == (2, [4])
    folder = workplace(tmp_path / "other")
    path = bundle(tmp_path, {**entries, "x.npy": header("(1000000000000, 3)")})
    assert refused(folder, path).startswith("train.ledger: x: expected numbers")
    assert "nothing after it" in refused(folder, path, "more")
    assert "which is no file" in refused(folder, tmp_path / "none.ledger")


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**20), st.text(max_size=5),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers()),
    st.sampled_from(["relu", "../x", "\x1b[31m", {"class_name": "Lambda", "config": {}},
                     {"class_name": [], "config": {}}, [None, 10**9], "2.15.0", "keras.src.evil"]),
)  # fmt: skip


def places(node, path=()) -> list[tuple]:
    """The places of all values, inner ones too."""
    found = []
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs:
        found.append((*path, key))
        if isinstance(value, dict | list):
            found += places(value, (*path, key))
    return found


@pytest.mark.slow
@given(data=st.data())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bundle_gives_a_line_or_valid_params(
    data, entries, entries_of_branches, tmp_path_factory, monkeypatch
):
    """One to three values of the content are others, of any kind, or bytes of an array."""
    folder = workplace(tmp_path_factory.mktemp("any") / "work")
    monkeypatch.chdir(folder)
    before = Path("params.yaml").read_bytes()
    changed = dict(data.draw(st.sampled_from([entries, entries_of_branches])))
    content = copy.deepcopy(json.loads(changed[CONTENT]))
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(places(content)))
        node = content
        for key in parents:
            node = node[key]
        node[last] = data.draw(JUNK)
    changed[CONTENT] = json.dumps(content).encode()
    if data.draw(st.booleans()):
        name = data.draw(st.sampled_from(sorted(set(changed) - {CONTENT})))
        broken = bytearray(changed[name])
        at = data.draw(st.integers(0, len(broken) - 1))
        broken[at] = data.draw(st.integers(0, 255))
        changed[name] = bytes(broken)
    try:
        found = translate_script(read_bundle(bundle(folder, changed)), committed(), True)
        write(found, "script", "train.py", {})
    except UserError as error:
        assert "\n" not in str(error) and "\x1b" not in str(error)
        assert Path("params.yaml").read_bytes() == before
        (folder / "train.ledger").unlink()
        assert untouched(folder)

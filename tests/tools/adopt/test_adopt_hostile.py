"""Hostile scripts through the real command: a clear line or a right result, nothing in between."""

import copy
import json
import os
import textwrap
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.lib import params
from stages.lib.artifacts import adopted as record
from stages.lib.core.errors import UserError
from stages.lib.core.parquet_files import read_table
from stages.lib.tables import table
from stages.tools.adopt.translate import saved_model
from stages.tools.adopt.translate.adopted import TABLE, WEIGHTS, translate_script
from stages.tools.adopt.translate.captured import Captured, Content
from stages.tools.adopt.translate.chain import translate_chain
from stages.tools.adopt.translate.edit_params import edit_params
from stages.tools.adopt.translate.loss import translate_loss
from stages.tools.adopt.translate.optimizer import translate_optimizer
from stages.tools.adopt.translate.run_script import run_script
from stages.tools.adopt.translate.saved_model import translate_model
from stages.tools.adopt.translate.write import write
from tests.conftest import ROOT
from tests.conftest import settings as committed
from tests.tools.adopt.adoption import adopt, adopted, refused, taken_over, untouched, workplace

TEXT = (ROOT / "params.yaml").read_text()

# A program that trains, around which a script does what it likes.
PROGRAM = """
import keras
import numpy as np
x = np.random.default_rng(0).normal(size=(120, 3))
y = (x[:, 0] > 0).astype(int)
model = keras.Sequential([keras.layers.Dense(4, "relu"), keras.layers.Dense(1, "sigmoid")])
model.compile("adam", "binary_crossentropy")
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    return workplace(tmp_path / "work")


def script(folder: Path, text: str) -> Path:
    file = folder / "train.py"
    file.write_text(textwrap.dedent(text))
    return file


@pytest.mark.in_turn
def test_an_old_spelling_is_told_in_current_spelling(folder):
    said = refused(folder, script(folder, PROGRAM + "model.fit(x, y, nb_epoch=3)\n"))
    assert said.startswith("train.py, line 8: expected a script that runs to its fit.")
    assert said.endswith("; nb_epoch is spelled epochs today")


@pytest.mark.in_turn
def test_what_is_refused_of_a_fit_has_its_line(folder):
    text = PROGRAM.replace("(x[:, 0] > 0)", "0 * x[:, 0]") + "\n\nmodel.fit(x, y)\n"
    said = refused(folder, script(folder, text))
    assert said.startswith("train.py, line 10: y: expected different values. Received: 0")


@pytest.mark.in_turn
def test_it_cannot_be_swallowed_prints_what_it_likes_and_leaves_no_child(folder):
    """The first of two fits is taken, in whatever way the script shields itself from it."""
    text = """
    import os, subprocess, sys, time
    print("noise " * 2_000_000)
    sys.stderr.write("noise " * 1_000_000)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if os.fork() == 0:
        time.sleep(600)
    open("child", "w").write(str(child.pid))
    try:
        model.fit(x[:100], y[:100], validation_data=(x[100:], y[100:]), epochs=3)
    except BaseException:
        pass
    finally:
        model.fit(x, y, epochs=77)
        open("went on", "w").close()
    """
    content = adopted(folder, script(folder, PROGRAM + textwrap.dedent(text)))
    assert content["train"]["epochs"] == 3
    assert len(read_table(folder / TABLE)) == 120
    assert not (folder / "went on").exists()
    time.sleep(0.5)
    assert _gone(int((folder / "child").read_text()))


def _gone(process: int) -> bool:
    """Ended, or dead and waiting for somebody to ask."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_a_script_that_never_ends_is_ended(folder):
    loop = "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n"
    start = time.monotonic()
    said = refused(folder, "--timeout", "15", script(folder, f"{loop}        pass\n"))
    assert "within 15 seconds" in said
    assert time.monotonic() - start < 60


CASES = {
    "exits": ("raise SystemExit(3)", ["ended with sys.exit('3')"]),
    "ends at once": ("import os; os._exit(7)", ["exit code 7"]),
    "kills itself": ("import os; os.kill(os.getpid(), 9)", ["signal 9"]),
    "never fits": ("x = 1", ["ended without a call of keras.Model.fit"]),
    "is torch": ("import sys; sys.modules['torch'] = sys", ["torch", "takes Keras"]),
    "raises": (
        "def f():\n    raise ValueError('one\\n\\x1b[31mtwo')\nf()",
        ["train.py, line 2: ", "ValueError: one"],
    ),
    "raises deep": ("import json\njson.loads('{')", ["train.py, line 2: ", "JSONDecodeError"]),
    "raises nothing to say": ("raise KeyboardInterrupt", ["line 1: ", "KeyboardInterrupt"]),
    "is Python 2": ("print 'hello'", ["line 1", "print(...)"]),
    "is no Python": ("def (", ["line 1", "SyntaxError"]),
    "is binary": ("\0\1\2", ["SyntaxError"]),
    "reads": ("input('which file? ')", ["line 1", "EOFError"]),
    "is a notebook's": (
        "get_ipython().kernel.do_shutdown(True)",
        ["train.py, line 1: ", "AttributeError", "only a notebook runs this line: take it out"],
    ),
    "has a notebook's magic": ("x = 1\n%matplotlib inline", ["line 2", "take it out"]),
    "is old": ("from keras.layers.core import Dense", ["keras.layers today"]),
    "writes what we write": (
        PROGRAM + "import sys, pathlib\nhandover = pathlib.Path(sys.argv[0])\nmodel.fit(x)",
        ["y: expected the targets"],
    ),
    "fits before compiling": (
        "import keras\nkeras.Sequential([keras.layers.Dense(1)]).fit([[1.0]], [1.0])",
        ["line 2", "one before compile", "optimizer= and loss="],
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_one_line_for(name, folder):
    text, words = CASES[name]
    file = folder / "train.py"
    file.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    said = refused(folder, file)
    assert all(word in said for word in words), said
    assert "\x1b" not in said


@pytest.mark.slow
def test_a_fit_in_a_thread_or_a_child_is_taken(folder):
    threaded = (
        "import threading\nthreading.Thread(target=lambda: model.fit(x, y, epochs=4)).start()"
    )
    assert adopted(folder, script(folder, PROGRAM + threaded))["train"]["epochs"] == 4
    forked = (
        "import os\nchild = os.fork()\nif child == 0:\n    model.fit(x, y, epochs=5)\n"
        "os.waitpid(child, 0)"
    )
    assert adopted(folder, script(folder, PROGRAM + forked))["train"]["epochs"] == 5


@pytest.mark.slow
def test_of_two_fits_at_once_one_is_taken_and_an_ignored_argument_is_told(folder):
    text = PROGRAM.replace('"adam"', "keras.optimizers.SGD(0.1, decay=1e-6)")
    text += """
import threading
for _ in range(2):
    threading.Thread(target=lambda: model.fit(x, y, epochs=4)).start()
"""
    done = adopt(folder, script(folder, text))
    assert done.returncode == 0, done.stderr
    assert "decay is spelled a schedule" in " ".join(done.stdout.split())
    assert params.read(folder / "params.yaml")["train"]["epochs"] == 4


@pytest.mark.slow
def test_the_scripts_arguments_and_its_own_modules_are_its_own(folder):
    (folder / "lib").mkdir()
    (folder / "lib" / "helper.py").write_text("UNITS = 9\n")
    (folder / "lib" / "train.py").write_text(
        "import sys, helper\nassert __name__ == '__main__' and sys.argv[1:] == ['--timeout', '1']\n"
        + PROGRAM.replace("Dense(4", "Dense(helper.UNITS")
        + "model.fit(x, y)"
    )
    done = adopt(folder, "lib/train.py", "--timeout", "1")
    assert done.stdout.startswith("train.py was given --timeout 1\n"), done.stderr
    assert params.read(folder / "params.yaml")["train"]["layers"] == [9]


def test_an_option_that_would_go_to_the_script_is_one_line(folder):
    assert "--keep-weights: expected before SCRIPT.py" in refused(
        folder, script(folder, PROGRAM + "model.fit(x, y)"), "--keep-weights"
    )


@pytest.mark.parametrize("name", [TABLE, WEIGHTS, record.FILE])
def test_a_folder_in_a_files_place_changes_nothing(name, tmp_path, monkeypatch):
    """All are known to be free before the first is written."""
    monkeypatch.chdir(workplace(tmp_path))
    (tmp_path / name).mkdir()
    before = (tmp_path / "params.yaml").read_bytes()
    around = {}
    exec(PROGRAM, around)  # noqa: S102
    taken = taken_over(around["model"], around["x"], around["y"], keep_weights=True)
    with pytest.raises(UserError, match=f"^{name}: expected a path at which a file can be"):
        write(taken, "script", "train.py", {})
    assert untouched(tmp_path)
    assert (tmp_path / "params.yaml").read_bytes() == before


def test_no_script_is_one_line(tmp_path):
    (tmp_path / "book.ipynb").write_text("{}")
    for name, words in (("nothing.py", "no file"), ("", "no file"), ("book.ipynb", "nbconvert")):
        with pytest.raises(UserError, match=words):
            run_script(str(tmp_path / name), [], 1.0)


# ------------------------------------------------------------------------------------ any data

NUMBERS = st.one_of(
    st.floats(width=32), st.sampled_from([np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0, 5e-324])
)
NAMES = st.one_of(
    st.text(max_size=10),
    st.sampled_from(["", " ", 'a"b', "a\nb", "<script>", "=1+1", "@x", "target", "split", "a: b",
                     "#", "null", "\u202e", "\ud800", "x" * 2000, "é", "é"]),
)  # fmt: skip


def given_rows(x, y, columns, validated: bool) -> Captured:
    """What a script of one hidden layer hands over for these arrays."""
    dense = {"class": "Dense", "module": "keras.layers", "config": {"units": 2}}
    output = {"class": "Dense", "module": "keras.layers", "config": {"units": 1}}
    content = Content.model_validate(
        {
            "layers": [dense, output],
            "applied": [],
            "loss": {"class": "MeanSquaredError", "module": "keras.losses", "config": {}},
            "optimizer": {
                "class": "Adam", "module": "keras.optimizers", "config": {"learning_rate": 0.1},
            },
            "fit": {
                "batch_size": 8, "shuffle": True, "epochs": 2, "callbacks": [],
                "class_weight": None, "sample_weight": False, "validated": validated,
            },
            "columns": columns, "targets": None, "remarks": [], "keras_warnings": [], "weights": [],
        }
    )  # fmt: skip
    half = len(x) // 2 if validated else len(x)
    held_out = ((x[half:],), (y[half:],)) if validated else (None, None)
    return Captured(content, (x[:half],), (y[:half],), *held_out, {})


@given(
    data=st.data(),
    # Each part of them has one at least: what is empty is no bundle.
    rows=st.integers(2, 30),
    width=st.integers(1, 4),
    validated=st.booleans(),
    named=st.booleans(),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_arrays_give_a_line_or_a_table_that_generate_reads(
    data, rows, width, validated, named, tmp_path_factory
):
    here = Path.cwd()
    os.chdir(workplace(tmp_path_factory.mktemp("any") / "work"))
    try:
        before = Path("params.yaml").read_bytes()
        values = st.lists(NUMBERS, min_size=rows * width, max_size=rows * width)
        x = np.array(data.draw(values), dtype="float64").reshape(rows, width)
        of_y = st.one_of(NUMBERS, st.sampled_from([0.0, 1.0]))
        y = np.array(data.draw(st.lists(of_y, min_size=rows, max_size=rows)), dtype="float64")
        names = data.draw(st.lists(NAMES, min_size=width, max_size=width)) if named else None
        names = names and [n.encode("utf-8", "replace").decode() for n in names]
        try:
            found = translate_script(given_rows(x, y, names, validated), committed(), False)
            write(found, "script", "train.py", {})
        except UserError as error:
            assert "\n" not in str(error) or "\n" not in " ".join(str(error).split())
            assert Path("params.yaml").read_bytes() == before
            assert untouched(Path())
            return
        given_data = params.load("data")
        dataset = table.load(given_data.file)
        assert len(dataset.features) == rows
        np.testing.assert_array_equal(dataset.features.to_numpy("float32"), x.astype("float32"))
        assert record.of_data(record.read(), params.sections("data")["data"])
    finally:
        os.chdir(here)


@pytest.mark.slow
def test_five_thousand_columns(folder):
    wide = PROGRAM.replace("(120, 3)", "(120, 5000)") + "model.fit(x, y)"
    content = adopted(folder, script(folder, wide))
    assert content["data"]["file"]["path"] == TABLE
    assert read_table(folder / TABLE).shape == (120, 5001)


@pytest.mark.slow
def test_a_frame_of_mixed_types_names_the_column(folder):
    mixed = """
    import pandas as pd
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["when"] = pd.Timestamp("2020-01-01")
    model.fit(frame, y)
    """
    said = refused(folder, script(folder, PROGRAM + textwrap.dedent(mixed)))
    assert "'when'" in said
    assert "expected numbers" in said


# ----------------------------------------------------------------------------- saved models


def saved(folder: Path, model) -> Path:
    model.save(folder / "model.keras")
    return folder / "model.keras"


def csv(folder: Path, columns: int = 3, rows: int = 60) -> str:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(rows, columns)))
    frame["y"] = np.arange(rows) % 2
    (folder / "data/inputs/mine.csv").write_text(frame.to_csv(index=False))
    return "data/inputs/mine.csv"


def functional(units: int = 5):
    import keras

    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(units, "relu", kernel_initializer="he_normal")(inputs)
    hidden = keras.layers.Dropout(0.1)(hidden)
    outputs = keras.layers.Dense(1, "sigmoid", kernel_initializer="he_normal")(hidden)
    model = keras.Model(inputs, outputs)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse")
    return model


def test_a_saved_models_configuration_is_taken(folder, monkeypatch):
    file, data = saved(folder, functional()), csv(folder)
    monkeypatch.chdir(folder)
    write(translate_model(str(file), data, "y", committed()), "model", "model.keras", {})
    _check_functional(params.read(), data)
    assert record.read().kind == "model"


@pytest.mark.slow
def test_the_command_takes_a_saved_model(folder):
    file, data = saved(folder, functional()), csv(folder)
    assert (
        "--keep-weights: expected a SCRIPT.py"
        in adopt(folder, "--keep-weights", "--model", file, "--data", data, "--target", "y").stderr
    )
    content = adopted(folder, "--model", file, "--data", data, "--target", "y")
    _check_functional(content, data)


def _check_functional(content: dict, data: str) -> None:
    assert content["data"]["file"] | {"path": data, "target": "y"} == content["data"]["file"]
    train = content["train"]
    assert (train["layers"], train["dropout"], train["loss"]) == ([5], 0.1, "mean_squared_error")
    assert (train["optimizer"], train["momentum"]) == ("momentum", 0.9)
    assert train["learning_rate"] == 0.05
    assert train["kernel_initializer"] == "he_normal"


def in_process(folder: Path, monkeypatch, file: Path, data: str, target: str = "y") -> str:
    monkeypatch.chdir(folder)
    with pytest.raises(UserError) as caught:
        translate_model(str(file), data, target, committed())
    return " ".join(str(caught.value).split())


def test_a_saved_model_that_is_none_gets_one_line(folder, monkeypatch):
    data = csv(folder)
    file = folder / "model.keras"

    def said(config) -> str:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "config.json", config if isinstance(config, str) else json.dumps(config)
            )
        return in_process(folder, monkeypatch, file, data)

    layer = {"module": "keras.layers", "class_name": "Dense", "config": {"units": 1}}

    def sequential(*layers):
        return {"class_name": "Sequential", "config": {"layers": list(layers)}}

    assert "strict JSON" in said("{")
    assert "at most" in said(" " * (9 * 2**20))
    assert "a model's configuration" in said([1])
    assert "Sequential or functional" in said({"class_name": "Mine", "config": {}})
    assert "without one" in said(sequential())
    assert "'mine' (Evil): expected Keras' own layers" in said(
        sequential(layer | {"module": "os", "class_name": "Evil", "config": {"name": "mine"}})
    )
    assert "custom" in said(sequential(layer | {"registered_name": "mine>Dense"}))
    assert "Lambda" in said(sequential(layer | {"class_name": "Lambda"}))
    assert "number of units" in said(sequential(layer | {"config": {"units": True}}))
    assert "most 1000 layers" in said(sequential(*[layer] * 1001))
    loop = layer | {"name": "a", "inbound_nodes": [{"keras_history": ["a", 0, 0]}]}
    ends = {"layers": [loop], "input_layers": ["a", 0, 0], "output_layers": ["a", 0, 0]}
    assert "no layer leads to" in said({"class_name": "Functional", "config": ends})
    file.write_bytes(b"no archive")
    assert "expected a .keras file" in in_process(folder, monkeypatch, file, data)
    good = saved(folder, functional())
    assert "expected 3 columns" in in_process(folder, monkeypatch, good, csv(folder, columns=4))
    assert "data/inputs" in in_process(folder, monkeypatch, good, "/etc/passwd")
    assert "'z'" in in_process(folder, monkeypatch, good, csv(folder), "z")


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), st.text(max_size=5),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers()),
    st.sampled_from(["relu", "L2", "he_normal", "mse", ["a"], {"class_name": "L2"},
                     {"class_name": "Adam", "config": []}, {"class_name": [], "config": {}}]),
)  # fmt: skip


def leaves(node, path=()) -> list[tuple]:
    """The places of all values, inner ones too."""
    found = [path] if path else []
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    if isinstance(node, dict | list):
        for key, one in pairs:
            found += leaves(one, (*path, key)) if isinstance(one, dict | list) else [(*path, key)]
    return found


@pytest.fixture(scope="module")
def configuration(tmp_path_factory) -> dict:
    folder = tmp_path_factory.mktemp("model")
    with zipfile.ZipFile(saved(folder, functional())) as archive:
        return json.loads(archive.read("config.json"))


@given(data=st.data())
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_configuration_gives_a_line_or_valid_params(data, configuration):
    """One to three of a model's values are replaced by others, of any kind."""
    content = copy.deepcopy(configuration)
    for _ in range(data.draw(st.integers(1, 3))):
        *parents, last = data.draw(st.sampled_from(leaves(content)))
        node = content
        for key in parents:
            node = node[key]
        node[last] = data.draw(JUNK)
    try:
        layers = saved_model._layers(content)
        network = translate_chain(layers)
        edits = dict(network.edits)
        given_compile = content.get("compile_config")
        if isinstance(given_compile, dict):
            edits |= translate_loss(
                saved_model._keras_object(given_compile.get("loss"), "loss")
            ).edits
            described = saved_model._keras_object(given_compile.get("optimizer"), "optimizer")
            edits |= translate_optimizer(described, 10, 5).edits
        edit_params(TEXT, edits)
    except UserError as error:
        assert str(error)

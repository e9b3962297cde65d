"""Scripts of many shapes, the program that each is, and their patches."""

import inspect
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from stages.lib import params
from stages.lib.artifacts.adopted import ScriptText
from stages.lib.params.edits import edited
from stages.report.keras_lines.program import Program
from stages.report.patch.fix import Fix, fix_of
from tests.cards import task_of
from tests.conftest import ROOT
from tests.tools.adopt.adoption import taken_over

COMMITTED = {key: params.read(ROOT / "params.yaml")[key] for key in ("normalize", "train")}
# What all of the drawn scripts are; their rows are numbers as they come.
BASE = {
    "normalize.features": "none",
    "normalize.binary": "none",
    "normalize.columns": {},
    "normalize.keep_best": None,
    "normalize.missing_indicator": False,
    "normalize.target": "none",
    "train.layers": [6, 5],
    "train.activation": "relu",
    "train.kernel_initializer": "glorot_uniform",
    "train.dropout": 0.5,
    "train.optimizer": "adam",
    "train.learning_rate": 0.001,
    "train.batch_size": 32,
    "train.epochs": 3,
    "train.shuffle": True,
    "train.loss": "binary_crossentropy",
    "train.early_stopping.patience": None,
    "train.output_units": 1,
    "train.output_activation": "sigmoid",
    "train.target_encoding": "integer",
    "train.initial_weights": None,
}
KINDS = {"a": "numeric", "b": "numeric", "flag": "binary"}


@dataclass(frozen=True)
class Shape:
    """How a script is written: its imports, its model, its rows, and its lines."""

    imports: str
    model: str
    rows: str
    validation: str
    optimizer: str
    function: bool
    indent: str
    newline: str
    final: bool
    mark: bool


IMPORTS = {
    "import keras": ("keras.", "keras.layers."),
    "from tensorflow import keras": ("keras.", "keras.layers."),
    "import tensorflow as tf": ("tf.keras.", "tf.keras.layers."),
    "from keras import Input, Model, Sequential, layers": ("", "layers."),
    "from keras import Input, Model, Sequential\nfrom keras.layers import Dense, Dropout": ("", ""),
    "import keras\nL = keras.layers": ("keras.", "L."),
}
MODELS = ("list", "add", "functional", "nested")
ROWS = ("array", "whole", "frame", "expression")
VALIDATION = ("data", "split", "none")


def script_of(shape: Shape) -> tuple[str, list[str]]:
    """The script's text, and those of its lines that no edit has a reason to touch."""
    root, layer = IMPORTS[shape.imports]
    lines = [*shape.imports.split("\n"), "import numpy as np", "import pandas as pd", ""]
    noise: list[str] = []

    def apart(text: str) -> str:
        noise.append(text)
        return text

    body = [
        apart("rng = np.random.default_rng(3)  # ünïcode, \\t and 'quotes'"),
        apart("x = rng.integers(0, 90, (60, 3)); x[:, 2] %= 2"),
        apart("y = (x[:, 0] > 40).astype('int64')"),
        "",
    ]
    if shape.rows in ("frame", "expression"):
        body.append(apart("x = pd.DataFrame(x, columns=['a', 'b', 'flag'])"))
        body.append(apart("y = pd.Series(y)"))
    elif shape.rows == "array":
        body.append(apart("x = x * 1.5"))
    body += [apart("# the model"), *_model(shape.model, root, layer)]
    body += [apart('"""'), apart("  text in   between  "), apart('"""')]
    optimizer = '"adam"' if shape.optimizer == "name" else f"{root}optimizers.Adam(0.001)"
    if not root and shape.optimizer != "name":
        lines.insert(0, "from keras.optimizers import Adam")
        optimizer = "Adam(learning_rate=0.001)"
    body += [f'model.compile(loss="binary_crossentropy", optimizer={optimizer})']
    x = 'x.astype("float32")' if shape.rows == "expression" else "x"
    held = {"data": f", validation_data=({x}[40:], y[40:])", "split": ", validation_split=0.25"}
    train = (f"{x}[:40]", "y[:40]") if shape.validation == "data" else (x, "y")
    body += ["model.fit(", f"    {', '.join(train)},"]
    body += [f"    epochs=3,  # few{held.get(shape.validation, '') and ''}"]
    if shape.validation in held:
        body += [f"    {held[shape.validation][2:]},"]
    body += [")", f"print(model.predict({x}[:2]))", apart("print('done')   # trailing blanks   ")]
    if shape.function:
        indented = [shape.indent + line if line else "" for line in body]
        noise = [shape.indent + line for line in noise]
        lines += ["", "def main():", *indented, "", "", "main()"]
    else:
        lines += body
    text = shape.newline.join(lines) + (shape.newline if shape.final else "")
    return ("\ufeff" if shape.mark else "") + text, noise


def _model(model: str, root: str, layer: str) -> list[str]:
    first, second = (f'{layer}Dense({units}, activation="relu")' for units in (6, 5))
    drop, last = f"{layer}Dropout(0.5)", f'{layer}Dense(1, activation="sigmoid")'
    start, sequential = f"{root}Input((3,))", f"{root}Sequential"
    if model == "list":
        chain = [start, first, drop, second, drop, last]
        return [f"model = {sequential}(["] + [f"    {one}," for one in chain] + ["])"]
    if model == "add":
        chain = [start, first, drop, second, drop, last]
        return [f"model = {sequential}()"] + [f"model.add({one})" for one in chain]
    if model == "functional":
        chain = [f"h = {one}(h)" for one in (first, drop, second, drop)]
        return [f"i = h = {start}", *chain, f"model = {root}Model(i, {last}(h))"]
    return [f"i = {start}", f"model = {root}Model(i, {last}({drop}({second}({drop}({first}(i))))))"]


def program_of(sections: dict, shape: Shape) -> Program:
    """The program of such a script with these sections."""
    return Program(
        sections["normalize"], sections["train"], task_of(), 40, KINDS,
        named=shape.rows in ("frame", "expression"), validated=shape.validation != "none",
    )  # fmt: skip


def fixed(text: str, shape: Shape, edit: dict[str, Any]) -> tuple[Fix, Program]:
    """The patch of the script for this edit, and the program that it is to become."""
    before = edited(COMMITTED, BASE)
    after = program_of(edited(before, edit), shape)
    script = ScriptText(path="a folder/train.py", source=text, named=after.named, applied=[])
    return fix_of(script, program_of(before, shape), after), after


def fit_of(source: bytes, monkeypatch) -> tuple[Any, dict[str, Any]]:
    """The model, and the arguments of the first fit of a script, which is run without training."""
    seen: list[tuple[Any, dict[str, Any]]] = []
    signature = inspect.signature(keras.Model.fit)

    def fit(*arguments, **named):
        bound = signature.bind(*arguments, **named)
        given = dict(bound.arguments)
        seen.append((given.pop("self"), given))

    monkeypatch.setattr(keras.Model, "fit", fit)
    try:
        exec(compile(source, "train.py", "exec"), {"__name__": "__main__"})  # noqa: S102 (our own)
    finally:
        monkeypatch.undo()
    return seen[0]


def program_that_runs(source: bytes, shape: Shape, monkeypatch) -> tuple[Program, np.ndarray]:
    """The program that the script is now, and the rows that its fit trains on."""
    model, given = fit_of(source, monkeypatch)
    x = given.pop("x")
    taken = taken_over(model, x, given.pop("y"), **given)
    plain = {key: one for key, one in taken.edits.items() if not key.startswith("data.")}
    found = program_of(edited(COMMITTED, plain), shape)
    share = given.get("validation_split", 0.0)
    return found, np.asarray(x, "float64")[: int(len(x) * (1 - share))]

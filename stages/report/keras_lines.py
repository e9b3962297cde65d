"""What params.yaml says, as the lines of a Keras script: a program before an edit and after it.

A new part of a program is one function and one entry of PARTS. `steps` are those of an epoch.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Train = dict[str, Any]

# stages/lib/mlp/contract.py settles the same; that module is not imported here, for it loads
# TensorFlow (a test compares the two).
MATCHED_LOSS = {
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
    "multilabel": "binary_crossentropy",
    "regression": "mean_squared_error",
}
OF_CODES = ("sparse_categorical_crossentropy",)
OF_ONE_HOT = ("categorical_crossentropy", "kl_divergence")
LOSSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
}
INITIALIZERS = {
    "zeros": "Zeros", "ones": "Ones", "constant": "Constant", "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform", "truncated_normal": "TruncatedNormal",
    "variance_scaling": "VarianceScaling", "orthogonal": "Orthogonal", "identity": "Identity",
}  # fmt: skip
# Keras' class, and its defaults of what params.yaml has a key for.
OPTIMIZERS = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.0}),
    "nesterov": ("SGD", {"momentum": 0.0}),
    "rmsprop": ("RMSprop", {"rho": 0.9, "epsilon": 1e-7}),
    "adam": ("Adam", {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    "adamw": ("AdamW", {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
    "adagrad": ("Adagrad", {"epsilon": 1e-7}),
}
CLIPS = {"value": "clipvalue", "norm": "clipnorm", "global_norm": "global_clipnorm"}
_SIGNED_LOG = "lambda v: np.sign(v) * np.log1p(np.abs(v))"
SCALERS = {
    "standard": "StandardScaler()",
    "minmax": "MinMaxScaler()",
    "robust": "RobustScaler()",
    "quantile": 'QuantileTransformer(n_quantiles=100, output_distribution="normal")',
    "log1p_standard": f"make_pipeline(FunctionTransformer({_SIGNED_LOG}), StandardScaler())",
}
TARGET_SCALERS = SCALERS | {
    "log1p_standard": "make_pipeline(FunctionTransformer("
    f"{_SIGNED_LOG}, lambda v: np.sign(v) * np.expm1(np.abs(v))), StandardScaler())"
}
IMPUTERS = {
    "mean": 'strategy="mean"',
    "median": 'strategy="median"',
    "zero": 'strategy="constant", fill_value=0.0',
}
# Of a deep network the first layers stand for the others.
MOST_LAYERS = 8


@dataclass(frozen=True)
class Program:
    """The sections normalize and train of params.yaml as plain values, and of the data the task,
    the number of classes (or labels), the training rows, whether all columns are numeric (none of
    two values), and the number of targets."""

    normalize: dict[str, Any]
    train: Train
    task: str
    classes: int
    rows: int
    all_numeric: bool = True
    targets: int = 1

    @property
    def steps(self) -> int:
        return -(-self.rows // self.train["batch_size"])

    @property
    def loss(self) -> str:
        given = self.train["loss"]
        return MATCHED_LOSS[self.task] if given == "auto" else given

    @property
    def encoding(self) -> str:
        """As stages/lib/mlp/contract.py settles `auto`; 'value' for a regression."""
        if self.task == "regression":
            return "value"
        asked, units = self.train["target_encoding"], self.train["output_units"]
        if asked != "auto":
            return asked
        if self.task == "multilabel":
            return "multi_hot"
        if self.loss in OF_CODES:
            return "integer"
        if self.loss in OF_ONE_HOT or units == self.classes:
            return "one_hot"
        return "one_hot" if units == "auto" and self.classes > 2 else "integer"

    @property
    def units(self) -> int:
        given = self.train["output_units"]
        if given != "auto":
            return given
        of_classes = self.classes and (self.loss in OF_CODES or self.encoding == "one_hot")
        return self.classes if of_classes else self.targets

    @property
    def output_activation(self) -> str:
        given = self.train["output_activation"]
        if given != "auto":
            return given
        if self.task == "regression" or self.train["from_logits"]:
            return "linear"
        labels = self.units == 1 or self.task == "multilabel"
        return "sigmoid" if labels else "softmax"


@dataclass(frozen=True)
class Change:
    """Lines of one part of a script before and after; about: which of a script's calls it is in
    (stages/tools/adopt/translate/places.py), or ''."""

    title: str
    about: str
    old: list[str]
    new: list[str]


def changes(before: Program, after: Program) -> list[Change]:
    """The parts of the script that an edit changes, in the order in which a script has them."""
    found = []
    for title, about, lines in PARTS:
        old, new = lines(before), lines(after)
        if old != new:
            found.append(Change(title, about, old, new))
    return found


def _call(name: str, *arguments: str) -> str:
    return f"{name}({', '.join(one for one in arguments if one)})"


def _literal(value: Any) -> str:
    """As Python writes it, text in double quotes."""
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _inputs(program: Program) -> list[str]:
    """Scaling of the columns, fitted on the training rows alone."""
    given = program.normalize
    kinds = {"features": given["features"], "binary": given["binary"]}
    if program.all_numeric:
        del kinds["binary"]
    same = len(set(kinds.values())) == 1 and not given["columns"]
    lines = []
    if same and given["features"] != "none":
        lines += _scaled("x_train", "x_val", SCALERS[given["features"]])
    elif not same:
        lines += _imports(*(SCALERS.get(kind, "") for kind in kinds.values()))
        lines.append("several = [len(np.unique(column)) > 2 for column in np.asarray(x_train).T]")
        for kind, which in (("features", "several"), ("binary", "~np.array(several)")):
            if kinds.get(kind, "none") != "none":
                scaler = SCALERS[kinds[kind]]
                lines.append(f"columns = np.flatnonzero({which})")
                lines.append(f"scaler = {scaler}.fit(x_train[:, columns])")
                lines += [f"{x}[:, columns] = scaler.transform({x}[:, columns])"
                          for x in ("x_train", "x_val")]  # fmt: skip
        for name, kind in given["columns"].items():
            if kind != "none":
                lines.append(f"scaler = {SCALERS[kind]}.fit(x_train[[{_literal(name)}]])")
                lines += [f"{x}[[{_literal(name)}]] = scaler.transform({x}[[{_literal(name)}]])"
                          for x in ("x_train", "x_val")]  # fmt: skip
    return lines


def _scaled(train: str, held_out: str, scaler: str) -> list[str]:
    return [
        *_imports(scaler),
        f"scaler = {scaler}.fit({train})",
        f"{train}, {held_out} = scaler.transform({train}), scaler.transform({held_out})",
    ]


def _imports(*calls: str) -> list[str]:
    """What scikit-learn has of these calls."""
    rooms = {
        "pipeline": ("make_pipeline",),
        "preprocessing": ("FunctionTransformer", "MinMaxScaler", "QuantileTransformer",
                          "RobustScaler", "StandardScaler"),
        "impute": ("SimpleImputer",),
    }  # fmt: skip
    found = {
        room: [name for name in names if any(f"{name}(" in call for call in calls)]
        for room, names in rooms.items()
    }
    return [f"from sklearn.{room} import {', '.join(names)}" for room, names in found.items()
            if names]  # fmt: skip


def _gaps(program: Program) -> list[str]:
    rule = program.normalize["missing"]
    if rule == "keep":
        return []
    return [
        "from sklearn.impute import SimpleImputer",
        f"filler = SimpleImputer({IMPUTERS[rule]}).fit(x_train)",
        "x_train, x_val = filler.transform(x_train), filler.transform(x_val)",
    ]


def _target(program: Program) -> list[str]:
    kind = program.normalize["target"]
    if program.task != "regression" or kind == "none":
        return []
    # scikit-learn scales columns: one number a row has to become one.
    column = ".reshape(-1, 1)" if program.targets == 1 else ""
    return [
        *_imports(TARGET_SCALERS[kind]),
        f"scaler = {TARGET_SCALERS[kind]}.fit(y_train{column})",
        f"y_train, y_val = (scaler.transform(y{column}) for y in (y_train, y_val))",
        "predicted = scaler.inverse_transform(model.predict(x_val))",
    ]


def _labels(program: Program) -> list[str]:
    return {
        "value": [],
        "integer": ["y = codes  # 0, 1, ..."],
        "integer_from_one": ["y = codes + 1"],
        "plus_minus_one": ["y = 2 * codes - 1"],
        "multi_hot": ["y = codes  # 0 or 1 for each label"],
        "one_hot": [f"y = keras.utils.to_categorical(codes, {program.classes})"],
    }[program.encoding]


def _hidden(program: Program) -> list[str]:
    train = program.train
    lines: list[str] = []
    for i, units in enumerate(train["layers"]):
        if i == MOST_LAYERS:
            lines.append(f"# and {len(train['layers']) - i} more alike")
            break
        apart = train["batch_normalization"] == "before_activation"
        activation = "" if apart else _activated(train["activation"])
        lines.append(_dense(units, activation, train))
        if train["batch_normalization"] != "none":
            lines.append("keras.layers.BatchNormalization()")
        if apart:
            lines.append(f"keras.layers.Activation({_literal(train['activation'])})")
        if train["dropout"]:
            lines.append(f"keras.layers.Dropout({train['dropout']!r})")
    return lines


def _activated(name: str) -> str:
    return "" if name == "linear" else f"activation={_literal(name)}"


def _dense(units: int, activation: str, train: Train) -> str:
    kernel, bias = (_initializer(train[key]) for key in ("kernel_initializer", "bias_initializer"))
    return _call(
        "keras.layers.Dense",
        str(units),
        activation,
        "" if kernel == '"glorot_uniform"' else f"kernel_initializer={kernel}",
        "" if bias == '"zeros"' else f"bias_initializer={bias}",
        f"kernel_regularizer=keras.regularizers.L2({train['l2']!r})" if train["l2"] else "",
    )


def _initializer(given: str | dict) -> str:
    given = {"name": given} if isinstance(given, str) else given
    arguments = [f"{key}={_literal(value)}" for key, value in given.items() if key != "name"]
    name = given["name"]
    # The name alone of a constant stands for nothing in Keras.
    if not arguments and name != "constant":
        return _literal(name)
    known = INITIALIZERS.get(name) or "".join(word.capitalize() for word in name.split("_"))
    return _call(f"keras.initializers.{known}", *arguments)


def _output(program: Program) -> list[str]:
    return [_dense(program.units, _activated(program.output_activation), program.train)]


def _loss(program: Program) -> list[str]:
    train = program.train
    arguments = []
    if program.loss in LOSSES and train["from_logits"]:
        arguments.append("from_logits=True")
    if train["label_smoothing"]:
        arguments.append(f"label_smoothing={train['label_smoothing']!r}")
    if not arguments:
        return [f"model.compile(loss={_literal(program.loss)})"]
    return [f"model.compile(loss={_call(f'keras.losses.{LOSSES[program.loss]}', *arguments)})"]


def _optimizer(program: Program) -> list[str]:
    train = program.train
    name, defaults = OPTIMIZERS[train["optimizer"]]
    rate, lines = _rate(program)
    arguments = [f"learning_rate={rate}"]
    arguments += [f"{key}={train[key]!r}" for key, default in defaults.items()
                  if train[key] != default]  # fmt: skip
    if train["optimizer"] == "nesterov":
        arguments.append("nesterov=True")
    if train["weight_decay"] not in ("auto", 0.0) or (
        train["optimizer"] == "adamw" and train["weight_decay"] == 0.0
    ):
        arguments.append(f"weight_decay={train['weight_decay']!r}")
    arguments += [f"{CLIPS[kind]}={limit!r}" for kind, limit in train["clip"].items()
                  if limit is not None]  # fmt: skip
    return [*lines, f"model.compile(optimizer={_call(f'keras.optimizers.{name}', *arguments)})"]


def _rate(program: Program) -> tuple[str, list[str]]:
    """The learning rate, and the lines of its schedule."""
    train, steps = program.train, program.steps
    schedule, rate = train["schedule"], train["learning_rate"]
    warmup = round(schedule["warmup_epochs"] * steps)
    remark = f"  # after a linear rise over {warmup} steps" if warmup else ""
    if schedule["name"] == "exponential":
        length = schedule["decay_epochs"] * steps
        arguments = [repr(rate), f"decay_steps={length:g}", f"decay_rate={schedule['decay_rate']}"]
        name = "ExponentialDecay"
    elif schedule["name"] == "cosine":
        length = max(1, train["epochs"] * steps - warmup)
        start = [repr(rate), f"decay_steps={length}"]
        if warmup:
            start = ["0.0", f"decay_steps={length}", f"warmup_target={rate!r}"]
            start.append(f"warmup_steps={warmup}")
        final = schedule["final_fraction"]
        arguments = [*start, f"alpha={final!r}" if final else ""]
        name, remark = "CosineDecay", ""
    else:
        return f"{rate!r}", [f"# a linear rise over {warmup} steps first"] if warmup else []
    return "rate", [f"rate = {_call(f'keras.optimizers.schedules.{name}', *arguments)}{remark}"]


def _fit(program: Program) -> list[str]:
    train = program.train
    stopping = train["early_stopping"]
    callback = ""
    if stopping["patience"] is not None:
        callback = _call(
            "keras.callbacks.EarlyStopping",
            f"patience={stopping['patience']}",
            f"min_delta={stopping['min_delta']!r}" if stopping["min_delta"] else "",
            "restore_best_weights=True" if stopping["restore_best"] else "",
        )
        callback = f"callbacks=[{callback}]"
    weights, lines = _class_weight(train["class_weight"])
    return [
        *lines,
        _call(
            "model.fit",
            "x_train",
            "y_train",
            f"batch_size={train['batch_size']}",
            f"epochs={train['epochs']}",
            "" if train["shuffle"] else "shuffle=False",
            "validation_data=(x_val, y_val)",
            weights,
            callback,
        ),
    ]


def _class_weight(given: str | dict | None) -> tuple[str, list[str]]:
    """The argument of fit, and the lines before it. Classes of a script are called by their
    numbers."""
    if given is None:
        return "", []
    if given == "balanced":
        call = 'compute_class_weight("balanced", classes=np.unique(codes), y=codes)'
        lines = [
            "from sklearn.utils.class_weight import compute_class_weight",
            f"balanced = dict(zip(np.unique(codes), {call}))",
        ]
        return "class_weight=balanced", lines
    pairs = [
        f"{name if name.removeprefix('-').isdecimal() else _literal(name)}: {weight!r}"
        for name, weight in given.items()
    ]
    return f"class_weight={{{', '.join(pairs)}}}", []


PARTS: tuple[tuple[str, str, Callable[[Program], list[str]]], ...] = (
    ("gaps in the inputs", "", _gaps),
    ("scale of the inputs", "", _inputs),
    ("scale of the target", "", _target),
    ("encoding of the classes", "", _labels),
    ("hidden layers", "layers", _hidden),
    ("output layer", "layers", _output),
    ("loss", "compile", _loss),
    ("optimizer", "optimizer", _optimizer),
    ("fit", "fit", _fit),
)

"""Lines that fill gaps, scale inputs and target, and encode the classes."""

from collections.abc import Mapping

from stages.lib.params.column_transform import ColumnTransform
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.transforms import GAP_RULES, TRANSFORMS
from stages.report.keras_lines.calls import call, literal
from stages.report.keras_lines.program import Program


def input_lines(program: Program) -> list[str]:
    """Scaling of the columns, fitted on the training rows only."""
    normalize = program.normalize
    kinds = {"features": normalize["features"], "binary": normalize["binary"]}
    if program.all_numeric:
        del kinds["binary"]
    exceptions = {
        name: ColumnTransform.model_validate(entry) for name, entry in normalize["columns"].items()
    }
    scaled = {name: one.name for name, one in exceptions.items() if TRANSFORMS[one.name].one_input}
    replaced = {
        name: _spelled(program, name, one) for name, one in exceptions.items() if name not in scaled
    }
    same = len(set(kinds.values())) == 1 and not scaled
    lines = []
    if same and replaced:
        return _replacing(replaced, TRANSFORMS[normalize["features"]].sklearn)
    if same and normalize["features"] != "none":
        lines += _scaling("x_train", "x_val", TRANSFORMS[normalize["features"]].sklearn)
    elif not same:
        lines += _imports(*(TRANSFORMS[kind].sklearn for kind in kinds.values()))
        lines.append("several = [len(np.unique(column)) > 2 for column in np.asarray(x_train).T]")
        for kind, which in (("features", "several"), ("binary", "~np.array(several)")):
            if kinds.get(kind, "none") != "none":
                scaler = TRANSFORMS[kinds[kind]].sklearn
                lines.append(f"columns = np.flatnonzero({which})")
                lines.append(f"scaler = {scaler}.fit(x_train[:, columns])")
                lines += [f"{x}[:, columns] = scaler.transform({x}[:, columns])"
                          for x in ("x_train", "x_val")]  # fmt: skip
        for name, kind in scaled.items():
            if kind != "none":
                lines.append(f"scaler = {TRANSFORMS[kind].sklearn}.fit(x_train[[{literal(name)}]])")
                lines += [f"{x}[[{literal(name)}]] = scaler.transform({x}[[{literal(name)}]])"
                          for x in ("x_train", "x_val")]  # fmt: skip
        lines += _replacing(replaced, "") if replaced else []
    return lines


def _spelled(program: Program, column: str, chosen: ColumnTransform) -> str:
    """The scikit-learn object of a column's transform, its arguments as given or fitted."""
    row = TRANSFORMS[chosen.name]
    if not row.arguments:
        return row.sklearn
    arguments = chosen.arguments
    if set(arguments) < set(row.arguments):
        arguments = {**program.fitted[row.name][column], **arguments}
    return row.sklearn.format(**{key: f"{value:.12g}" for key, value in arguments.items()})


def _replacing(columns: Mapping[str, str], others: str) -> list[str]:
    """Columns of other numbers of inputs than one, each with its transformer, and the scaler of all
    others ('' for none)."""
    names = {kind: [name for name in columns if columns[name] == kind] for kind in columns.values()}
    parts = [f"({kind}, {literal(names[kind])})" for kind in names]
    remainder = others or literal("passthrough")
    scaler = call("make_column_transformer", *parts, f"remainder={remainder}")
    return _scaling("x_train", "x_val", scaler)


def _scaling(train: str, held_out: str, scaler: str) -> list[str]:
    return [
        *_imports(scaler),
        f"scaler = {scaler}.fit({train})",
        f"{train}, {held_out} = scaler.transform({train}), scaler.transform({held_out})",
    ]


def _imports(*calls: str) -> list[str]:
    """What scikit-learn has of these calls."""
    modules = {
        "compose": ("make_column_transformer",),
        "pipeline": ("make_pipeline",),
        "preprocessing": ("FunctionTransformer", "MinMaxScaler", "OneHotEncoder",
                          "QuantileTransformer", "RobustScaler", "StandardScaler"),
        "impute": ("SimpleImputer",),
    }  # fmt: skip
    used = {
        module: [name for name in names if any(f"{name}(" in call for call in calls)]
        for module, names in modules.items()
    }
    return [
        f"from sklearn.{module} import {', '.join(names)}"
        for module, names in used.items()
        if names
    ]


def selection_lines(program: Program) -> list[str]:
    """The columns that by themselves say most of the target, chosen on the training rows only."""
    keep = program.normalize["keep_best"]
    if keep is None:
        return []
    score = "f_regression" if program.contract.kind.is_regression else "f_classif"
    lines = [f"from sklearn.feature_selection import SelectKBest, {score}"]
    target = "y_train"
    if len(program.task.targets) > 1:
        lines.append(f"score = lambda x, y: np.max([{score}(x, t)[0] for t in y.T], axis=0)")
        score = "score"
    elif program.task.kind.has_classes:
        target = "codes"
    return [
        *lines,
        f"selector = SelectKBest({score}, k={keep}).fit(x_train, {target})",
        "x_train, x_val = selector.transform(x_train), selector.transform(x_val)",
    ]


def gap_lines(program: Program) -> list[str]:
    """Gaps filled, by a rule fitted on the training rows only."""
    imputer = GAP_RULES[program.normalize["missing"]].imputer
    if not imputer:
        return []
    indicator = ", add_indicator=True" * program.normalize["missing_indicator"]
    return [
        "from sklearn.impute import SimpleImputer",
        f"filler = SimpleImputer({imputer}{indicator}).fit(x_train)",
        "x_train, x_val = filler.transform(x_train), filler.transform(x_val)",
    ]


def target_lines(program: Program) -> list[str]:
    """Scaling of the target, and of the predictions back."""
    scaler = TRANSFORMS[program.normalize["target"]].sklearn_target
    if not program.contract.kind.is_regression or not scaler:
        return []
    # scikit-learn scales columns: one number a row has to become one.
    column = ".reshape(-1, 1)" if len(program.task.targets) == 1 else ""
    return [
        *_imports(scaler),
        f"scaler = {scaler}.fit(y_train{column})",
        f"y_train, y_val = (scaler.transform(y{column}) for y in (y_train, y_val))",
        "predicted = scaler.inverse_transform(model.predict(x_val))",
    ]


def encoding_lines(program: Program) -> list[str]:
    """The classes or labels as numbers."""
    line = ENCODINGS[program.contract.encoding].keras_line
    return [line.format(classes=len(program.task.classes))] if line else []

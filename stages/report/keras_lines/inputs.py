"""Lines that fill gaps, choose and scale inputs, scale the target, and encode the classes.

They hold for arrays of any type and for DataFrames: what is scaled becomes a new array, and
nothing is written back into one of whole numbers.
"""

from collections.abc import Mapping

from stages.lib.params.column_transform import ColumnTransform
from stages.lib.vocabulary.encodings import ENCODINGS
from stages.lib.vocabulary.transforms import GAP_RULES, TRANSFORMS, Transform
from stages.report.keras_lines.calls import call, literal
from stages.report.keras_lines.program import Program

# Names of columns that one line can list; of more it lists the positions, which are ranges.
MOST_NAMES = 12


def input_lines(program: Program) -> list[str]:
    """Scaling of the columns, fitted on the training rows only."""
    scaler = scaler_of(program)
    return _prepared(program, "scaler", scaler, "x_train") if scaler else []


def scaler_of(program: Program) -> str:
    """The scikit-learn object that scales the inputs, or ''. Columns that are not scaled alike
    stand in a ColumnTransformer, by their names or positions."""
    spelled = {name: _spelled(program, name) for name in program.kinds}
    if not spelled:
        return _object_of(TRANSFORMS[program.normalize["features"]], {})
    kinds = [*dict.fromkeys(spelled.values())]
    if len(kinds) == 1 and not has_indicators(program):
        return kinds[0]
    # After a filler of gaps columns have no names.
    named = program.named and not program.fills_gaps and len(spelled) <= MOST_NAMES
    parts = []
    for kind in filter(None, kinds):
        columns = [name for name in spelled if spelled[name] == kind]
        positions = [i for i, name in enumerate(spelled) if spelled[name] == kind]
        parts.append(f"({kind}, {literal(columns) if named else _ranges(positions)})")
    if not parts:
        return ""
    return call("make_column_transformer", *parts, 'remainder="passthrough"')


def has_indicators(program: Program) -> bool:
    """Whether gaps become inputs of their own, which stand behind the others."""
    return program.fills_gaps and bool(program.normalize["missing_indicator"])


def _spelled(program: Program, column: str) -> str:
    """The scikit-learn object of a column's transform, its arguments as given or fitted."""
    normalize = program.normalize
    given = normalize["columns"].get(column)
    if given is None:
        by_kind = "binary" if program.kinds[column] == "binary" else "features"
        return _object_of(TRANSFORMS[normalize[by_kind]], {})
    chosen = ColumnTransform.model_validate(given)
    row, arguments = TRANSFORMS[chosen.name], chosen.arguments
    if any(a.default is None and a.name not in arguments for a in row.arguments):
        arguments = {**program.fitted[row.name][column], **arguments}
    return _object_of(row, arguments)


def _object_of(row: Transform, arguments: Mapping[str, float]) -> str:
    """The scikit-learn object of a transform with these arguments, the others at their defaults."""
    numbers = {key: f"{value:.12g}" for key, value in {**row.defaults, **arguments}.items()}
    return row.sklearn.format(**numbers) if row.arguments else row.sklearn


def _ranges(positions: list[int]) -> str:
    """`[0, *range(2, 9)]`: at least three that follow one another become a range."""
    parts: list[str] = []
    start = 0
    while start < len(positions):
        end = start
        while end + 1 < len(positions) and positions[end + 1] == positions[end] + 1:
            end += 1
        if end - start >= 2:
            parts.append(f"*range({positions[start]}, {positions[end] + 1})")
        else:
            parts += map(str, positions[start : end + 1])
        start = end + 1
    return f"[{', '.join(parts)}]"


def _prepared(program: Program, name: str, made: str, fitted_on: str) -> list[str]:
    """An object of scikit-learn is fitted, and the rows go through it."""
    lines = [*imports_of(made), f"{name} = {made}.fit({fitted_on})"]
    if not program.has_validation:
        return [*lines, f"x_train = {name}.transform(x_train)"]
    return [*lines, f"x_train, x_val = {name}.transform(x_train), {name}.transform(x_val)"]


def imports_of(*calls: str) -> list[str]:
    """The lines that import what these calls have of scikit-learn."""
    modules = {
        "compose": ("make_column_transformer",),
        "feature_selection": ("SelectKBest", "f_classif", "f_regression"),
        "impute": ("SimpleImputer",),
        "pipeline": ("make_pipeline",),
        "preprocessing": ("FunctionTransformer", "MinMaxScaler", "OneHotEncoder",
                          "QuantileTransformer", "RobustScaler", "SplineTransformer",
                          "StandardScaler"),
    }  # fmt: skip
    used = {
        module: [name for name in names if any(name in call for call in calls)]
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
    score = score_of(program)
    lines, target = imports_of(score), "y_train"
    if len(program.task.targets) > 1:
        lines.append(f"score = lambda x, y: np.max([{score}(x, t)[0] for t in y.T], axis=0)")
        score = "score"
    elif program.task.kind.has_classes:
        target = "codes"
    made = f"SelectKBest({score}, k={keep})"
    first, *others = _prepared(program, "selector", made, f"x_train, {target}")
    return [*lines, first, *others]


def score_of(program: Program) -> str:
    """scikit-learn's score of a column for the task."""
    return "f_regression" if program.contract.kind.is_regression else "f_classif"


def gap_lines(program: Program) -> list[str]:
    """Gaps filled, by a rule fitted on the training rows only."""
    filler = filler_of(program)
    return _prepared(program, "filler", filler, "x_train") if filler else []


def filler_of(program: Program) -> str:
    """The scikit-learn object that fills gaps, or ''."""
    imputer = GAP_RULES[program.normalize["missing"]].imputer
    indicator = ", add_indicator=True" * program.normalize["missing_indicator"]
    return f"SimpleImputer({imputer}{indicator})" if imputer else ""


def target_lines(program: Program) -> list[str]:
    """Scaling of the target, and of the predictions back."""
    scaler = target_scaler_of(program)
    if not scaler:
        return []
    names = ("y_train", "y_val") if program.has_validation else ("y_train",)
    return [
        *imports_of(scaler),
        f"target_scaler = {scaler}.fit({columns_of(program, 'y_train')})",
        *(f"{name} = target_scaler.transform({columns_of(program, name)})" for name in names),
        f"predicted = target_scaler.inverse_transform("
        f"model.predict({'x_val' if program.has_validation else 'x_train'}))",
    ]


def columns_of(program: Program, y: str) -> str:
    """Targets as scikit-learn scales them: one number a row has to become a column."""
    return f"np.asarray({y}).reshape(-1, 1)" if len(program.task.targets) == 1 else y


def target_scaler_of(program: Program) -> str:
    """The scikit-learn object that scales a regression's target, or ''."""
    if not program.contract.kind.is_regression:
        return ""
    return TRANSFORMS[program.normalize["target"]].sklearn_target


def encoding_lines(program: Program) -> list[str]:
    """The classes or labels as numbers."""
    line = ENCODINGS[program.contract.encoding].keras_line
    return [line.format(classes=len(program.task.classes))] if line else []

"""Lines that call fit, and that hold out rows for early stopping."""

from typing import Any

from stages.report.keras_lines.calls import call, literal
from stages.report.keras_lines.program import Program


def held_out_lines(program: Program) -> list[str]:
    """Rows for early stopping to watch, where the script has no validation rows."""
    if program.validated or not program.stops_early:
        return []
    return [
        "from sklearn.model_selection import train_test_split",
        f"x_train, x_val, y_train, y_val = {split_of(program, 'x_train', 'y_train')}",
    ]


def split_of(program: Program, x: str, y: str) -> str:
    """The call that holds out these rows of two expressions."""
    return f"train_test_split({x}, {y}, test_size={program.held_out!r}, random_state=0)"


def fit_lines(program: Program) -> list[str]:
    """The call of fit, and what has to stand before it."""
    train = program.train
    callbacks = [stopping_of(program)] if program.stops_early else []
    if program.reduces_on_plateau:
        callbacks.append(plateau_of(program))
    weights, lines = _class_weight(train["class_weight"])
    return [
        *lines,
        call(
            "model.fit",
            "x_train",
            "y_train",
            f"batch_size={train['batch_size']}",
            f"epochs={train['epochs']}",
            "" if train["shuffle"] else "shuffle=False",
            "validation_data=(x_val, y_val)" if program.has_validation else "",
            f"class_weight={weights}" if weights else "",
            f"callbacks=[{', '.join(callbacks)}]" if callbacks else "",
        ),
    ]


def stopping_of(program: Program) -> str:
    """The callback as an expression."""
    stopping = program.train["early_stopping"]
    return call(
        "keras.callbacks.EarlyStopping",
        f"patience={stopping['patience']}",
        f"min_delta={stopping['min_delta']!r}" if stopping["min_delta"] else "",
        "restore_best_weights=True" if stopping["restore_best"] else "",
    )


def plateau_of(program: Program) -> str:
    """The callback that lowers the rate, as an expression."""
    plateau = program.train["reduce_on_plateau"]
    return call(
        "keras.callbacks.ReduceLROnPlateau",
        f"patience={plateau['patience']}",
        f"factor={plateau['factor']!r}",
        f"min_delta={plateau['min_delta']!r}",
        f"cooldown={plateau['cooldown']}" if plateau["cooldown"] else "",
        f"min_lr={plateau['min_learning_rate']!r}" if plateau["min_learning_rate"] else "",
    )


def _class_weight(weights: str | dict[str, float] | None) -> tuple[str, list[str]]:
    """The value of the argument, or '', and the lines before it."""
    if weights is None:
        return "", []
    if isinstance(weights, str):  # balanced
        call = 'compute_class_weight("balanced", classes=np.unique(codes), y=codes)'
        lines = [
            "from sklearn.utils.class_weight import compute_class_weight",
            f"balanced = dict(zip(np.unique(codes), {call}))",
        ]
        return "balanced", lines
    return class_weights_of(weights), []


def class_weights_of(weights: dict[str, Any]) -> str:
    """A mapping of weights. Classes of a script are called by their numbers."""
    pairs = [
        f"{name if name.removeprefix('-').isdecimal() else literal(name)}: {weight!r}"
        for name, weight in weights.items()
    ]
    return f"{{{', '.join(pairs)}}}"

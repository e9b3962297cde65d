"""Lines that call fit."""

from stages.report.keras_lines.calls import call, literal
from stages.report.keras_lines.program import Program


def fit_lines(program: Program) -> list[str]:
    """The call of fit, and what has to stand before it."""
    train = program.train
    stopping = train["early_stopping"]
    callbacks = []
    if stopping["patience"] is not None:
        callbacks += [
            call(
                "keras.callbacks.EarlyStopping",
                f"patience={stopping['patience']}",
                f"min_delta={stopping['min_delta']!r}" if stopping["min_delta"] else "",
                "restore_best_weights=True" if stopping["restore_best"] else "",
            )
        ]
    plateau = train["reduce_on_plateau"]
    if plateau["patience"] is not None:
        callbacks += [
            call(
                "keras.callbacks.ReduceLROnPlateau",
                f"patience={plateau['patience']}",
                f"factor={plateau['factor']!r}",
                f"min_delta={plateau['min_delta']!r}",
                f"cooldown={plateau['cooldown']}" if plateau["cooldown"] else "",
                f"min_lr={plateau['min_learning_rate']!r}" if plateau["min_learning_rate"] else "",
            )
        ]
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
            "validation_data=(x_val, y_val)",
            weights,
            f"callbacks=[{', '.join(callbacks)}]" if callbacks else "",
        ),
    ]


def _class_weight(weights: str | dict[str, float] | None) -> tuple[str, list[str]]:
    """The argument of fit, and the lines before it. Classes of a script are called by their
    numbers."""
    if weights is None:
        return "", []
    if isinstance(weights, str):  # balanced
        call = 'compute_class_weight("balanced", classes=np.unique(codes), y=codes)'
        lines = [
            "from sklearn.utils.class_weight import compute_class_weight",
            f"balanced = dict(zip(np.unique(codes), {call}))",
        ]
        return "class_weight=balanced", lines
    pairs = [
        f"{name if name.removeprefix('-').isdecimal() else literal(name)}: {weight!r}"
        for name, weight in weights.items()
    ]
    return f"class_weight={{{', '.join(pairs)}}}", []

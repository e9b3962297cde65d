"""Lines that compile: the loss, and the optimizer with its schedule."""

from collections.abc import Callable

from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.lib.vocabulary.schedules import SCHEDULES
from stages.report.keras_lines.calls import call, literal
from stages.report.keras_lines.program import Program


def loss_lines(program: Program) -> list[str]:
    """`model.compile` with the loss, and its function where Keras has none."""
    row = program.contract.loss_row
    constants = {key: program.train[key] for key in row.constants}
    lines = row.definition.format(**constants).splitlines()
    return [*lines, f"model.compile(loss={loss_of(program)})"]


def loss_of(program: Program) -> str:
    """The loss as an expression: its name, its class where it has arguments, or a function of your
    own."""
    train, row = program.train, program.contract.loss_row
    if row.definition:
        return row.name
    arguments = []
    if row.has_logits and train["from_logits"]:
        arguments.append("from_logits=True")
    if train["label_smoothing"]:
        arguments.append(f"label_smoothing={train['label_smoothing']!r}")
    arguments += [
        f"{row.spelled[key]}={train[key]!r}"
        for key, default in row.constants.items()
        if train[key] != default
    ]
    if not arguments:
        return literal(row.name)
    return call(f"keras.losses.{row.keras_class}", *arguments)


def optimizer_lines(program: Program) -> list[str]:
    """`model.compile` with the optimizer; what Keras assumes by itself is left out."""
    rate, remark = _rate(program)
    lines = []
    if program.has_schedule:
        lines, rate = [f"rate = {rate}{remark}"], "rate"
    elif remark:
        lines = [remark.strip()]
    return [*lines, f"model.compile(optimizer={_optimizer(program, rate)})"]


def optimizer_of(program: Program) -> str | None:
    """The optimizer with its schedule as one expression; None where Keras has no class for the
    schedule's warm-up."""
    rate, remark = _rate(program)
    return None if remark else _optimizer(program, rate)


def _optimizer(program: Program, rate: str) -> str:
    train = program.train
    row = OPTIMIZERS[train["optimizer"]]
    arguments = row.keras_arguments(train)
    given = [f"learning_rate={rate}", *(f"{key}={value!r}" for key, value in arguments.items())]
    return call(f"keras.optimizers.{row.keras_class}", *given)


def _rate(program: Program) -> tuple[str, str]:
    """The learning rate or its schedule as an expression, and a remark on a warm-up that Keras has
    no class for."""
    schedule, rate = program.train["schedule"], program.train["learning_rate"]
    row = SCHEDULES[schedule["name"]]
    warmup = round(schedule["warmup_epochs"] * program.steps)
    if not row.keras_class:
        return f"{rate!r}", f"# a linear rise over {warmup} steps first" if warmup else ""
    arguments = _ARGUMENTS[row.name](program, warmup)
    apart = warmup and not row.has_warmup
    remark = f"  # after a linear rise over {warmup} steps" if apart else ""
    return call(f"keras.optimizers.schedules.{row.keras_class}", *arguments), remark


def _falling(program: Program, warmup: int) -> list[str]:
    schedule = program.train["schedule"]
    length = schedule["decay_epochs"] * program.steps
    rate = repr(program.train["learning_rate"])
    return [rate, f"decay_steps={length:g}", f"decay_rate={schedule['decay_rate']}"]


def _polynomial(program: Program, warmup: int) -> list[str]:
    schedule, rate = program.train["schedule"], program.train["learning_rate"]
    length = schedule["decay_epochs"] * program.steps
    end = rate * schedule["final_fraction"]
    power = f"power={schedule['power']}"
    return [repr(rate), f"decay_steps={length:g}", f"end_learning_rate={end!r}", power]


def _cosine(program: Program, warmup: int) -> list[str]:
    train = program.train
    length = max(1, train["epochs"] * program.steps - warmup)
    rate, fraction = train["learning_rate"], train["schedule"]["final_fraction"]
    alpha = f"alpha={fraction!r}" if fraction else ""
    if not warmup:
        return [repr(rate), f"decay_steps={length}", alpha]
    rise = [f"warmup_target={rate!r}", f"warmup_steps={warmup}"]
    return ["0.0", f"decay_steps={length}", *rise, alpha]


def _cosine_restarts(program: Program, warmup: int) -> list[str]:
    schedule, fraction = program.train["schedule"], program.train["schedule"]["final_fraction"]
    return [
        repr(program.train["learning_rate"]),
        f"first_decay_steps={schedule['decay_epochs'] * program.steps:g}",
        f"t_mul={schedule['restart_length']}",
        f"m_mul={schedule['restart_height']}",
        f"alpha={fraction!r}" if fraction else "",
    ]


def _piecewise_constant(program: Program, warmup: int) -> list[str]:
    schedule, rate = program.train["schedule"], program.train["learning_rate"]
    boundaries = [round(epochs * program.steps) for epochs in schedule["boundaries"]]
    values = [rate, *(rate * factor for factor in schedule["factors"])]
    return [f"boundaries={boundaries}", f"values={values}"]


# The arguments of Keras' class for a program and its steps of warm-up, by the names of
# lib/vocabulary/schedules.py.
_ARGUMENTS: dict[str, Callable[[Program, int], list[str]]] = {
    "exponential": _falling,
    "inverse_time": _falling,
    "polynomial": _polynomial,
    "cosine": _cosine,
    "cosine_restarts": _cosine_restarts,
    "piecewise_constant": _piecewise_constant,
}

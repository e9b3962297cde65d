"""Drawn programs trained by the engine and by `keras.Model.fit`, and how far the two may differ.

Both compute in float32 and add in another order. What that may do to a number is measured where it
has to be (`rounding`), since no tolerance holds for all programs: the sign of a gradient that is
zero but for rounding decides a whole step of lion or adam, and a bias before batch normalization
has no other gradient.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from stages.lib.mlp.batches import Part
from stages.lib.mlp.fit import Fit, train
from stages.lib.mlp.program import Program
from stages.lib.mlp.step import GraphCache
from tests.lib.mlp.drawn import Drawn
from tests.lib.mlp.in_keras import (
    as_in_a_script,
    evaluated_in_keras,
    keras_loss,
    keras_model,
    keras_optimizer,
    weights,
)

# Of losses and of weights, relative to how far they come in training: some ten thousand roundings
# of float32 (6e-8). A wrong factor in a step shows far above.
OF_CHANGE = 5e-4
# And relative to the number itself: some dozen roundings.
OF_VALUE = 2e-6
# Trainings from which the effect of rounding is measured, and by how much (relative) weights, rows
# and losses of rows differ between them: eight roundings of float32.
SHAKEN, SHAKE = 32, 2.0**-21
# A difference may be so many times the largest that rounding made in these trainings: where nothing
# but roundings are added up, Keras, in another order, makes more of them.
BEYOND = 8.0


@dataclass(frozen=True)
class Trained:
    """One program's training.

    Attributes:
        running: mean loss of the batches of each epoch, float64 [epochs].
        evaluated: loss of all rows, penalty included, before training and after each epoch,
            float64 [1 + epochs].
        arrays: the final weights in the order of Keras' get_weights.
        failed: the epoch (from 1) in which something stopped being finite, or None.
    """

    running: np.ndarray
    evaluated: np.ndarray
    arrays: list[np.ndarray]
    failed: int | None


def engine(
    plans: list[Program],
    parts: list[Part],
    arrays: list[dict[str, np.ndarray]],
    graphs: GraphCache,
) -> list[Trained]:
    """All programs as the replicas of one graph."""
    replicas = [replace(plan.replica, part=i) for i, plan in enumerate(plans)]
    beside = plans[0].engine_of(replicas, parts, graphs)
    splits = {"train": parts, "validation": parts}
    configs = [plan.fit_config for plan in plans]
    fits = train(beside, arrays, splits, configs, lambda outputs, split, rows: 0.0)
    return [_of_fit(plan, fit) for plan, fit in zip(plans, fits, strict=True)]


def _of_fit(plan: Program, fit: Fit) -> Trained:
    rows = fit.history
    return Trained(
        np.array([row["running_loss"] for row in rows[1:]]),
        np.array([row["training_loss"] + row["penalty"] for row in rows]),
        weights(plan, fit.arrays),
        fit.divergence["epoch"] if fit.divergence else None,
    )


class InKeras:
    """A compiled Keras model of a program; those that differ from it by learning rate, table and
    initial arrays only are trained by it too, which saves tracing it again."""

    def __init__(self, plan: Program, steps: int) -> None:
        self.model, self.loss = keras_model(plan), keras_loss(plan)
        self.optimizer = keras_optimizer(plan, steps)
        self.model.compile(self.optimizer, self.loss, jit_compile=False, run_eagerly=False)
        self.optimizer.build(self.model.trainable_variables)
        self.at_start = [variable.numpy() for variable in self.optimizer.variables]

    def train(self, plan: Program, part: Part, arrays: dict[str, np.ndarray]) -> Trained:
        """The program's training from these arrays."""
        for variable, value in zip(self.optimizer.variables, self.at_start, strict=True):
            variable.assign(value)
        if plan.params.schedule.name == "constant":
            self.optimizer.learning_rate = plan.params.learning_rate
        self.model.set_weights(weights(plan, arrays))
        # Keras' loss smooths labels by itself.
        y = replace(plan.contract, label_smoothing=0.0).encode(part.y)
        factors = part.factors(slice(None))

        def evaluate() -> float:
            return evaluated_in_keras(self.model, plan, self.loss, part.x, y, factors)

        evaluated, kept = [evaluate()], []

        def at_end(epoch: int, logs: dict) -> None:
            evaluated.append(evaluate())
            kept.append(all(np.isfinite(a).all() for a in self.model.get_weights()))

        history = self.model.fit(
            part.x, y, batch_size=plan.params.batch_size, epochs=plan.params.epochs, shuffle=False,
            verbose=0, callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=at_end)],
            **_weighting(plan, part),
        )  # fmt: skip
        running = np.array(history.history["loss"])
        failed = ~(np.isfinite(running) & np.array(kept))
        return Trained(
            running, np.array(evaluated), self.model.get_weights(),
            int(np.argmax(failed)) + 1 if failed.any() else None,
        )  # fmt: skip


def _weighting(plan: Program, part: Part) -> dict[str, Any]:
    """The arguments of fit that weight the rows: by class where Keras finds the class of a row in
    its target, and no row has a weight of its own."""
    by_class = part.class_weights
    told = plan.contract.encoding in ("integer", "one_hot")
    if told and by_class is not None and part.weights is None:
        return {"class_weight": dict(enumerate(by_class.tolist()))}
    return {"sample_weight": part.factors(slice(None))}


def in_keras(
    plans: list[Program], parts: list[Part], arrays: list[dict[str, np.ndarray]]
) -> list[Trained]:
    """The programs one after the other."""
    steps = -(-len(parts[0].x) // plans[0].params.batch_size)
    compiled: dict[str, InKeras] = {}
    trainings = []
    with as_in_a_script(), warnings.catch_warnings():
        # That a softmax stands where logits are declared, and the like: so it is drawn.
        warnings.simplefilter("ignore")
        for plan, part, initial in zip(plans, parts, arrays, strict=True):
            of_graph = plan.params.model_dump(exclude={"seed"})
            if plan.params.schedule.name == "constant":
                del of_graph["learning_rate"]
            model = compiled.setdefault(str(of_graph), None) or InKeras(plan, steps)
            compiled[str(of_graph)] = model
            trainings.append(model.train(plan, part, initial))
    return trainings


def comparable(of: Trained, epochs: int, penalized: bool) -> dict[str, np.ndarray]:
    """The numbers to compare, float64 arrays by name: what was reached in so many epochs, and the
    weights where all epochs were."""
    numbers = {"evaluated": of.evaluated[: epochs + 1]}
    if not penalized:
        # Keras adds the penalty to its running loss; ours states it apart.
        numbers["running"] = of.running[:epochs]
    if of.failed is None:
        numbers |= {f"array {i}": array.astype("float64") for i, array in enumerate(of.arrays)}
    return numbers


def allowed(theirs: dict[str, np.ndarray], initial: list[np.ndarray]) -> dict[str, float]:
    """The tolerance of each of the numbers."""
    # A program whose loss is NaN before it is trained has no finite one.
    losses = theirs["evaluated"][np.isfinite(theirs["evaluated"])]
    bound = OF_CHANGE * np.ptp(losses) + OF_VALUE * np.abs(losses).max() if len(losses) else 0.0
    bounds = dict.fromkeys(("evaluated", "running"), bound)
    ends = {f"array {i}": start for i, start in enumerate(initial) if f"array {i}" in theirs}
    changes = {name: np.abs(theirs[name] - start).max() for name, start in ends.items()}
    for name, change in changes.items():
        # Where a gradient is zero but for rounding, that is of what it was added up from.
        of_numbers = np.abs(theirs[name]).max() + max(changes.values())
        bounds[name] = OF_CHANGE * change + OF_VALUE * of_numbers
    return bounds


def difference(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Absolute; 0 of two that are both not finite in the same way."""
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    return np.where(same, 0.0, np.abs(one - other))


def rounding(
    found: Drawn,
    plan: Program,
    part: Part,
    arrays: dict[str, np.ndarray],
    graphs: GraphCache,
) -> list[Trained]:
    """Trainings by the engine that differ by some roundings of weights, rows and losses of rows,
    and by the order in which the rows of a batch are added up."""
    rng = np.random.default_rng(found.seed)
    size = plan.params.batch_size
    batches = [np.arange(found.rows)[first : first + size] for first in range(0, found.rows, size)]

    def shaken(array: np.ndarray) -> np.ndarray:
        noise = rng.uniform(-SHAKE, SHAKE, array.shape)
        return (array * (1 + noise)).astype(array.dtype)

    of_rows = np.ones(found.rows) if part.weights is None else part.weights
    parts = []
    for _ in range(SHAKEN):
        rows = np.concatenate([rng.permutation(batch) for batch in batches])
        parts.append(
            part._replace(x=shaken(part.x)[rows], y=part.y[rows], weights=shaken(of_rows)[rows])
        )
    starts = [{name: shaken(array) for name, array in arrays.items()} for _ in range(SHAKEN)]
    return engine([plan] * SHAKEN, parts, starts, graphs)


def compare(found: Drawn) -> list[str]:
    """One word for each of the programs: 'equal', 'diverged' (equal until then) or 'rounding'
    (within what rounding makes of it). Raises AssertionError, naming the numbers, for others."""
    plans = found.plans()
    parts = [found.table(plan, i) for i, plan in enumerate(plans)]
    arrays = [found.arrays(plan, i) for i, plan in enumerate(plans)]
    graphs = GraphCache()
    ours, theirs = engine(plans, parts, arrays, graphs), in_keras(plans, parts, arrays)
    words = []
    for position, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        plan, part, start = plans[position], parts[position], arrays[position]
        beyond = _beyond(one, other, plan, start, [])
        if beyond:
            shaken = rounding(found, plan, part, start, graphs)
            beyond = _beyond(one, other, plan, start, shaken)
            assert not beyond, f"program {position}: {'; '.join(beyond)}"
            words.append("rounding")
        else:
            words.append("diverged" if one.failed else "equal")
    return words


def _beyond(
    ours: Trained,
    theirs: Trained,
    plan: Program,
    start: dict[str, np.ndarray],
    shaken: list[Trained],
) -> list[str]:
    """A line for each array of numbers that differ by more than the tolerance and what rounding
    made of them."""
    if ours.failed != theirs.failed:
        others = {one.failed for one in shaken}
        return [] if theirs.failed in others else [f"failed in {ours.failed}, not {theirs.failed}"]
    epochs = (ours.failed or plan.params.epochs + 1) - 1
    penalized = any((*plan.replica.l1, *plan.replica.l2))
    mine, other = (comparable(one, epochs, penalized) for one in (ours, theirs))
    bounds = allowed(other, weights(plan, start))
    others = [comparable(one, epochs, penalized) for one in shaken if one.failed == ours.failed]
    lines = []
    for name, numbers in mine.items():
        apart = difference(numbers, other[name])
        # Of any of its numbers: the same roundings are added up in all of them.
        spread = max((difference(numbers, one[name]).max() for one in others), default=0.0)
        bound = bounds[name] + BEYOND * spread
        if not (apart <= bound).all():
            worst = np.unravel_index(np.argmax(apart - bound), apart.shape)
            lines.append(
                f"{name}{list(map(int, worst))}: {numbers[worst]} in the engine, "
                f"{other[name][worst]} in Keras, may differ by {bound:.1e}"
            )
    return lines

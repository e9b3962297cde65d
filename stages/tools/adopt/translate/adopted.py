"""What a script or a saved model becomes: a table, edits of params.yaml, and an account of both."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stages.generate.split import is_small
from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.keras_fit.model import ModelFile
from stages.lib.params.schema import Params
from stages.tools.adopt.translate import table
from stages.tools.adopt.translate.captured import Captured, Content
from stages.tools.adopt.translate.chain import Chain, translate_chain
from stages.tools.adopt.translate.chain_model import as_model
from stages.tools.adopt.translate.fit import translate_class_weight, translate_fit
from stages.tools.adopt.translate.graph import NO_MODEL, Graph, flattened, translate_graph
from stages.tools.adopt.translate.loss import translate_loss
from stages.tools.adopt.translate.optimizer import translate_optimizer
from stages.tools.adopt.translate.own_loss import match_loss
from stages.tools.adopt.translate.spellings import current_spelling
from stages.tools.adopt.translate.target import Target, recognize_target
from stages.tools.adopt.translate.translation import Translation

TABLE = "data/inputs/adopted.parquet"
WEIGHTS = "data/initial_weights/adopted.npz"
# The script's own preprocessing counts as done.
AS_IT_COMES: dict[str, Any] = {
    "normalize.features": "none",
    "normalize.binary": "none",
    "normalize.columns": {},
    "normalize.keep_best": None,
    "normalize.missing_indicator": False,
    "normalize.target": "none",
}


@dataclass
class Adopted:
    """An adoption.

    Attributes:
        edits: dotted keys of params.yaml and their new values.
        origins: what each of them came from.
        unsupported: what has no counterpart, a line each.
        notes: what else a reader has to know.
        frame: the table, or None where the user's own file is named.
        weights: the network's arrays before training, float32 by name.
        model: of a program that is no chain of layers.
    """

    edits: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    frame: pd.DataFrame | None = None
    weights: dict[str, np.ndarray] | None = None
    model: ModelFile | None = None

    def add(self, edits: dict[str, Any], origin: str) -> None:
        """Edits that come from one part of the program; what an earlier one said of the same keys
        is gone."""
        for key in edits:
            self.edits.pop(key, None)
        self.edits |= edits
        self.origins |= dict.fromkeys(edits, origin)

    def add_translation(self, part: Translation | Chain | Graph, origin: str) -> None:
        """The same, with what has no counterpart."""
        self.add(part.edits, origin)
        self.unsupported += part.unsupported
        if isinstance(part, Translation):
            self.notes += part.notes


def translate_script(captured: Captured, settings: Params, keep_weights: bool) -> Adopted:
    """The adopted program of a script.

    Args:
        captured: what its first fit was given.
        settings: params.yaml as it is.
        keep_weights: start from the weights that the script built.

    Raises:
        UserError: for what the pipeline cannot be or cannot stand behind.
    """
    network, captured, slower = _network(captured)
    content = captured.content
    weighted = content.fit.sample_weight or content.fit.class_weight is not None
    if content.loss.own:
        loss = match_loss(content.loss.name, captured.probes[0])
    else:
        loss = translate_loss(content.loss, weighted)
    y = _stack(captured.y, captured.y_validation, "y")
    x = _stack(captured.x, captured.x_validation, "x")
    target = recognize_target(y, loss.edits["train.loss"], network.units)
    adopted = Adopted()
    split, replaced = _add_table(adopted, captured, x, target, settings)
    assert adopted.frame is not None
    rows = _rows(adopted.frame, split, settings)

    done = {**AS_IT_COMES}
    if np.isnan(x).any():
        done["normalize.missing"] = "keep"
    adopted.add(done, "x as it is: the script's own preprocessing counts as done")
    adopted.add(NO_MODEL, "the model's layers")
    adopted.add_translation(network, "the model's layers")
    adopted.add_translation(loss, "compile(loss)")
    adopted.add({"train.target_encoding": target.encoding}, "y")
    steps = -(-rows["train"] // content.fit.batch_size)
    optimizer = translate_optimizer(content.optimizer, content.fit.epochs, steps)
    adopted.add_translation(optimizer, "compile(optimizer)")
    adopted.add_translation(translate_fit(content.fit, steps), "fit")
    classes = translate_class_weight(content.fit.class_weight, target)
    adopted.add_translation(classes, "fit(class_weight)")
    adopted.add({"train.initial_weights": None, "train.members": 1}, "the initializers")
    if isinstance(network, Graph):
        adopted.model = network.file
        adopted.notes.append(f"{slower}: Keras' own fit trains it, slower")
    if keep_weights:
        adopted.weights = _weights(network, captured)
        adopted.add({"train.initial_weights": WEIGHTS}, "the weights that the script built")

    adopted.unsupported += content.remarks
    for line in content.keras_warnings:
        spelling = current_spelling(line, "")
        adopted.unsupported.append(f"{line} ({spelling})" if spelling else line)
    adopted.notes += _notes(content, target, replaced)
    adopted.notes.append(_division(rows, split is not None, settings))
    return adopted


def _network(captured: Captured) -> tuple[Chain | Graph, Captured, str]:
    """The model, the program with one array of x and of y, and why Keras trains it, or ''.

    Raises:
        UserError: for a model that neither the engine nor Keras' own fit trains.
    """
    slower = "the model is no chain of layers"
    refused: UserError | None = None
    if captured.content.model is None:
        try:
            return translate_chain(captured.content.layers), captured, ""
        except UserError as error:
            refused, slower = error, f"a chain of another kind ({error})"
    try:
        if refused is not None:
            captured = as_model(captured)
        flat = flattened(captured)
        return translate_graph(captured, flat.content.columns or []), flat, slower
    except UserError as error:
        raise refused or error from None


def _add_table(
    adopted: Adopted, captured: Captured, x: np.ndarray, target: Target, settings: Params
) -> tuple[str | None, list[str]]:
    """Add the table and the keys that name it; returns its split column, and the columns' names
    that were replaced."""
    content, held_out = captured.content, captured.x_validation is not None
    columns, replaced = table.usable_names(content.columns, captured.x.shape[1])
    named = table.target_names(content.targets, columns, target.values.shape[1])
    test = None
    if held_out:
        validation = target.values[len(captured.y) :]
        test = table.choose_test_half(validation, target.task.has_classes, settings.data.seed)
    frame, split = table.assemble(x, target.values, columns, named, test)
    weights = None
    if captured.w is not None:
        weights = table.unused_name("weight", [str(name) for name in frame.columns])
        parts = [captured.w, captured.w_validation]
        frame[weights] = np.concatenate([part for part in parts if part is not None])
    adopted.frame = frame
    adopted.add(
        {
            "data.source": "file",
            "data.file.path": TABLE,
            "data.file.target": named if len(named) > 1 else named[0],
            "data.file.task": target.task.name,
            "data.file.categorical": [],
            "data.file.ignore": [],
            "data.file.missing": [],
            "data.file.dates": {},
            "data.file.keep": "all",
            "data.file.split": split,
            "data.file.groups": None,
            "data.file.time": None,
            "data.file.weights": weights,
        },
        "fit(x, y, validation_data)" if held_out else "fit(x, y)",
    )
    return split, replaced


def _notes(content: Content, target: Target, replaced: list[str]) -> list[str]:
    notes = [f"data.file.task: {target.task.name}, since {target.why}"]
    notes += [f"the layer {layer} is applied to the table" for layer in content.applied]
    if replaced:
        names = ", ".join(repr(name)[:40] for name in replaced[:5])
        more = f" and {len(replaced) - 5} more" if len(replaced) > 5 else ""
        notes.append(f"columns renamed to x0001, ...: {names}{more}")
    return notes


def _division(rows: dict[str, int], held_out: bool, settings: Params) -> str:
    """What becomes of the rows. held_out: the script has validation rows."""
    shares = settings.data.split
    if held_out and rows["test"]:
        why = "the validation rows are halved for the test split"
    elif held_out:
        why = f"fewer than {table.MIN_HALVED} validation rows: none of them test"
    elif is_small(rows["train"], shares):
        why = (
            f"no validation rows, and fewer than data.split.min_rows ({shares.min_rows}): all train"
        )
    else:
        why = "no validation rows: params.yaml's data.split parts them"
    return f"rows: {', '.join(f'{rows[part]:,} {part}' for part in SPLITS)}; {why}"


def _stack(first: np.ndarray, second: np.ndarray | None, what: str) -> np.ndarray:
    """The training rows above the validation rows."""
    if second is None:
        return first
    first, second = (part.reshape(len(part), -1) for part in (first, second))
    if first.shape[1] != second.shape[1]:
        raise UserError(
            "validation_data", f"{first.shape[1]} columns of {what}", f"{second.shape[1]}"
        )
    return np.concatenate([first, second])


def _rows(frame: pd.DataFrame, split: str | None, settings: Params) -> dict[str, int]:
    """Rows of each split, as stages/generate/split.py will part them."""
    if split is not None:
        return {name: int((frame[split] == name).sum()) for name in SPLITS}
    shares = settings.data.split
    if is_small(len(frame), shares):
        return {"train": len(frame), "validation": 0, "test": 0}
    held_out = {name: round(len(frame) * getattr(shares, name)) for name in ("validation", "test")}
    return {"train": len(frame) - sum(held_out.values()), **held_out}


def _weights(network: Chain | Graph, captured: Captured) -> dict[str, np.ndarray]:
    try:
        return network.arrays(captured.weights)
    except KeyError as error:
        raise UserError(
            "--keep-weights", "the weights of every layer", f"none of {error}"
        ) from None

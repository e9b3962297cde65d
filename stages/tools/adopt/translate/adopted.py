"""What a script or a saved model becomes: a table, edits of params.yaml, and an account of both."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.core.errors import UserError
from stages.lib.core.splits import SPLITS
from stages.lib.params.schema import Params
from stages.tools.adopt.translate import compiled, table
from stages.tools.adopt.translate.chain import Chain, chain
from stages.tools.adopt.translate.received import Received
from stages.tools.adopt.translate.spellings import todays
from stages.tools.adopt.translate.target import recognised

TABLE = "data/inputs/adopted.parquet"
WEIGHTS = "data/initial_weights/adopted.npz"
# The script's own preprocessing counts as done.
AS_IT_COMES = {
    "normalize.features": "none",
    "normalize.binary": "none",
    "normalize.columns": {},
    "normalize.missing_indicator": False,
    "normalize.target": "none",
}


@dataclass
class Adopted:
    """edits: dotted keys of params.yaml and their new values; origins: what each came from.
    untold: what has no counterpart. notes: what else a reader has to know. frame: the table, or
    None where the user's own file is named. weights: the network's arrays before training."""

    edits: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    frame: pd.DataFrame | None = None
    weights: dict[str, np.ndarray] | None = None

    def take(self, edits: dict[str, Any], origin: str, untold: list[str] | None = None) -> None:
        self.edits |= edits
        self.origins |= dict.fromkeys(edits, origin)
        self.untold += untold or []


def of_script(given: Received, settings: Params, keep_weights: bool) -> Adopted:
    """The adopted program of a script. settings: params.yaml as it is.

    Raises UserError for what the pipeline cannot be or cannot stand behind.
    """
    content = given.content
    network = chain(content.layers)
    weighted = content.fit.sample_weight or content.fit.class_weight is not None
    loss = compiled.loss(content.loss, weighted)
    name = loss.edits["train.loss"]
    held_out = given.x_validation is not None
    y = _stacked(given.y, given.y_validation, "y")
    target = recognised(y, name, network.units)
    found = Adopted()
    columns, replaced = table.names(content.columns, given.x.shape[1])
    named = table.target_names(content.targets, columns, target.values.shape[1])
    test = None
    if held_out:
        after = target.values[len(given.y) :]
        test = table.halves(after, target.task in ("binary", "multiclass"), settings.data.seed)
    x = _stacked(given.x, given.x_validation, "x")
    found.frame, split = table.assembled(x, target.values, columns, named, test)
    weights = None
    if given.w is not None:
        weights = table.free("weight", list(found.frame))
        found.frame[weights] = np.concatenate([given.w, given.w_validation if held_out else []])
    rows = _rows(found.frame, split, settings)

    found.take(
        {
            "data.source": "file",
            "data.file.path": TABLE,
            "data.file.target": named if len(named) > 1 else named[0],
            "data.file.task": target.task,
            "data.file.categorical": [],
            "data.file.ignore": [],
            "data.file.keep": "all",
            "data.file.split": split,
            "data.file.groups": None,
            "data.file.time": None,
            "data.file.weights": weights,
        },
        "fit(x, y, validation_data)" if held_out else "fit(x, y)",
    )
    done = {**AS_IT_COMES}
    if np.isnan(x).any():
        done["normalize.missing"] = "keep"
    found.take(done, "x as it is: the script's own preprocessing counts as done")
    found.take(network.edits, "the model's layers", network.untold)
    found.take(loss.edits, "compile(loss)", loss.untold)
    found.take({"train.target_encoding": target.encoding}, "y")
    steps = -(-rows["train"] // content.fit.batch_size)
    optimizer = compiled.optimizer(content.optimizer, content.fit.epochs, steps)
    found.take(optimizer.edits, "compile(optimizer)", optimizer.untold)
    fit = compiled.fit(content.fit)
    found.take(fit.edits, "fit", fit.untold)
    classes = compiled.class_weight(content.fit.class_weight, target)
    found.take(classes.edits, "fit(class_weight)", classes.untold)
    found.take({"train.initial_weights": None}, "the initializers")
    if keep_weights:
        found.weights = _weights(network, given)
        found.take({"train.initial_weights": WEIGHTS}, "the weights that the script built")

    found.untold += content.remarks
    for line in content.heard:
        today = todays(line, "")
        found.untold.append(f"{line} ({today})" if today else line)
    found.notes.append(f"data.file.task: {target.task}, since {target.why}")
    for layer in content.applied:
        found.notes.append(f"the layer {layer} is applied to the table")
    if replaced:
        shown = ", ".join(repr(one)[:40] for one in replaced[:5])
        more = f" and {len(replaced) - 5} more" if len(replaced) > 5 else ""
        found.notes.append(f"columns renamed to x0001, ...: {shown}{more}")
    counts = ", ".join(f"{rows[part]:,} {part}" for part in SPLITS)
    if held_out:
        found.notes.append(f"rows: {counts}; the validation rows are halved for the test split")
    else:
        found.notes.append(
            f"rows: {counts}; no validation rows: params.yaml's data.split parts them"
        )
    return found


def _stacked(first: np.ndarray, second: np.ndarray | None, what: str) -> np.ndarray:
    """The training rows above the validation rows."""
    if second is None:
        return first
    first, second = (one.reshape(len(one), -1) for one in (first, second))
    if first.shape[1] != second.shape[1]:
        raise UserError(
            f"validation_data: expected {first.shape[1]} columns of {what}. "
            f"Received: {second.shape[1]}"
        )
    return np.concatenate([first, second])


def _rows(frame: pd.DataFrame, split: str | None, settings: Params) -> dict[str, int]:
    """Rows of each split, as stages/generate/split.py will part them."""
    if split is not None:
        return {name: int((frame[split] == name).sum()) for name in SPLITS}
    shares = settings.data.split
    held_out = {name: round(len(frame) * getattr(shares, name)) for name in ("validation", "test")}
    return {"train": len(frame) - sum(held_out.values()), **held_out}


def _weights(network: Chain, given: Received) -> dict[str, np.ndarray]:
    try:
        return network.arrays(given.weights)
    except KeyError as error:
        raise UserError(
            f"--keep-weights: expected the weights of every layer. Received: none of {error}"
        ) from None

"""The accepted edits as old -> new, and as the one command that applies them."""

import json
import math
import re
import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from stages.diagnose.interventions.layers import settings_of
from stages.lib.params.edits import Edit, Sections, value
from stages.lib.params.model import is_model


@dataclass(frozen=True)
class Promise:
    """What is known of the loss that the edited program has on this run's own rows.

    Attributes:
        losses: at each judging seed, float64 [seeds], in nats or squared target units.
        seen: losses that the edited program was seen to have at full size, at the run's own seed
            first: what `dvc exp run` trains.
    """

    losses: np.ndarray
    seen: np.ndarray


def prescription(sections: Sections, edit: Edit, promise: Promise | None) -> dict[str, Any] | None:
    """What to change and what to expect, as diagnosis.json has it; None when nothing is to be
    changed.

    The interval is Student's prediction interval for the loss of one more seed on the same rows
    (Hahn, Meeker, Statistical Intervals, chapter 4), and no narrower than what was seen: the losses
    of seeds at which a network fails lie far from normal.

    Args:
        sections: normalize and train of params.yaml, the program under diagnosis.
        promise: of the edited program; None where nothing can be promised.
    """
    if not edit or promise is None:
        return None
    edit = drop_initial_weights(sections, settings_of(sections, edit))
    losses = promise.losses
    mean = float(losses.mean())
    count = len(losses)
    half = float(stats.t.ppf(0.975, count - 1) * losses.std(ddof=1) * math.sqrt(1 + 1 / count))
    low, high = min(mean - half, *promise.seen), max(mean + half, *promise.seen)
    return {
        "edits": [
            {"key": key, "old": value(sections, key), "new": new} for key, new in edit.items()
        ],
        "expected": {"loss": mean, "low": max(0.0, float(low)), "high": float(high)},
        "commands": [command(edit)],
    }


# What train.initial_weights would override, or may no longer fit: initializers, what has arrays of
# its own (prelu, normalizations), and the number of units or inputs.
_STARTING_KEYS = (
    "train.kernel_initializer", "train.bias_initializer", "train.layers", "train.output_units",
    "train.activation", "train.batch_normalization", "train.layer_normalization",
    "train.model.kernel_initializer", "train.model.activation", "train.model.width",
    "normalize.categorical", "normalize.columns", "normalize.keep_best",
    "normalize.missing_indicator",
)  # fmt: skip
# And what changes the number of outputs where that is matched to it.
_OUTPUT_KEYS = ("train.loss", "train.target_encoding")
# What a key of a mapping has a backslash before, in Hydra's grammar.
_KEY, _ESCAPED = re.compile(r"[\\()\[\]{}:=, \t]"), r"\\\g<0>"


def drop_initial_weights(sections: Sections, edit: Edit) -> Edit:
    """The same edit, and without train.initial_weights where that would override the initializers
    or may not fit the network any more. The diagnosis draws all its weights by the initializers,
    so what it expects holds for the edit without that file."""
    train = sections["train"]
    matched = train["output_units"] == "auto" and not is_model(sections)
    keys = _STARTING_KEYS + (_OUTPUT_KEYS if matched else ())
    if train["initial_weights"] is not None and any(key in keys for key in edit):
        return edit | {"train.initial_weights": None}
    return edit


def command(edit: Edit) -> str:
    """`dvc exp run -S ...`, quoted for a shell."""
    return " ".join(
        ["dvc exp run", *(f"-S {shlex.quote(override)}" for override in overrides(edit))]
    )


def overrides(edit: Edit) -> list[str]:
    """An edit as values of `dvc exp run -S`, which are Hydra's.

    Hydra merges a mapping into the one that is there, so that one is taken away first.
    """
    settings = []
    for key, new in edit.items():
        if isinstance(new, dict):
            settings += [f"~{key}", f"+{key}={_in_hydra(new)}"]
        else:
            settings.append(f"{key}={new if isinstance(new, str) else _in_hydra(new)}")
    return settings


def _in_hydra(setting: Any) -> str:
    """A value in Hydra's grammar: JSON, but for a mapping's keys, which stand without quotes."""
    if isinstance(setting, dict):
        pairs = (f"{_KEY.sub(_ESCAPED, key)}: {_in_hydra(new)}" for key, new in setting.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(setting, list):
        return f"[{', '.join(map(_in_hydra, setting))}]"
    return json.dumps(setting)


def one_line(setting: Any) -> str:
    """A value on one line, as params.yaml could hold it."""
    return setting if isinstance(setting, str) else json.dumps(setting)

"""A script measured: python -m stages.tools.adopt.prove.measure FOLDER SEED SCALER SCRIPT [ARGS].

Runs FOLDER/script.py as the file SCRIPT to its end, in a process of its own with plain Keras, and
writes what the model that it fits first puts out after its fit, for the rows that fit was given:
FOLDER/measured.npz, and FOLDER/ended.json once the script has ended.

SEED takes the place of the seeds by which a script fixes its weights, dropout and order of rows:
they are shifted by it (keras.utils.set_random_seed, tensorflow's and random's), so that runs at
three seeds are three draws. numpy's seed stays as the script sets it, and is the same in all runs
where it sets none: the rows stay the same. SCALER names the variable beside fit that scales the
target, or is '-'. FOLDER/rows.npy, where there is one, has the positions of the training rows, and
FOLDER/held_out.npy of those that are measured in the place of validation rows.
"""

import contextlib
import inspect
import json
import os
import random
import sys
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from stages.tools.adopt.capture import Source, add_shell

# What one seed is shifted by from the other.
STEP = 7919
MOST = 2**31
# Rows that a model takes at once.
BATCH = 1024


class Measured:
    """What is measured of the first model that is fitted."""

    def __init__(self, folder: Path, scaler: str) -> None:
        self.folder, self.scaler = folder, scaler
        self.model: Any = None

    def install(self) -> None:
        """Look at the model after each of its fits."""
        import keras

        original = keras.Model.fit
        signature = inspect.signature(original)

        def fit(model: Any, *arguments: Any, **named: Any) -> Any:
            if self.model is not None and self.model is not model:
                return original(model, *arguments, **named)
            self.model = model
            bound = signature.bind(model, *arguments, **named)
            bound.apply_defaults()
            given = dict(bound.arguments)
            held_out = self._hold_out(given)
            caller = sys._getframe(1)
            scaler = {**caller.f_globals, **caller.f_locals}.get(self.scaler)
            history = original(given.pop("self"), **given)
            self._measure(model, given, held_out, scaler)
            return history

        fit.__signature__ = signature  # type: ignore[attr-defined] # read by inspect.signature
        keras.Model.fit = fit

    def _hold_out(self, given: dict[str, Any]) -> tuple[Any, Any, Any] | None:
        """Take the rows that are not trained on out of x, y and sample_weight."""
        file = self.folder / "rows.npy"
        if not file.is_file() or given["validation_data"] is not None:
            return None
        kept, held = np.load(file), np.load(self.folder / "held_out.npy")
        parts = [given["x"], given["y"], given["sample_weight"]]
        out = [None if part is None else _take(part, held) for part in parts]
        for name, part in zip(("x", "y", "sample_weight"), parts, strict=True):
            given[name] = None if part is None else _take(part, kept)
        return out[0], out[1], out[2]

    def _measure(self, model: Any, given: dict[str, Any], held_out: Any, scaler: Any) -> None:
        x, y, w = given["x"], given["y"], given["sample_weight"]
        share = given["validation_split"]
        validation = given["validation_data"]
        if validation is None and held_out is not None:
            validation = held_out
        elif validation is None and share:
            at = int(np.floor(len(y) * (1.0 - share)))
            behind = np.arange(at, len(y))
            validation = tuple(None if part is None else _take(part, behind) for part in (x, y, w))
            x, y, w = (None if part is None else _take(part, np.arange(at)) for part in (x, y, w))
        arrays = _outputs(model, x, y, w, scaler, "")
        if validation is not None:
            if isinstance(validation, tuple | list):
                x, y, w = (*validation, None)[:3]
            else:
                x, y, w = validation, None, None
            arrays |= _outputs(model, x, y, w, scaler, "_held_out")
        with open(self.folder / "measured.npz", "wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)


def _take(rows: Any, positions: np.ndarray) -> Any:
    """These rows, of a frame, an array or a tensor."""
    return rows.iloc[positions] if hasattr(rows, "iloc") else np.asarray(rows)[positions]


def _outputs(model: Any, x: Any, y: Any, w: Any, scaler: Any, suffix: str) -> dict[str, np.ndarray]:
    """Targets, outputs and weights, float64 [rows, ...], in the unit before a scaling."""
    if y is None:
        batches = [(*batch, None)[:3] for batch in x]
        out = [np.asarray(model.predict_on_batch(batch[0])) for batch in batches]
        outputs, targets = np.concatenate(out), _joined([batch[1] for batch in batches])
        weights = None if batches[0][2] is None else _joined([batch[2] for batch in batches])
    else:
        outputs = np.asarray(model.predict(x, batch_size=BATCH, verbose=0))
        targets, weights = np.asarray(y), None if w is None else np.asarray(w)
    targets = np.asarray(targets, "float64").reshape(len(targets), -1)
    outputs = np.asarray(outputs, "float64").reshape(len(outputs), -1)
    if scaler is not None:
        if targets.shape[1] == 1 and outputs.shape[1] > 1:
            outputs = outputs.mean(axis=1, keepdims=True)
        targets, outputs = (
            np.asarray(scaler.inverse_transform(part), "float64") for part in (targets, outputs)
        )
    arrays = {f"y{suffix}": targets, f"outputs{suffix}": outputs}
    if weights is not None:
        arrays[f"w{suffix}"] = np.asarray(weights, "float64").ravel()
    return arrays


def _joined(parts: list[Any]) -> np.ndarray:
    return np.concatenate([np.asarray(part) for part in parts])


def shift_seeds(seed: int) -> None:
    """Begin with this seed, and shift by it the seeds that the script sets."""
    import keras

    whole = keras.utils.set_random_seed
    whole(seed)
    np.random.seed(0)  # noqa: NPY002 (what a script without a seed draws its rows by)
    shift = seed * STEP

    def set_random_seed(given: int) -> None:
        whole((int(given) + shift) % MOST)
        np.random.seed(int(given))  # noqa: NPY002

    places = [keras.utils]
    with contextlib.suppress(ImportError, AttributeError):
        import tensorflow as tf

        places.append(tf.keras.utils)
        _shift(tf.random, "set_seed", shift)
        _shift(tf.compat.v1, "set_random_seed", shift)
    for place in places:
        place.set_random_seed = set_random_seed
    _shift(random, "seed", shift)


def _shift(module: Any, name: str, shift: int) -> None:
    original: Callable[..., None] = getattr(module, name)

    def shifted(given: Any = None, *arguments: Any, **named: Any) -> None:
        if isinstance(given, int):
            given = (given + shift) % MOST
        original(given, *arguments, **named)

    setattr(module, name, shifted)


def main() -> None:
    folder, seed, scaler, script, *arguments = sys.argv[1:]
    place = Path(folder).resolve()
    source = (place / "script.py").read_bytes()
    Measured(place, scaler).install()
    shift_seeds(int(seed))
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).resolve().parent)
    module = types.ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    add_shell(module.__dict__, Source(Path(script), source))
    ended: dict[str, Any] = {"why": "", "line": 0}
    try:
        exec(compile(source, script, "exec"), module.__dict__)  # noqa: S102 (the user asks for it)
    except SystemExit as end:
        if end.code not in (None, 0):
            ended = {"why": f"sys.exit({str(end.code)!r:.80})", "line": 0}
    except BaseException as error:
        lines = [frame for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == script]  # fmt: skip
        text = (str(error).strip().splitlines() or [""])[0]
        ended = {"why": f"{type(error).__name__}: {text}"[:300],
                 "line": lines[-1].lineno or 0 if lines else 0}  # fmt: skip
    (place / "ended.json").write_text(json.dumps(ended), encoding="utf-8")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()

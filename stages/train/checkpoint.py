"""A long training saved as it goes, so that a killed one goes on from where it was.

Two files in a folder outside the stage's outputs: the arrays, and then, atomically, a table of
contents that names them. Whatever moment a kill finds, the contents name complete arrays or there
are none. They are used only by a run with the same settings, data, code and packages, so the
resumed training ends with the bytes of one that was never stopped.
"""

import contextlib
import hashlib
import io
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.lib.artifacts.training import HISTORY, STATISTICS
from stages.lib.core.array_files import parse_arrays, write_arrays
from stages.lib.core.atomic import write_text
from stages.lib.core.errors import UserError
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.fit import Fit, Progress
from stages.lib.mlp.runtime import tf
from stages.lib.mlp.step import State

FOLDER = Path("data/checkpoint")
# Seconds between two saves: a training that takes less time leaves nothing behind.
SECONDS = 30.0
CODE = (
    "stages/lib/artifacts",
    "stages/lib/core",
    "stages/lib/mlp",
    "stages/lib/params",
    "stages/lib/transforms",
    "stages/lib/vocabulary",
    "stages/train",
)
PACKAGES = ("tensorflow", "numpy", "pandas")
# The history of some million epochs.
MAX_BYTES = 2**30
_CONTENTS = "contents.json"
# What a Fit holds beside its arrays and history.
_FACTS = ("status", "epochs_run", "kept_epoch", "divergence", "best")


def fingerprint(settings: Mapping, arrays: Iterable[np.ndarray], code: Iterable[str] = CODE) -> str:
    """A hash of all that the course of a training depends on, this code among it."""
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
    for array in arrays:
        digest.update(f"{array.dtype}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    for name in PACKAGES:
        digest.update(f"{name}=={metadata.version(name)}".encode())
    for place in map(Path, code):
        for file in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            digest.update(file.as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


@dataclass
class Checkpoint:
    """Saves and restores the progress of one engine's training. key: its fingerprint.

    Of several workers the chief keeps the files, and tells the others what they hold.
    """

    engine: Engine
    key: str
    _saved: float = field(default_factory=time.monotonic)
    _latest: Progress | None = None

    def keep(self, progress: Progress) -> None:
        """Save, if SECONDS have passed since the last time."""
        self._latest = progress
        if time.monotonic() - self._saved >= SECONDS:
            self.save()

    @contextmanager
    def rescuing(self) -> Iterator[None]:
        """When the block ends in a UserError, save what there is and say so."""
        try:
            yield
        except UserError as error:
            if self._latest is None:
                raise
            self.save()
            epoch = self._latest.epoch
            raise error.with_hint(f"run again, it goes on after epoch {epoch}") from None

    def save(self) -> None:
        """Save the training after its last whole epoch, if there is one and it goes on."""
        progress = self._latest
        if progress is None or not progress.active.any() or not self.engine.workers.chief:
            return
        self._saved = time.monotonic()
        name = f"epoch-{progress.epoch}.npz"
        try:
            if FOLDER.is_symlink():
                raise UserError(FOLDER, "a folder", "a link")
            write_arrays(FOLDER / name, self._arrays(progress))
            write_text(FOLDER / _CONTENTS, json.dumps(self._contents(progress, name)))
            self._remove(but=name)
        except (OSError, UserError) as error:  # a full disk, say: the training itself can go on
            line = " ".join(str(error).split())
            print(f"not saved after epoch {progress.epoch}: {line:.200}", file=sys.stderr)

    def saved(self) -> Progress | None:
        """What a run like this one left, which is said in a line; or None."""
        try:
            contents, arrays = self._files() if self.engine.workers.chief else (b"", b"")
        except (OSError, LookupError, TypeError, ValueError, RecursionError) as error:
            contents, arrays = b"", b""
            self._set_aside(error)
        contents = self.engine.workers.from_chief(contents)
        arrays = self.engine.workers.from_chief(arrays)
        if not contents:
            return None
        try:
            shapes = self._shapes()
            progress = self._progress(
                json.loads(contents), parse_arrays(io.BytesIO(arrays), str(FOLDER), shapes)
            )
        except (
            UserError, OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError,
        ) as error:  # fmt: skip
            self._set_aside(error)
            return None
        print(f"going on after epoch {progress.epoch} of an interrupted run")
        return progress

    def _files(self) -> tuple[bytes, bytes]:
        """The contents and the arrays of a run like this one, both empty if there are none."""
        file = FOLDER / _CONTENTS
        if FOLDER.is_symlink() or not file.is_file():
            return b"", b""
        if file.stat().st_size > MAX_BYTES:
            raise ValueError(f"{file}: expected at most {MAX_BYTES} bytes")
        written = file.read_bytes()
        contents = json.loads(written)
        if contents["key"] != self.key:
            return b"", b""
        name = contents["arrays"]
        if name != f"epoch-{contents['epoch']}.npz":
            raise ValueError(f"{file}: expected the arrays of its epoch. Received: {name!r}")
        most = sum(4 * int(np.prod(shape)) + 8192 for shape in self._shapes().values())
        if (FOLDER / name).stat().st_size > most:
            raise ValueError(f"{FOLDER / name}: expected at most {most} bytes")
        return written, (FOLDER / name).read_bytes()

    def _set_aside(self, error: Exception) -> None:
        line = " ".join(str(error).split())
        print(f"checkpoint left aside, training starts anew: {line:.200}", file=sys.stderr)

    def clear(self) -> None:
        """Remove the files: the outputs are written."""
        if not FOLDER.is_symlink() and FOLDER.is_dir():
            with contextlib.suppress(OSError):
                (FOLDER / _CONTENTS).unlink(missing_ok=True)
                self._remove()
                FOLDER.rmdir()  # not if somebody else keeps something there

    def _remove(self, but: str = "") -> None:
        for file in [*FOLDER.glob("epoch-*.npz"), *FOLDER.glob(".partial-*")]:
            if file.name != but:
                file.unlink()

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        network, count = self.engine.network, len(self.engine.replicas)
        flat, moving = (count, sum(network.sizes)), (count, sum(network.moving_sizes))
        slots = {f"slot_{i}": flat for i in range(len(self.engine.spec.initial_slots))}
        shapes: dict[str, tuple[int, ...]] = {
            "params": flat, "moving": moving, "kept_params": flat, "kept_moving": moving,
        }  # fmt: skip
        return shapes | slots

    def _arrays(self, progress: Progress) -> dict[str, np.ndarray]:
        kept = [self.engine.network.flatten(fit.arrays) for fit in progress.fits]
        state = progress.state
        return {
            "params": np.asarray(state.params),
            "moving": np.asarray(state.moving),
            "kept_params": np.stack([params for params, _ in kept]),
            "kept_moving": np.stack([moving for _, moving in kept]),
        } | {f"slot_{i}": np.asarray(slot) for i, slot in enumerate(state.slots)}

    def _contents(self, progress: Progress, name: str) -> dict:
        """Strict JSON but for its numbers, which are text where they are not finite."""
        return {
            "key": self.key,
            "arrays": name,
            "epoch": progress.epoch,
            "active": progress.active.tolist(),
            "fits": [
                {fact: _written(getattr(fit, fact)) for fact in _FACTS}
                | {"history": [{k: _written(v) for k, v in row.items()} for row in fit.history]}
                for fit in progress.fits
            ],
            "probes": [
                {name: [_written(v) for v in table[name].tolist()] for name in table}
                for table in progress.probes
            ],
        }

    def _progress(self, contents: dict, arrays: dict[str, np.ndarray]) -> Progress:
        slots = [name for name in arrays if name.startswith("slot_")]
        state = State(
            tf.constant(arrays["params"]),
            tuple(tf.constant(arrays[name]) for name in slots),
            tf.constant(arrays["moving"]),
        )
        kept = zip(arrays["kept_params"], arrays["kept_moving"], strict=True)
        fits = []
        for fit, (params, moving) in zip(contents["fits"], kept, strict=True):
            history = [{key: _read(v) for key, v in row.items()} for row in fit["history"]]
            facts = {fact: _read(fit[fact]) for fact in _FACTS}
            fits.append(Fit(self.engine.network.unflatten(params, moving), history, **facts))
        probes = [
            pd.DataFrame({name: [_read(v) for v in values] for name, values in table.items()})
            for table in contents["probes"]
        ]
        at = Progress(state, fits, np.array(contents["active"]), contents["epoch"], probes)
        _check(at)
        return at


def _check(at: Progress) -> None:
    """Raises ValueError for what `keep` could not have written."""
    whole = isinstance(at.epoch, int) and not isinstance(at.epoch, bool) and at.epoch >= 1
    good = whole and at.active.dtype == bool and at.active.shape == (len(at.fits),)
    good = good and bool(at.active.any()) and bool(at.probes)
    for table in at.probes:
        good = good and set(table) == {"replica", "epoch", "layer", *STATISTICS} and len(table) > 0
        good = good and all(kind.kind in "if" for kind in table.dtypes)
    for fit in at.fits:
        numbers = [fit.epochs_run, fit.kept_epoch, fit.best]
        good = good and fit.status in ("completed", "stopped_early")
        good = good and fit.divergence is None
        good = good and all(type(number) in (int, float) for number in numbers)
        good = good and [row["epoch"] for row in fit.history] == list(range(len(fit.history)))
        good = good and 1 < len(fit.history) <= at.epoch + 1
        for row in fit.history:
            good = good and set(row) == set(HISTORY)
            good = good and all(type(number) in (int, float) for number in row.values())
    if not good:
        raise ValueError("expected what a training writes. Received: something else")


def _written(value: object) -> object:
    """A number as JSON has it; what is not finite as text."""
    if isinstance(value, float) and not np.isfinite(value):
        return {"not_finite": repr(float(value))}
    return float(value) if isinstance(value, np.floating) else value


def _read(value: Any) -> Any:
    if isinstance(value, dict) and "not_finite" in value:
        return float(value["not_finite"])
    return value

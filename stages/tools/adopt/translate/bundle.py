"""A bundle that capture.py wrote, read as a stranger's data: a zip of captured.json and arrays.

Nothing is unpacked to disk. Sizes are bounded before a byte is inflated, names are of a known form,
and an array's header is read before room is made for it.
"""

import math
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from stages.lib.core.errors import UserError, one_line, shown
from stages.lib.core.json_files import MAX_JSON_BYTES, parse_json, validate
from stages.lib.core.text import printable
from stages.tools.adopt.capture import CONTENT, MAX_VALUES, SCHEMA
from stages.tools.adopt.translate.captured import Captured, Content, Probes
from stages.tools.adopt.translate.older_keras import as_keras_3

# Bytes of all arrays together, and of the header of one.
MAX_BYTES = 4 * 2**30
MAX_HEADER = 10_000
# Characters of a cell of text.
MAX_CELL = 1000
_NAMES = re.compile(
    r"(x|y|w)(_validation)?(\.\d{1,3})?|weight\.\d{1,5}"
    r"|loss_probe\.\d{1,3}\.(true|predicted|value|gradient)"
)
# Versions 1 to 3 of numpy's format, and the header as numpy itself writes it (numpy.lib.format).
_MAGIC = tuple(b"\x93NUMPY" + bytes((version, 0)) for version in (1, 2, 3))
_HEADER = re.compile(
    rb"\{'descr': '([<>|=]?[biufU]\d{1,6})', 'fortran_order': (True|False), "
    rb"'shape': \((\d{1,18}(?:, \d{1,18}){0,31}),?\), \}\s*"
)
# What reading a broken archive raises.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError, KeyError,
    NotImplementedError, OverflowError, MemoryError, TypeError,
)  # fmt: skip


def read_bundle(path: Path) -> Captured:
    """A bundle's content, checked. Raises UserError, in one line, for what is none."""
    name = printable(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            return _Reader(archive, name).read()
    except UserError:
        raise
    except _BROKEN as error:
        raise UserError(name, "a bundle of capture.py", one_line(error)) from None


class _Reader:
    """The entries of an archive, whose names and sizes are known to be within bounds."""

    def __init__(self, archive: zipfile.ZipFile, name: str) -> None:
        self._archive, self._name = archive, name
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in archive.infolist():
            shown = printable(entry.filename)[:60]
            is_array = entry.filename.endswith(".npy") and _NAMES.fullmatch(entry.filename[:-4])
            if not (is_array or entry.filename == CONTENT) or entry.filename in self._entries:
                raise UserError(name, f"{CONTENT} and arrays, each once", repr(shown))
            if entry.flag_bits & 1 or entry.compress_type not in (
                zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED,
            ):  # fmt: skip
                raise UserError(f"{name}: {shown}", "a stored or deflated entry")
            self._entries[entry.filename] = entry
        if CONTENT not in self._entries:
            raise UserError(name, CONTENT, "none")
        total = sum(entry.file_size for entry in self._entries.values())
        if total > MAX_BYTES:
            raise UserError(name, f"at most {MAX_BYTES} bytes of arrays", f"{total}")

    def read(self) -> Captured:
        data = self._bytes(CONTENT, MAX_JSON_BYTES)
        where = f"{self._name}: {CONTENT}"
        parsed = parse_json(data, where)
        schema = parsed.get("schema") if isinstance(parsed, dict) else None
        if schema != SCHEMA:
            raise UserError(
                where, f"schema {SCHEMA}", shown(schema),
                "another version of capture.py wrote it: capture the script again with "
                "stages/tools/adopt/capture.py",
            )  # fmt: skip
        written = validate(Content, parsed, where, "what keras.Model.fit takes")
        content = as_keras_3(written)
        xs, ys, w = self._rows(content, "")
        weights = {
            key: self.array(f"weight.{i}", _is_float32) for i, key in enumerate(content.weights)
        }
        probes = {
            i: self._probes(i)
            for i in range(max(1, len(content.outputs)))
            if f"loss_probe.{i}.value.npy" in self._entries
        }
        if not content.fit.validated:
            return Captured(content, xs, ys, None, None, weights, w, None, probes)
        held_out = self._rows(content, "_validation")
        for ours, theirs in zip((*xs, *ys), (*held_out[0], *held_out[1]), strict=True):
            if ours.shape[1:] != theirs.shape[1:] and {ours.ndim, theirs.ndim} != {1, 2}:
                raise UserError(
                    f"{self._name}: validation rows", f"shape {ours.shape[1:]}", theirs.shape[1:]
                )
        return Captured(content, xs, ys, *held_out[:2], weights, w, held_out[2], probes)

    def _rows(
        self, content: Content, suffix: str
    ) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...], np.ndarray | None]:
        """x, y and the weights of a part of the rows."""
        xs: tuple[np.ndarray, ...]
        ys: tuple[np.ndarray, ...]
        if content.model is None:
            xs = (self.array(f"x{suffix}", _is_float64),)
            ys = (self.array(f"y{suffix}", _is_float64),)
            if xs[0].ndim != 2:
                raise UserError(self._name, "rows of x", f"shape {xs[0].shape}")
        else:
            xs = tuple(self.array(f"x{suffix}.{i}", _is_any) for i in range(len(content.inputs)))
            ys = tuple(
                self.array(f"y{suffix}.{i}", _is_number) for i in range(len(content.outputs))
            )
        counts = {len(array) for array in (*xs, *ys)}
        if len(counts) > 1:
            raise UserError(self._name, "as many rows in each array", f"{sorted(counts)}")
        if not content.fit.sample_weight:
            return xs, ys, None
        w = self.array(f"w{suffix}", _is_float64)
        if w.shape != (len(xs[0]),) or not (w >= 0).all():
            raise UserError(self._name, "a weight >= 0 for each row")
        return xs, ys, w

    def _probes(self, i: int) -> Probes:
        arrays = {
            key: self.array(f"loss_probe.{i}.{key}", _is_float64)
            for key in ("true", "predicted", "value", "gradient")
        }
        probes = Probes(**arrays)
        count = probes.predicted.shape[:2]
        good = probes.predicted.ndim == 3 and probes.gradient.shape == probes.predicted.shape
        good = good and probes.true.ndim == 3 and probes.true.shape[:2] == count
        if not good or 0 in (*probes.predicted.shape, *probes.true.shape):
            raise UserError(self._name, "probes of one shape", f"loss_probe.{i}")
        if probes.value.shape != count[:1]:
            raise UserError(self._name, "a value for each probe", f"{probes.value.shape}")
        return probes

    def array(self, key: str, is_allowed: Callable[[np.dtype], bool]) -> np.ndarray:
        """An array, after its header has said that it is within bounds."""
        where = f"{self._name}: {key}"
        entry = self._entries.get(f"{key}.npy")
        if entry is None:
            raise UserError(where, "an array", "none")
        with self._archive.open(entry) as stream:
            magic = stream.read(8)
            # The header's length comes next: 2 bytes in version 1, 4 later.
            size = int.from_bytes(stream.read(2 if magic == _MAGIC[0] else 4), "little")
            header = stream.read(min(size, MAX_HEADER)) if magic in _MAGIC else b""
            found = _HEADER.fullmatch(header)
            if found is None or size > MAX_HEADER:
                raise UserError(where, "an array of numpy, without objects")
            dtype, by_columns = np.dtype(found[1].decode()), found[2] == b"True"
            shape = tuple(map(int, found[3].split(b", ")))
            count = math.prod(shape)
            if not is_allowed(dtype) or not 0 < count <= MAX_VALUES:
                raise UserError(where, "numbers", f"{dtype} of shape {shape}"[:200])
            data = stream.read(count * dtype.itemsize)
            if len(data) != count * dtype.itemsize or stream.read(1):
                raise UserError(where, f"{count * dtype.itemsize} bytes", f"{len(data)}")
        array = np.frombuffer(data, dtype)
        return array.reshape(shape, order="F" if by_columns else "C").copy()

    def _bytes(self, name: str, most: int) -> bytes:
        with self._archive.open(self._entries[name]) as stream:
            # Read no more than the cap: the size that the archive states may be a lie.
            data = stream.read(most + 1)
        if len(data) > most:
            raise UserError(f"{self._name}: {name}", f"at most {most} bytes")
        return data


def _is_float64(dtype: np.dtype) -> bool:
    return dtype == np.dtype("float64") and dtype.isnative


def _is_float32(dtype: np.dtype) -> bool:
    return dtype == np.dtype("float32") and dtype.isnative


def _is_number(dtype: np.dtype) -> bool:
    return dtype.kind in "biuf" and dtype.isnative and dtype.itemsize <= 8


def _is_any(dtype: np.dtype) -> bool:
    """A number, or text of bounded length."""
    text = dtype.kind == "U" and dtype.isnative and 0 < dtype.itemsize <= 4 * MAX_CELL
    return _is_number(dtype) or text

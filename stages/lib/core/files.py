"""Files in and out: atomic, confined to the repository, strict JSON, no pickle.

Every stage reads and writes through this room, and turns a user's mistake into one line
(`run_stage`). A stage computes first and writes last, so a run that fails leaves the earlier
files as they were.
"""

import contextlib
import fcntl
import io
import json
import math
import os
import shutil
import struct
import sys
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ValidationError

Shape = TypeVar("Shape", bound=BaseModel)
Item = TypeVar("Item")

# The parts of every data set, in the order of every file and table.
SPLITS = ("train", "validation", "test")

# Bytes of a large table that are held at once, at eight a cell.
BLOCK_BYTES = 2**26
# Held by the stage that runs. DVC keeps here what is of one folder alone, and git ignores it.
LOCK = Path(".dvc/tmp/stage.lock")
# Our own JSON files are at most some hundred kilobytes; a larger one is not ours.
MAX_JSON_BYTES = 16 * 2**20
# Twice the history of a million epochs.
MAX_CSV_BYTES = 2**28


# What numpy and zipfile raise for bytes that are no array, or no archive of them.
_NO_ARRAY = (
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    SyntaxError,
    RuntimeError,
    OverflowError,
    OSError,
    tokenize.TokenError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


class UserError(Exception):
    """A mistake that the user can mend: shown as one line, without a traceback."""


def run_stage(
    main: Callable[[], None], stage: str | None = None, removed_by_dvc: bool = False
) -> None:
    """Run a command's `main` and exit: 0 when it returns, 2 on a user's mistake.

    The mistake is one line on stderr. A command that is a stage of a pipeline gives its name, and
    runs only while no other does in this folder. DVC removes a stage's outputs before it runs the
    command, unless they are marked `persist`; with `removed_by_dvc` the line says how they come
    back.
    """
    try:
        with alone(stage) if stage else contextlib.nullcontext():
            main()
    except BrokenPipeError:  # whoever read along, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None
    except (UserError, OSError, MemoryError) as error:
        line = " ".join(str(error).split()) or "out of memory"
        if removed_by_dvc and "DVC_STAGE" in os.environ:
            line += " (`dvc checkout` restores the outputs of the last run)"
        print(f"error: {line}", file=sys.stderr)
        raise SystemExit(2) from None


@contextlib.contextmanager
def alone(stage: str) -> Iterator[None]:
    """No other stage is in such a block in this folder. Raises UserError naming one that is.

    Of two that ran at once, an orphan of a killed DVC say, one would read what the other replaces.
    The lock is the kernel's, which releases it when its holder ends, however that comes about.
    """
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                "expected no other stage to run in this folder. "
                f"Received: {printable(file.read(100))}, which still runs; wait for it, or end it"
            ) from None
        file.truncate(0)
        file.write(f"{stage} (process {os.getpid()})")
        file.flush()
        yield


def printable(text: str) -> str:
    """The same without what a terminal or a browser would obey rather than show: control and
    direction characters, line breaks but for a space. A stranger's name can hold any."""
    return " ".join("".join(one for one in text if one.isprintable() or one.isspace()).split())


def confined(path: str, folder: str) -> Path:
    """The relative path of an existing file below `folder`, itself below the working directory.

    Raises UserError for an absolute path, one that leaves `folder` (by `..` or by a link), and
    one that names no regular file.
    """
    inside = Path.cwd().resolve() / folder
    if "\0" in path or "://" in path:
        raise UserError(f"expected a file below {folder}/. Received: {path!r}")
    target = Path(path)
    try:
        if target.is_absolute() or not target.resolve().is_relative_to(inside):
            raise UserError(f"expected a path below {folder}/. Received: {path!r}")
        if target.is_file():
            return target
    except (OSError, RuntimeError):  # a name that is too long, a link to itself
        pass
    raise UserError(f"expected an existing file. Received: {path!r:.200}, which is not one")


def _replace_with(path: Path, write: Callable[[Path], None]) -> None:
    """Write beside `path`, then rename over it, so that no reader sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".partial-{path.name}")
    # What an earlier run left, or a link that leads elsewhere, is not written through.
    partial.unlink(missing_ok=True)
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def replaced_folder(folder: str | Path) -> Iterator[Path]:
    """A new, empty folder to fill; it takes the place of `folder` when the block succeeds.

    What `folder` held before is removed only then, so no file of an earlier configuration stays
    behind and a failure changes nothing.
    """
    folder = Path(folder)
    partial = folder.with_name(f".partial-{folder.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        yield partial
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def ahead(items: Iterable[Item]) -> Iterator[Item]:
    """The same; while one is in use, the next is made in a thread. What that raises comes here."""
    iterator, end = iter(items), object()
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, iterator, end)
        while (item := coming.result()) is not end:
            coming = thread.submit(next, iterator, end)
            yield item


def write_text(path: str | Path, text: str) -> None:
    """Write UTF-8 text."""
    _replace_with(Path(path), lambda partial: partial.write_text(text, encoding="utf-8"))


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write strict JSON (NaN and infinity are refused with ValueError), two-space indented."""
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    _replace_with(Path(path), lambda partial: partial.write_text(text, encoding="utf-8"))


def read_json(path: str | Path) -> Any:
    """Read a strict JSON file of at most 16 MiB. Raises UserError naming the file."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: expected this file to exist; run `dvc repro` first")
    with path.open("rb") as stream:
        return parse_json(stream.read(MAX_JSON_BYTES + 1), str(path))


def parse_json(data: bytes, name: str) -> Any:
    """Strict JSON of at most 16 MiB, without a key that stands twice in an object and a number that
    is infinite in float64. Raises UserError with this name."""
    if len(data) > MAX_JSON_BYTES:
        raise UserError(f"{name}: expected at most {MAX_JSON_BYTES} bytes of JSON")

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is not strict JSON")

    def whole(number: str) -> int:
        return int(number) if finite(number) is not None else 0

    def finite(number: str) -> float:
        return float(number) if math.isfinite(float(number)) else refuse(number[:40])

    def different(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        return found if len(found) == len(pairs) else refuse("a key that stands twice")

    try:
        content = json.loads(
            data.decode("utf-8"),
            parse_constant=refuse,
            parse_float=finite,
            parse_int=whole,
            object_pairs_hook=different,
        )
        if b"\\u" in data:  # half of a pair of surrogates is no text: encoding refuses it
            json.dumps(content, ensure_ascii=False).encode("utf-8")
        return content
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name}: expected strict JSON. Received: {error}") from None


def shaped(schema: type[Shape], content: Any, expected: str) -> Shape:
    """Plain values as an object of this pydantic schema. Raises UserError with what was expected,
    and the place and kind of the first difference."""
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(f"{expected}. Received: {place:.120}: {first['msg']:.120}") from None


def write_table(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a Parquet file whose bytes depend on the frame alone (no pandas metadata)."""
    write_tables(path, [frame])


def write_tables(path: str | Path, frames: Iterable[pd.DataFrame]) -> None:
    """The same from the table's parts, one after the other, of which few are held at a time.

    The rows lie in groups of about BLOCK_BYTES, which is how `TableFile` reads them. Categories are
    written as the text that they are.
    """

    def write(partial: Path) -> None:
        writer, waiting = None, []
        try:
            for frame in ahead(frames):
                table = _plain(pa.Table.from_pandas(frame, preserve_index=False))
                waiting.append(table)
                if writer is None:
                    # Numbers seldom repeat: a dictionary of them is time and room for nothing.
                    text = [one.name for one in table.schema if pa.types.is_large_string(one.type)]
                    # Nor does a reader here ask for statistics.
                    writer = pq.ParquetWriter(
                        partial, table.schema, use_dictionary=text, write_statistics=False
                    )
                size = max(1, BLOCK_BYTES // (8 * table.num_columns))
                if sum(len(one) for one in waiting) >= size:
                    whole = pa.concat_tables(waiting)
                    ready = len(whole) - len(whole) % size
                    writer.write_table(whole.slice(0, ready).combine_chunks(), size)
                    waiting = [whole.slice(ready)] if ready < len(whole) else []
            if waiting:
                writer.write_table(pa.concat_tables(waiting).combine_chunks())
        finally:
            if writer:
                writer.close()

    _replace_with(Path(path), write)


def _plain(table: pa.Table) -> pa.Table:
    """The same without pandas' metadata, and with text in place of categories."""
    for position, one in enumerate(table.schema):
        if pa.types.is_dictionary(one.type):
            text = table[position].cast(pa.large_string())
            table = table.set_column(position, one.name, text)
    return table.replace_schema_metadata(None)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a Parquet file that `write_table` wrote. Raises UserError naming the file."""
    return TableFile(path).whole()


class TableFile:
    """A Parquet file that `write_table` wrote, read some rows at a time.

    rows: how many it has. Raises UserError naming the file when it is missing or broken.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise UserError(f"{path}: expected this file to exist; run `dvc repro` first")
        with self._explained():
            # ParquetFile rather than pq.read_table: the latter takes key=value folders for columns.
            self._file = pq.ParquetFile(self.path)
        self.rows = self._file.metadata.num_rows
        self._kinds = {one.name: one.type for one in self._file.schema_arrow}
        self._only: pa.Table | None = None
        self._held: tuple[str, list[pd.Series]] = ("", [])

    def kind(self, name: str) -> str:
        """What a column holds: 'numbers', 'text', another type of Arrow's, or 'none'."""
        kind = self._kinds.get(name)
        if kind is None:
            return "none"
        if pa.types.is_floating(kind) or pa.types.is_integer(kind):
            return "numbers"
        return "text" if pa.types.is_string(kind) or pa.types.is_large_string(kind) else str(kind)

    def whole(self) -> pd.DataFrame:
        """All rows at once."""
        with self._explained():
            return self._file.read().to_pandas(ignore_metadata=True)

    def blocks(self, columns: list[str] | None = None) -> Iterator[pd.DataFrame]:
        """These columns, or all. Raises UserError for one that the file lacks."""
        for name in columns or []:
            if name not in self._kinds:
                raise UserError(f"{self.path}: expected the column {name!r}")
        return self._read(columns)

    def column(self, name: str) -> Iterator[pd.Series]:
        """One column, likewise. The last one is held if all of it is no larger than a block."""
        if self.kind(name) != "numbers" or 8 * self.rows > BLOCK_BYTES:
            return (block[name] for block in self.blocks([name]))
        if self._held[0] != name:
            self._held = (name, [block[name] for block in self.blocks([name])])
        return iter(self._held[1])

    def _read(self, columns: list[str] | None) -> Iterator[pd.DataFrame]:
        groups = self._file.metadata.num_row_groups
        for group in range(groups):
            with self._explained():
                if groups > 1:
                    table = self._file.read_row_group(group, columns)
                else:
                    # One block is held anyway; read once for each of thousands of columns it
                    # would take minutes.
                    self._only = self._only or self._file.read()
                    table = self._only.select(columns or self._only.column_names)
            yield table.to_pandas(ignore_metadata=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (pa.ArrowException, OSError, ValueError) as error:
            raise UserError(f"{self.path}: expected a Parquet file. Received: {error}") from None


def numbered(table: pd.DataFrame, name: str) -> np.ndarray:
    """A table's columns name_0, name_1, ..., or the one of this name alone, [rows, columns]."""
    return table.filter(regex=rf"^{name}(_\d+)?$").to_numpy()


def write_csv(path: str | Path, frame: pd.DataFrame) -> None:
    """Write a CSV for DVC's plots: no index, empty cells for NaN, 8 significant digits."""
    _replace_with(
        Path(path), lambda partial: frame.to_csv(partial, index=False, float_format="%.8g")
    )


def read_csv(
    path: str | Path, numbers: Iterable[str] = (), words: Iterable[str] = ()
) -> pd.DataFrame:
    """Read a CSV that `write_csv` wrote, with these columns of numbers (NaN for an empty cell) and
    of words; others may stand beside them. Raises UserError naming the file."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: expected this file to exist; run `dvc repro` first")
    if path.stat().st_size > MAX_CSV_BYTES:
        raise UserError(f"{path}: expected at most {MAX_CSV_BYTES} bytes")
    try:
        with path.open("rb") as stream:
            table = pd.read_csv(
                stream, dtype=dict.fromkeys(words, "str"), keep_default_na=False, na_values=[""]
            )  # fmt: skip
    except ValueError as error:  # pandas' own errors and bad UTF-8 are kinds of it
        raise UserError(
            f"{path}: expected a table of commas and lines. Received: {error}"
        ) from None
    if not isinstance(table.index, pd.RangeIndex):  # what a longer first row would become
        raise UserError(f"{path}: expected as many cells in every row as in the first line")
    for name in (*numbers, *words):
        if name not in table:
            raise UserError(f"{path}: expected the column {name!r}")
    for name in numbers:
        if len(table) and table[name].dtype.kind not in "iuf":
            raise UserError(f"{path}: column {name!r}: expected numbers")
    for name in words:
        if table[name].isna().any():
            raise UserError(f"{path}: column {name!r}: expected a name in every row")
    return table


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Write one numeric array as .npy."""

    def write(partial: Path) -> None:
        with partial.open("wb") as stream:
            np.save(stream, array, allow_pickle=False)

    _replace_with(Path(path), write)


def write_blocks(path: str | Path, blocks: Iterable[np.ndarray], rows: int) -> None:
    """Write one numeric array of so many rows as .npy from its parts, one after the other."""

    def write(partial: Path) -> None:
        with partial.open("wb") as stream:
            for position, block in enumerate(blocks):
                if position == 0:
                    whole = {"shape": (rows, *block.shape[1:]), "fortran_order": False}
                    header = {"descr": np.lib.format.dtype_to_descr(block.dtype), **whole}
                    np.lib.format.write_array_header_1_0(stream, header)
                stream.write(np.ascontiguousarray(block).data)

    _replace_with(Path(path), write)


def read_array(path: str | Path, dtype: str, columns: int | None) -> np.ndarray:
    """Memory-map a .npy file of this dtype and [rows, columns], or [rows] for None, read-only.
    Raises UserError naming the file."""
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: expected this file to exist; run `dvc repro` first")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except _NO_ARRAY as error:
        raise UserError(f"{path}: expected a numeric .npy file. Received: {error}") from None
    shape = getattr(array, "shape", ())  # of an archive there is none
    expected = () if columns is None else (columns,)
    if not shape or shape[1:] != expected or array.dtype != dtype:
        raise UserError(f"{path}: expected {dtype} of [{', '.join(map(str, ('rows', *expected)))}]")
    return array


def write_arrays(path: str | Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named numeric arrays as .npz, with the same bytes whatever the version of Python.

    numpy.savez leaves the members' headers to zipfile, which writes them differently in 3.11.
    """

    def write(partial: Path) -> None:
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive:
            for name, array in arrays.items():
                member = io.BytesIO()
                np.save(member, array, allow_pickle=False)
                info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
                info.create_system, info.external_attr = 3, 0o644 << 16
                archive.writestr(info, member.getbuffer())

    _replace_with(Path(path), write)


def read_arrays(path: str | Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Read the float32 arrays named in `shapes` from an .npz of exactly these shapes.

    Raises UserError naming the file and the array (see `parse_arrays`).
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: expected this file to exist; run `dvc repro` first")
    with path.open("rb") as stream:
        return parse_arrays(stream, str(path), shapes)


def parse_arrays(
    stream: BinaryIO, name: str, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    """The float32 arrays of an .npz.

    Raises UserError with this name when one is missing, superfluous, of another shape or dtype, or
    not finite: sizes are compared before anything is unpacked, so a small file cannot ask for a
    large allocation.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if set(sizes) != {f"{array}.npy" for array in shapes}:
                raise UserError(
                    f"{name}: expected the arrays {sorted(shapes)}. "
                    f"Received: {sorted(member.removesuffix('.npy') for member in sizes)}"
                )
            for array, shape in shapes.items():
                expected = 4 * int(np.prod(shape, dtype=np.int64))
                # A .npy header is 64 bytes to some hundred; 4096 leaves room for it.
                if not expected < sizes[f"{array}.npy"] <= expected + 4096:
                    raise UserError(f"{name}: expected {array} to be float32 of shape {shape}")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            arrays = {array: archive[array] for array in shapes}
    except _NO_ARRAY as error:
        raise UserError(f"{name}: expected an .npz of numeric arrays. Received: {error}") from None
    for array, shape in shapes.items():
        found = arrays[array]
        if found.shape != shape or found.dtype != np.float32 or not np.isfinite(found).all():
            raise UserError(
                f"{name}: expected {array} to be finite float32 of shape {shape}. "
                f"Received: {found.dtype} of shape {found.shape}"
            )
    return arrays

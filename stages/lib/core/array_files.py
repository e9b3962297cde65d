"""Numeric arrays as .npy and .npz."""

import io
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from stages.lib.core.atomic import replace_file
from stages.lib.core.errors import UserError
from stages.lib.core.paths import written_file

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


def write_array(path: str | Path, array: np.ndarray) -> None:
    """Write one numeric array as .npy."""

    def write(partial: Path) -> None:
        with partial.open("wb") as stream:
            np.save(stream, array, allow_pickle=False)

    replace_file(Path(path), write)


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

    replace_file(Path(path), write)


def read_array(path: str | Path, dtype: str, columns: int | None) -> np.ndarray:
    """Memory-map a .npy file of this dtype and [rows, columns], or [rows] for None, read-only.
    Raises UserError naming the file."""
    path = written_file(path)
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except _NO_ARRAY as error:
        raise UserError(path, "a numeric .npy file", error) from None
    shape = getattr(array, "shape", ())  # of an archive there is none
    expected = () if columns is None else (columns,)
    if not shape or shape[1:] != expected or array.dtype != dtype:
        wanted = f"{dtype} of [{', '.join(map(str, ('rows', *expected)))}]"
        plain = isinstance(array, np.ndarray)
        received = f"{array.dtype} of {list(shape)}" if plain else "an archive"
        raise UserError(path, wanted, received)
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

    replace_file(Path(path), write)


def read_arrays(path: str | Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Read the float32 arrays named in `shapes` from an .npz of exactly these shapes.

    Raises UserError naming the file and the array (see `parse_arrays`).
    """
    path = written_file(path)
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
                    name,
                    f"the arrays {sorted(shapes)}",
                    f"{sorted(member.removesuffix('.npy') for member in sizes)}",
                )
            for array, shape in shapes.items():
                expected = 4 * int(np.prod(shape, dtype=np.int64))
                # A .npy header is 64 bytes to some hundred; 4096 leaves room for it.
                if not expected < sizes[f"{array}.npy"] <= expected + 4096:
                    raise UserError(f"{name}: {array}", f"float32 of shape {shape}")
        stream.seek(0)
        with np.load(stream, allow_pickle=False) as archive:
            arrays = {array: archive[array] for array in shapes}
    except _NO_ARRAY as error:
        raise UserError(name, "an .npz of numeric arrays", error) from None
    for array, shape in shapes.items():
        array_data = arrays[array]
        if (
            array_data.shape != shape
            or array_data.dtype != np.float32
            or not np.isfinite(array_data).all()
        ):
            raise UserError(
                f"{name}: {array}",
                f"finite float32 of shape {shape}",
                f"{array_data.dtype} of shape {array_data.shape}",
            )
    return arrays

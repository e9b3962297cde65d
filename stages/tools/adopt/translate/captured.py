"""What a script's process handed over, read as a stranger's data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.lib.params.section import FLOAT32_MAX
from stages.tools.adopt.capture.handover import CAPTURED, MAX_VALUES
from stages.tools.adopt.translate.keras_object import KerasObject, Strict, Text, Word

# A network of so many layers would be no table's.
MAX_LAYERS = 1000
Count = Annotated[int, Field(ge=1, le=10**9)]


class FitArguments(Strict):
    """The arguments of fit.

    Attributes:
        class_weight: by the numbers of the classes.
        sample_weight: whether rows have weights.
        validated: with validation rows.
    """

    batch_size: Count
    shuffle: bool
    epochs: Annotated[int, Field(ge=0, le=10**9)]
    callbacks: Annotated[list[KerasObject], Field(max_length=100)]
    class_weight: dict[Word, Annotated[float, Field(ge=0, le=FLOAT32_MAX)]] | None
    sample_weight: bool
    validated: bool


class Content(Strict):
    """captured.json."""

    layers: Annotated[list[KerasObject], Field(min_length=1, max_length=MAX_LAYERS)]
    applied: Annotated[list[Word], Field(max_length=MAX_LAYERS)]
    loss: KerasObject
    optimizer: KerasObject
    fit: FitArguments
    columns: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None
    targets: Annotated[list[Text], Field(max_length=MAX_VALUES)] | None
    remarks: Annotated[list[Text], Field(max_length=100)]
    keras_warnings: Annotated[list[Text], Field(max_length=100)]
    weights: Annotated[list[Word], Field(max_length=20 * MAX_LAYERS)]


@dataclass(frozen=True)
class Captured:
    """What a script's first fit was given.

    Attributes:
        content: all but the arrays.
        x, y: float64 [rows, inputs] and [rows, ...].
        x_validation, y_validation: the same of the validation rows, or None.
        weights: of the layers, float32 by 'POSITION.NAME'.
        w, w_validation: weights of the rows, float64 [rows], or None.
    """

    content: Content
    x: np.ndarray
    y: np.ndarray
    x_validation: np.ndarray | None
    y_validation: np.ndarray | None
    weights: dict[str, np.ndarray]
    w: np.ndarray | None = None
    w_validation: np.ndarray | None = None


def read_captured(folder: Path, name: str) -> Captured:
    """What stands in the folder, checked. Raises UserError with the script's name."""
    content = validate(Content, read_json(folder / CAPTURED), name, "what keras.Model.fit takes")

    def array(file: str, kind: str) -> np.ndarray:
        try:
            path = folder / f"{file}.npy"
            if path.is_symlink() or not path.is_file():  # a pipe would be waited for
                raise ValueError("no file")
            found = np.load(path, mmap_mode="r", allow_pickle=False)
            if found.dtype != kind or not found.size or found.size > MAX_VALUES:
                raise ValueError(f"{found.dtype} of shape {found.shape}")
            return np.array(found)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{name}: {file:.60}", "numbers", f"{error}") from None

    def rows(suffix: str) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """x, y and the weights of a part of the rows."""
        x, y = array(f"x{suffix}", "float64"), array(f"y{suffix}", "float64")
        if x.ndim != 2 or len(x) != len(y):
            raise UserError(name, "rows of x and y", f"{x.shape} and {y.shape}")
        if not content.fit.sample_weight:
            return x, y, None
        w = array(f"w{suffix}", "float64")
        if w.shape != (len(x),) or not (w >= 0).all():
            raise UserError(name, "a weight >= 0 for each row")
        return x, y, w

    x, y, w = rows("")
    held_out = rows("_validation") if content.fit.validated else (None, None, None)
    weights = {}
    for key in content.weights:
        place, _, kind = key.partition(".")
        if not (place.isdecimal() and kind.replace("_", "").isalnum()):
            raise UserError(name, "names of weights", f"{key!r:.60}")
        weights[key] = array(f"weight.{key}", "float32")
    x_validation, y_validation, w_validation = held_out
    return Captured(content, x, y, x_validation, y_validation, weights, w, w_validation)

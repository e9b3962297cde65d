"""What a script's process handed over, read as a stranger's data."""

from pathlib import Path

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.core.json_files import read_json, validate
from stages.tools.adopt.capture.handover import CAPTURED, MAX_VALUES
from stages.tools.adopt.translate.captured import Captured, Content


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
    weights = {}
    for key in content.weights:
        place, _, kind = key.partition(".")
        if not (place.isdecimal() and kind.replace("_", "").isalnum()):
            raise UserError(name, "names of weights", f"{key!r:.60}")
        weights[key] = array(f"weight.{key}", "float32")
    if not content.fit.validated:
        return Captured(content, (x,), (y,), None, None, weights, w)
    x_validation, y_validation, w_validation = rows("_validation")
    return Captured(content, (x,), (y,), (x_validation,), (y_validation,), weights, w, w_validation)

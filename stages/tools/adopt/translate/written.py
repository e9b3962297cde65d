"""The files of an adoption, written when all of them are known to be good, params.yaml last."""

from pathlib import Path

import pandas as pd

from stages.generate.split import divided
from stages.lib import params
from stages.lib.artifacts.adopted import FILE, checked
from stages.lib.core.array_files import write_arrays
from stages.lib.core.atomic import write_text
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import write_json
from stages.lib.core.parquet_files import write_table
from stages.lib.tables import table
from stages.tools.adopt.translate.adopted import TABLE, WEIGHTS, Adopted
from stages.tools.adopt.translate.edits import rewritten

# Left out of git and DVC, as all that begins so.
_TRIAL = "data/inputs/.partial-trial.parquet"


def write(found: Adopted, kind: str, name: str, places: dict) -> list[str]:
    """The names of the files. Raises UserError, with nothing written, for what params.yaml or the
    pipeline's first stage would refuse."""
    text = rewritten(Path(params.FILE).read_text(encoding="utf-8"), found.edits)
    settings = params.check(params.parse(text.encode("utf-8"), params.FILE))
    record = {
        "schema": 1,
        "kind": kind,
        "name": name,
        "table": settings.data.file.path,
        "target": settings.data.file.target,
        "taken": [
            {"key": key, "value": value, "origin": found.origins[key]}
            for key, value in found.edits.items()
        ],
        "untold": [line[:1000] for line in dict.fromkeys(found.untold)][:1000],
        "places": places,
    }
    checked(record, FILE)
    _check(found.frame, settings)
    files = []
    if found.frame is not None:
        write_table(TABLE, found.frame)
        files.append(TABLE)
    if found.weights is not None:
        write_arrays(WEIGHTS, found.weights)
        files.append(WEIGHTS)
    write_json(FILE, record)
    write_text(params.FILE, text)
    return [*files, FILE, params.FILE]


def _check(frame: pd.DataFrame | None, settings: params.Params) -> None:
    """As generate will read and part the rows. frame: what is to be written, or None for a file
    that is there."""
    file = settings.data.file
    if frame is None:
        dataset = table.load(file)
        divided(dataset, settings.data.split, settings.data.seed)
        return
    try:
        write_table(_TRIAL, frame)
        dataset = table.load(file.model_copy(update={"path": _TRIAL}))
        divided(dataset, settings.data.split, settings.data.seed)
    except UserError as error:
        raise UserError(str(error).replace(_TRIAL, TABLE)) from None
    finally:
        Path(_TRIAL).unlink(missing_ok=True)

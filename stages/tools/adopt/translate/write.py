"""The files of an adoption, written when all of them are known to be good, params.yaml last."""

from pathlib import Path
from typing import Any

from stages.generate.agreement import check_task, check_training_rows
from stages.generate.split import split_rows
from stages.lib import params
from stages.lib.artifacts.adopted import FILE, ScriptText, checked
from stages.lib.core.array_files import write_arrays
from stages.lib.core.atomic import write_text
from stages.lib.core.errors import UserError
from stages.lib.core.json_files import write_json
from stages.lib.core.parquet_files import write_table
from stages.lib.core.paths import check_destination
from stages.lib.keras_fit.model import ModelFile, text_of
from stages.lib.params.data import File
from stages.lib.tables import table
from stages.tools.adopt.translate.adopted import TABLE, WEIGHTS, Adopted
from stages.tools.adopt.translate.edit_params import edit_params
from stages.tools.adopt.translate.graph import FILE as MODEL

# Left out of git and DVC, as all that begins so.
_TRIAL = "data/inputs/.partial-trial.parquet"


def write(
    adopted: Adopted,
    kind: str,
    name: str,
    places: dict[str, Any],
    script: ScriptText | None = None,
) -> list[str]:
    """The names of the files. script: the text of an adopted script. Raises UserError, with
    nothing written, for what params.yaml or the pipeline's first stage would refuse, and where one
    of them cannot be written."""
    text = edit_params(Path(params.FILE).read_text(encoding="utf-8"), adopted.edits)
    settings = params.check(params.parse(text.encode("utf-8"), params.FILE))
    record = {
        "schema": 1,
        "kind": kind,
        "name": name,
        "table": settings.data.file.path,
        "target": settings.data.file.target,
        "taken": [
            {"key": key, "value": value, "origin": adopted.origins[key]}
            for key, value in adopted.edits.items()
        ],
        "untold": [line[:1000] for line in dict.fromkeys(adopted.unsupported)][:1000],
        "places": places,
        "script": None if script is None else script.model_dump(),
    }
    checked(record, FILE)
    _check(adopted, settings)
    files = [] if adopted.frame is None else [TABLE]
    files += [] if adopted.model is None else [MODEL]
    files += [] if adopted.weights is None else [WEIGHTS]
    files += [FILE, params.FILE]
    for file in files:
        check_destination(file)
    if adopted.frame is not None:
        write_table(TABLE, adopted.frame)
    if adopted.model is not None:
        write_text(MODEL, text_of(adopted.model))
    if adopted.weights is not None:
        write_arrays(WEIGHTS, adopted.weights)
    write_json(FILE, record)
    write_text(params.FILE, text)
    return files


def _check(adopted: Adopted, settings: params.Params) -> None:
    """As generate will read, part and check the rows of what is to be written, or of a file that is
    there."""
    file, frame, model = settings.data.file, adopted.frame, adopted.model
    if frame is None:
        _check_rows(file, settings, model)
        return
    try:
        write_table(_TRIAL, frame)
        _check_rows(file.model_copy(update={"path": _TRIAL}), settings, model)
    except UserError as error:
        raise UserError(*(text.replace(_TRIAL, TABLE) for text in error.args)) from None
    finally:
        Path(_TRIAL).unlink(missing_ok=True)


def _check_rows(file: File, settings: params.Params, model: ModelFile | None) -> None:
    dataset = table.load(file)
    check_task(settings, dataset, model)
    parts = split_rows(dataset, settings.data.split, settings.data.seed)
    check_training_rows(settings.normalize, dataset, parts["train"])

"""A look at a file: what the pipeline makes of each column, and the keys to paste."""

import contextlib
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from stages.lib import params
from stages.lib.artifacts.columns import Columns
from stages.lib.core.command import command_line
from stages.lib.core.errors import UserError, shown
from stages.lib.core.paths import resolve_within
from stages.lib.params.data import File
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from stages.lib.tables.look import classes_of, spellings, table_of
from stages.lib.tables.readers import open_table

# How a file is written: of params.yaml they hold for a look at any file, and are told where they
# are not as committed at first.
NOTATION = {
    "delimiter": "auto", "encoding": "auto", "decimal": "point", "thousands": "auto",
    "skip_rows": 0, "header": "auto", "missing": [], "spellings": "distinct", "day_first": "auto",
}  # fmt: skip
# What a look at another file than that of params.yaml takes for the keys that name its sheet and
# its columns.
NO_COLUMNS: dict[str, Any] = {
    "sheet": None, "categorical": [], "ignore": [], "keep": [], "dates": {}, "task": "auto",
    "split": None, "groups": None, "time": None, "weights": None,
}  # fmt: skip


def columns_of(dataset: Dataset) -> Columns:
    """What was made of the columns, and the classes, or each label's rows, with their counts."""
    answers = []
    if dataset.kind.has_classes:
        [labels] = (dataset.targets[name] for name in dataset.targets)
        answers.append(classes_of(str(labels.name), labels, dataset.classes))
    for name in dataset.targets if dataset.kind.has_labels else ():
        having = int(dataset.targets[name].sum())
        answers.append(f"label {shown(str(name), 60)}: {having} of {len(dataset.targets)} rows")
    return Columns(lines=list(dataset.lines), answers=answers if dataset.lines else [])


def description(columns: Columns) -> str:
    """The same as a table for a terminal."""
    return "\n".join([table_of(columns.lines), *columns.answers])


def look(doc: str | None) -> None:
    """Print what would be made of a file, and the keys for params.yaml. Nothing is written.

    Args:
        doc: the help of the command.

    Raises:
        UserError: the file cannot be read; the line names the key that helps.
    """
    parser = command_line("python -m stages generate", doc)
    parser.add_argument("--look", metavar="FILE", required=True)
    parser.add_argument("--target", help="default: data.file.target, or the last column")
    parser.add_argument("--sheet", help="of an .xlsx; default: data.file.sheet, or the first one")
    arguments = parser.parse_args()
    file = _settings(arguments, params.load("data").file)
    dataset = table.load(file)
    print(description(columns_of(dataset)))
    print("\nfor params.yaml:\n" + keys_of(dataset, file))


def _settings(arguments: Namespace, file: File) -> File:
    """The section data.file for this file. Those of its keys that name columns are kept only where
    it is the file of params.yaml."""
    path = str(arguments.look)
    try:
        resolve_within(path, table.INPUTS)
    except UserError as error:
        raise error.at("--look") from None
    known = file.path is not None and Path(file.path).resolve() == Path(path).resolve()
    changes: dict[str, Any] = {"path": path} | ({} if known else NO_COLUMNS)
    if arguments.sheet:
        changes["sheet"] = arguments.sheet
    file = file.model_copy(update=changes)
    target = arguments.target or (file.target if known else None)
    if target is None:
        with contextlib.redirect_stdout(None):  # what it says it will say again
            names = open_table(path, file, "--look").names
        # Lines that end with a delimiter leave a column without a name behind the last.
        target = next((name for name in reversed(names) if not _is_made_up(name)), names[-1])
        print(f"target: the last column, {shown(target, 60)}; --target names another one")
    return file.model_copy(update={"target": target})


def _is_made_up(name: str) -> bool:
    return name.startswith("Unnamed: ")


def keys_of(dataset: Dataset, file: File) -> str:
    """The keys of params.yaml that read this file so, and, commented out, those that its columns
    ask for.

    Args:
        dataset: as it was read.
        file: the settings by which it was.
    """
    settings = {name: getattr(file, name) for name in ("path", "target", *NOTATION, *NO_COLUMNS)}
    usual = NOTATION | NO_COLUMNS
    lines = [
        f"    {key}: {_yaml(value)}"
        for key, value in settings.items()
        if key not in usual or value != usual[key]
    ]
    asked: dict[str, Any] = {}
    for note in (note for line in dataset.lines for note in line.notes if note.key):
        if isinstance(note.value, list):  # an entry for each column
            entries = asked.setdefault(note.key, [])
            entries += [entry for entry in note.value if entry not in entries]
        else:  # of one column only
            asked.setdefault(note.key, note.value)
    if spellings(dataset.classes):
        asked.setdefault("spellings", "joined")
    lines += [f"    # {key}: {_yaml(value)}" for key, value in asked.items()]
    return "\n".join(["data:", "  source: file", "  file:", *lines])


def _yaml(value: Any) -> str:
    """A value as YAML, of which JSON is a part; plain words stand without quotes."""
    plain = isinstance(value, str) and value.isascii() and value.replace("_", "a").isalpha()
    if plain and value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "y", "n"):
        return str(value)
    return json.dumps(value, ensure_ascii=False)

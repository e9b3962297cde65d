"""How a file of new rows is written: the keys of data.file that say so, as options."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, get_args

from stages.lib.core.errors import UserError
from stages.lib.params.data import File

# Those that one value sets; of a number, and of what is true, false or auto, the rest.
_NAMES = ("delimiter", "encoding", "decimal", "thousands")
_KEYS = (*_NAMES, "sheet", "skip_rows", "header", "day_first", "missing")
_WHETHER = {"auto": "auto", "true": True, "false": False}


def add_options(parser: ArgumentParser) -> None:
    """An option for each of the keys, `--skip-rows` for data.file.skip_rows."""
    for key in _NAMES:
        choices = get_args(File.model_fields[key].annotation)
        parser.add_argument(_option(key), choices=choices, help=f"default: data.file.{key}")
    parser.add_argument("--sheet", help="of an .xlsx; default: data.file.sheet")
    parser.add_argument("--skip-rows", type=int, metavar="LINES", help="default: data.file's")
    for key in ("header", "day_first"):
        text = f"default: data.file.{key}"
        parser.add_argument(_option(key), choices=list(_WHETHER), help=text)
    parser.add_argument(
        "--missing",
        action="append",
        metavar="WORD",
        help="a number or a word for a gap, beside those of data.file.missing; may be repeated",
    )


def as_written(arguments: Namespace, file: File) -> File:
    """The section data.file with what the options say.

    Raises:
        UserError: lines to skip are fewer than none.
    """
    changes: dict[str, Any] = {
        key: getattr(arguments, key) for key in (*_NAMES, "sheet", "skip_rows")
    }
    changes |= {key: _WHETHER.get(getattr(arguments, key)) for key in ("header", "day_first")}
    if (arguments.skip_rows or 0) < 0:
        raise UserError("--skip-rows", "0 or more", arguments.skip_rows)
    changes = {key: value for key, value in changes.items() if value is not None}
    changes["missing"] = [*file.missing, *(arguments.missing or [])]
    return file.model_copy(update=changes)


@contextmanager
def named_as_options() -> Iterator[None]:
    """Mistakes of the rows name these options in the place of the keys of params.yaml."""
    try:
        yield
    except UserError as error:
        texts = (error.where, error.expected, error.received, error.hint)
        raise UserError(*map(_with_options, texts)) from None


def _with_options(text: str) -> str:
    for key in _KEYS:
        # With a value behind it, `data.file.skip_rows: 2`, and without.
        for behind, sign in ((r": ", "="), (r"\b", "")):
            found = rf"(params\.yaml: )?data\.file\.{key}{behind}"
            text = re.sub(found, _option(key) + sign, text)
    return text


def _option(key: str) -> str:
    return f"--{key.replace('_', '-')}"

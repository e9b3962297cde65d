"""Strict JSON files."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

from stages.lib.core.atomic import replace_file
from stages.lib.core.errors import UserError
from stages.lib.core.paths import written_file

Shape = TypeVar("Shape", bound=BaseModel)


# Our own JSON files are at most some hundred kilobytes; a larger one is not ours.
MAX_JSON_BYTES = 16 * 2**20


def write_json(path: str | Path, content: Mapping[str, Any]) -> None:
    """Write strict JSON (NaN and infinity are refused with ValueError), two-space indented."""
    text = json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"
    replace_file(Path(path), lambda partial: partial.write_text(text, encoding="utf-8"))


def read_json(path: str | Path) -> Any:
    """Read a strict JSON file of at most 16 MiB. Raises UserError naming the file."""
    path = written_file(path)
    with path.open("rb") as stream:
        return parse_json(stream.read(MAX_JSON_BYTES + 1), str(path))


def parse_json(data: bytes, name: str) -> Any:
    """Strict JSON of at most 16 MiB, without a key that stands twice in an object and a number that
    is infinite in float64. Raises UserError with this name."""
    if len(data) > MAX_JSON_BYTES:
        raise UserError(name, f"at most {MAX_JSON_BYTES} bytes of JSON")

    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not strict JSON")

    def whole(number: str) -> int:
        finite(number)  # first: Python refuses thousands of digits in words of its own
        return int(number)

    def finite(number: str) -> float:
        if not math.isfinite(float(number)):
            refuse(number[:40])
        return float(number)

    def different(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content = dict(pairs)
        if len(content) < len(pairs):
            refuse("a key that stands twice")
        return content

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
        raise UserError(name, "strict JSON", error) from None


def validate(schema: type[Shape], content: Any, where: str, expected: str) -> Shape:
    """Plain values as an object of this pydantic schema.

    Args:
        schema: what the content has to be.
        content: as strict JSON gives it.
        where, expected: of the message, as UserError has them.

    Raises:
        UserError: the content is of another shape; with the place and kind of the first difference.
    """
    try:
        return schema.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise UserError(where, expected, f"{place:.120}: {first['msg']:.120}") from None

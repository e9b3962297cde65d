"""Numbers as people write them: 1,234 and $4.99, 1.3 % and 998 CC, 10,000+ and 19M.

A column is read so where all of its cells are written in one way. 11,980 is eleven thousand in one
country and twelve in another: a mark before three digits is taken for thousands only where nothing
else is possible, and otherwise the column stays text, with the keys that decide.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stages.lib.params.data import File
from stages.lib.tables.cells import MISSING_WORDS, is_gap

POINT, COMMA = ".", ","
# The names in params.yaml of what lies before decimals and between thousands, as it is written.
DECIMALS = {"point": ".", "comma": ","}
THOUSANDS = {"comma": ",", "point": ".", "space": " ", "apostrophe": "'", "none": ""}
# Letters that multiply the number that they touch. Others, or behind a blank, are units.
SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9}
# Of a unit that says when, 12 would be less than 1.
NO_UNITS = frozenset({"am", "pm", "a.m.", "p.m."})

# Texts of a column that are looked at for what keeps it from being numbers; such texts at most, and
# numbers beside them at least.
MOST_LEVELS, MOST_ODD, MIN_REST = 10_000, 3, 3

_CURRENCY = r"(?:[A-Z]{1,2}\$|[$€£¥₹₩₽₺₪₫₴₦฿]|USD|EUR|GBP|CHF|JPY|INR|Rs\.?)"
# What a cell of such a column begins with: cheap to rule a column of words out by.
_BEGINS = rf"^\(?[-+−–]?\s*{_CURRENCY}?\s*[-+−–]?[.,]?\d"
_CELL = re.compile(
    rf"(?P<sign>[-+−–]?)\s*(?P<currency>{_CURRENCY})?\s*(?P<inner>[-+−–]?)"
    r"(?P<body>[.,]?\d(?:[\d.,'’ \u00a0\u2009\u202f]*\d)?\.?)(?P<exponent>[eE][-+]?\d+)?"
    rf"(?P<blank>\s*)(?P<unit>%|‰|°\s?\w?|{_CURRENCY}|[^\W\d_](?:[^\W\d_]|[/.·]){{0,14}}"
    r"(?:\s[^\W\d_]{1,14})?[23²³]?)?(?P<more>\+?)"
)
_BLANKS = str.maketrans({"\u00a0": " ", "\u2009": " ", "\u202f": " ", "’": "'"})
# As typesetters write a minus.
_MINUSES = ("\N{MINUS SIGN}", "\N{EN DASH}")


@dataclass(frozen=True)
class Notation:
    """How the numbers of a file are written.

    Attributes:
        decimal: the mark before decimals, '.' or ','.
        thousands: the mark between thousands; '' for none, None where it is to be recognised.
        gaps: words for a gap beside those that always are one.
        decimal_is_certain: the file has decimals behind that mark, which are no three digits, and
            none behind another one.
        joined: texts that differ in their spelling only, by `core.text.folded`, are one.
    """

    decimal: str = POINT
    thousands: str | None = None
    gaps: frozenset[str] = frozenset()
    decimal_is_certain: bool = False
    joined: bool = False

    @classmethod
    def of(cls, params: File, decimal_is_certain: bool = False) -> "Notation":
        """What the section data.file says of it."""
        return cls(
            DECIMALS[params.decimal],
            None if params.thousands == "auto" else THOUSANDS[params.thousands],
            frozenset(word for word in params.missing if isinstance(word, str)),
            decimal_is_certain,
            params.spellings == "joined",
        )


@dataclass(frozen=True)
class Reading:
    """The cells of a column as numbers.

    Attributes:
        values: float64 [levels], NaN for a gap; None where several readings are possible.
        how: what was recognised, with an example; or which readings are possible, and the keys.
    """

    values: np.ndarray | None
    how: str


@dataclass(frozen=True)
class _Cell:
    """A cell in its parts."""

    text: str
    body: str
    currency: str
    unit: str
    factor: float

    @property
    def is_zero(self) -> bool:
        return not self.body.strip("0")


def read_levels(levels: pa.Array, notation: Notation) -> Reading | None:
    """Numbers in a person's spelling, or None where the cells are not all written in one.

    Args:
        levels: the different texts of a column, trimmed.
        notation: of the file.
    """
    gap = is_gap(levels) | np.asarray(pc.equal(levels, "").to_numpy(zero_copy_only=False))
    words = levels.filter(pa.array(~gap))
    if not len(words) or not pc.all(pc.match_substring_regex(words, _BEGINS)).as_py():
        return None
    cells = [_cell(text) for text in words.to_pylist()]
    parts = [cell for cell in cells if cell is not None]
    if len(parts) < len(cells) or not _have_one_unit(parts):
        return None
    mark = _thousands(parts, notation)
    if mark is None or not all(_fits(cell.body, mark, notation.decimal) for cell in parts):
        return None
    doubt = _doubt(parts, mark, notation)
    if doubt:
        return Reading(None, doubt)
    numbers = [_number(cell, mark, notation.decimal) for cell in parts]
    values = np.full(len(levels), np.nan)
    values[~gap] = numbers
    return Reading(values, _how(parts, numbers, mark))


def _cell(text: str) -> _Cell | None:
    # In accounts a number in brackets is negative.
    bracketed = text.startswith("(") and text.endswith(")")
    found = _CELL.fullmatch(text[1:-1] if bracketed else text)
    if found is None or (bracketed and (found["sign"] or found["inner"])):
        return None
    body, unit = found["body"].translate(_BLANKS), found["unit"] or ""
    # 007 A is a code, and 2 of five signs are no number's.
    if re.match(r"0\d", body) or (found["sign"] and found["inner"]) or unit.lower() in NO_UNITS:
        return None
    negative = bracketed or (found["sign"] or found["inner"]) in ("-", *_MINUSES)
    sign = "-" if negative else ""
    currency = found["currency"] or ""
    factor = 1.0
    if not found["blank"] and unit in SCALES:
        factor, unit = SCALES[unit], ""
    if re.fullmatch(_CURRENCY, unit):
        if currency:
            return None
        currency, unit = unit, ""
    return _Cell(text, sign + body + (found["exponent"] or ""), currency, unit, factor)


def _have_one_unit(cells: list[_Cell]) -> bool:
    """All cells are in one unit; a bare zero is in any."""
    return len({(cell.currency, cell.unit) for cell in cells if not cell.is_zero}) <= 1


def _thousands(cells: list[_Cell], notation: Notation) -> str | None:
    """The mark between thousands, '' without one, None where several stand for it."""
    if notation.thousands is not None:
        return notation.thousands
    marks = {mark for cell in cells for mark in cell.body if mark in ",.' "} - {notation.decimal}
    return None if len(marks) > 1 else "".join(marks)


def _fits(body: str, mark: str, decimal: str) -> bool:
    """Digits with decimals, in groups of three (in India of two before the last three)."""
    m, d = re.escape(mark), re.escape(decimal)
    grouped = rf"[1-9]\d{{0,2}}(?:{m}\d{{3}})+|[1-9]\d?(?:{m}\d{{2}})+{m}\d{{3}}|" if mark else ""
    whole = rf"-?(?:(?:{grouped}\d+)(?:{d}\d*)?|{d}\d+)(?:[eE][-+]?\d+)?"
    return re.fullmatch(whole, body) is not None


def _doubt(cells: list[_Cell], mark: str, notation: Notation) -> str:
    """What else the numbers could be, with the keys that decide, or ''."""
    if notation.thousands is not None or notation.decimal_is_certain:
        return ""
    bodies = [cell.body.lstrip("-") for cell in cells]
    if mark and mark in ".,":
        if any(_is_grouped_beyond_doubt(body, mark, notation.decimal) for body in bodies):
            return ""
        if _mixes(bodies, mark) and all(b.endswith("00") for b in bodies if mark in b):
            return ""
        cell = next(cell for cell in cells if mark in cell.body)
        return _readings(cell, mark)
    # A price of three decimals may be one in thousands, where points stand between those.
    decimals = [body for body in bodies if notation.decimal in body]
    if decimals and cells[0].currency and all(_is_one_group(body) for body in decimals):
        cell = next(cell for cell in cells if notation.decimal in cell.body)
        return _readings(cell, notation.decimal)
    return ""


def _is_one_group(body: str) -> bool:
    return re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body) is not None


def _is_grouped_beyond_doubt(body: str, mark: str, decimal: str) -> bool:
    """The mark stands twice, or decimals stand behind another one."""
    return body.count(mark) > 1 or (mark in body and decimal in body)


def _mixes(bodies: Iterable[str], mark: str) -> bool:
    """No program writes decimals so: some cells end with a zero behind the mark, which one that
    shortens numbers drops, and some of three digits have no mark, where one of fixed decimals
    writes it."""
    bodies = list(bodies)
    ends = any(mark in body and body.endswith("0") for body in bodies)
    return ends and any(re.fullmatch(r"\d{3}", body) for body in bodies)


def odd_levels(levels: Collection[str], notation: Notation) -> list[str]:
    """The few texts of a column without which it is one of numbers, or none.

    Args:
        levels: the different texts of a column that is none, trimmed.
        notation: of the file.
    """
    if len(levels) > MOST_LEVELS:
        return []
    known = [level for level in levels if level.lower() not in MISSING_WORDS]
    odd = [level for level in known if not re.match(r"[-+−]?[$€£]?[.,]?\d", level)]
    rest = [level for level in known if level not in odd]
    if not odd or len(odd) > MOST_ODD or len(rest) < MIN_REST:
        return []
    plain = all(_fits(level, "", notation.decimal) for level in rest)
    reading = None if plain else read_levels(pa.array(rest), notation)
    return odd if plain or (reading is not None and reading.values is not None) else []


def units_of(levels: Collection[str]) -> list[str]:
    """The units of a column of numbers in several ones, or none."""
    if not 1 < len(levels) <= MOST_LEVELS:
        return []
    cells = [_cell(level) for level in levels if level.lower() not in MISSING_WORDS]
    parts = [cell for cell in cells if cell is not None]
    units = sorted({cell.currency or cell.unit or "none" for cell in parts if not cell.is_zero})
    # Letters behind numbers in as many kinds as numbers are codes.
    few = len(units) <= max(2, len(parts) // 4)
    return units if len(parts) == len(cells) and len(units) > 1 and few else []


def looks_grouped(cells: Collection[str], decimal: str) -> bool:
    """Whether plain numbers are written as no program writes decimals, but as thousands are: three
    digits behind every mark, a zero at the end of some, and some without the mark.

    Args:
        cells: some of a column's, trimmed.
        decimal: the mark before decimals.
    """
    known = {cell for cell in cells if cell and cell.lower() not in MISSING_WORDS}
    numbers = [cell.lstrip("+-") for cell in known]
    marked = [cell for cell in numbers if decimal in cell]
    plain = [cell for cell in numbers if decimal not in cell]
    return (
        bool(marked)
        and all(map(_is_one_group, marked))
        and all(re.fullmatch(r"\d{1,3}", cell) for cell in plain)
        and _mixes(numbers, decimal)
    )


def has_decimals(cells: Iterable[str], decimal: str) -> bool:
    """Whether some cell has decimals behind this mark that cannot be thousands: not three digits,
    or three behind a zero."""
    d = re.escape(decimal)
    pattern = re.compile(
        rf"[-+−]?\s*{_CURRENCY}?\s*(?:\d+{d}(?:\d{{1,2}}|\d{{4,}})|0{d}\d{{3}}|{d}\d+)"
        rf"(?:[eE][-+]?\d+)?\s*(?:%|[^\W\d_]{{1,14}})?"
    )
    return any(pattern.fullmatch(cell.strip()) for cell in cells)


def doubt_of_points(cell: str, decimal: str) -> str:
    """What a message says to do about a column that `looks_grouped`, by one of its cells."""
    return _readings(_Cell(cell, cell, "", "", 1.0), decimal)


def _readings(cell: _Cell, mark: str) -> str:
    whole, fraction = cell.body.split(mark, 1)
    grouped, decimals = f"{whole}{fraction}", f"{whole}.{fraction}"
    if mark == COMMA:
        return (
            f"data.file.thousands: comma reads {cell.text!r:.60} as {grouped}, "
            f"data.file.decimal: comma as {decimals}"
        )
    return (
        f"data.file.decimal: comma with data.file.thousands: point reads {cell.text!r:.60} as "
        f"{grouped}, data.file.decimal: point with data.file.thousands: none as {decimals}"
    )


def _number(cell: _Cell, mark: str, decimal: str) -> float:
    body = cell.body.replace(mark, "") if mark else cell.body
    return float(body.replace(decimal, ".")) * cell.factor


def _how(cells: list[_Cell], numbers: list[float], mark: str) -> str:
    """What was recognised, by the cell that shows most of it."""
    names = {",": "commas", ".": "points", "'": "apostrophes", " ": "blanks"}
    marked = any(mark and mark in cell.body for cell in cells)
    recognised = [f"{names[mark]} between thousands"] if marked else []
    currency = max(cell.currency for cell in cells)
    unit = max(cell.unit for cell in cells)
    recognised += [f"a currency ({currency})"] * bool(currency)
    recognised += [f"a unit ({unit})"] * bool(unit)
    recognised += ["K, M or B for powers of ten"] * any(cell.factor > 1 for cell in cells)
    recognised += ["the sign − for minus"] * any("−" in cell.text for cell in cells)
    recognised += ["a + that is dropped"] * any(cell.text.endswith("+") for cell in cells)
    minus = [any(sign in cell.text for sign in _MINUSES) for cell in cells]
    recognised += ["a typesetter's minus"] * any(minus)
    brackets = any(cell.text.startswith("(") for cell in cells)
    recognised += ["negative ones in brackets"] * brackets
    recognised = recognised or ["a number as people write it"]
    place = max(
        range(len(cells)), key=lambda k: (mark in cells[k].body, minus[k], len(cells[k].text))
    )
    return f"{' and '.join(recognised)}: {cells[place].text!r:.60} is {numbers[place]:.10g}"

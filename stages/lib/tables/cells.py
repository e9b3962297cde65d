"""Text of a user's cells as numbers: what is a number, what is a gap, what only looks like one.

Each question is put to the different texts of a column, never to every row: a column of ten
million rows has few of them.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# Words for a gap among numbers. Among text they are categories like any other. Spreadsheets write
# those with # where a formula has no result.
MISSING_WORDS = frozenset(
    {"na", "n/a", "n.a.", "<na>", "nan", "-nan", "null", "none", "nil", "missing"}
    # A sign that stands for itself; two points are the World Bank's.
    | {"?", "-", "\N{EN DASH}", "\N{EM DASH}", "\N{MINUS SIGN}", ".", ".."}
    | {"#n/a", "#div/0!", "#value!", "#num!", "#ref!", "#name?", "#null!"}
)
# A reader of CSV takes quotes behind a blank for a part of the cell; who wrote them does not.
QUOTED_BEHIND_BLANKS = r'^\s+"([^"]*)"\s*$'
# Beyond it a value becomes infinite in float32, in which the network computes.
FLOAT32_MAX = float(np.finfo(np.float32).max)

_MISSING = pa.array(sorted(MISSING_WORDS))
# Words for yes and no, each pair by itself: a column that mixes them is one of text.
TRUTHS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"))
# A number in a spelling that only a person reads: 1,5 and 1,000 and $5 and 7 %.
_HUMAN_NUMBER = r"^[$€£]?\s*[-+]?\d[\d.,' ]*(?:[eE][-+]?\d+)?\s*[%$€£]?$"
_NUMBER = {
    mark: rf"^(?:[-+]?(?:\d+{point}?\d*|{point}\d+)(?:[eE][-+]?\d+)?|(?i:[-+]?inf(?:inity)?))$"
    for mark, point in ((".", r"\."), (",", ","))
}


def parse_numbers(cells: pa.Array, decimal: str) -> np.ndarray | None:
    """Text as float64 with NaN for gaps, or None when a cell is neither number nor gap.

    Args:
        cells: text, one per row.
        decimal: the mark before a number's decimals, '.' or ','.
    """
    if decimal == ".":
        try:
            numbers = cells.cast(pa.float64())
            # Arrow takes more words for NaN than there are words for a gap.
            if not pc.any(pc.is_nan(numbers)).as_py():
                return np.asarray(numbers.to_numpy(zero_copy_only=False))
        except pa.ArrowInvalid:
            pass
    encoded = cells.dictionary_encode()
    levels = parse_levels(pc.utf8_trim_whitespace(encoded.dictionary), decimal)
    return None if levels is None else np.append(levels, np.nan)[level_codes(encoded)]


def parse_levels(levels: pa.Array, decimal: str) -> np.ndarray | None:
    """As `parse_numbers`, of trimmed and different texts."""
    gap = is_gap(levels)
    if not (gap | is_number(levels, decimal)).all():
        return None
    plain = pc.replace_substring(pc.if_else(pa.array(gap), None, levels), decimal, ".")
    return np.asarray(plain.cast(pa.float64()).to_numpy(zero_copy_only=False))


def parse_truths(levels: pa.Array) -> np.ndarray | None:
    """Truth values (TRUTHS, in any case) as 1.0 and 0.0 with NaN for gaps, or None when a text is
    neither, or all are gaps."""
    lower, gap = pc.utf8_lower(levels), is_gap(levels)
    if gap.all():
        return None
    for pair in TRUTHS:
        if (gap | _bools(pc.is_in(lower, pa.array(pair)))).all():
            return np.asarray(np.where(gap, np.nan, pc.equal(lower, pair[0])))
    return None


def is_gap(levels: pa.Array) -> np.ndarray:
    """Which texts are a gap among numbers, bool."""
    empty = pc.equal(levels, "")
    return _bools(pc.or_(empty, pc.is_in(pc.utf8_lower(levels), _MISSING)))


def is_number(levels: pa.Array, decimal: str) -> np.ndarray:
    """Which texts are a number as a program writes it, bool."""
    return _matches(levels, _NUMBER[decimal])


def is_human_number(levels: pa.Array, decimal: str) -> np.ndarray:
    """Which texts are a number as a person or a program writes it, bool."""
    return np.asarray(is_number(levels, decimal) | _matches(levels, _HUMAN_NUMBER))


def level_codes(encoded: pa.DictionaryArray) -> np.ndarray:
    """The position of each cell's text in the dictionary, -1 for a gap."""
    return np.asarray(encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False))


def _matches(levels: pa.Array, pattern: str) -> np.ndarray:
    return _bools(pc.match_substring_regex(levels, pattern))


def _bools(flags: pa.Array) -> np.ndarray:
    return np.asarray(flags.to_numpy(zero_copy_only=False))

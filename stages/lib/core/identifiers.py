"""What says which row it is, rather than what it is like: by its name, and by its levels."""

import re

import numpy as np

# Text of at most this many levels is a category, however few the rows.
FEW_LEVELS = 20
# Texts a row from which on the text is the row's name: of more than half as many, most are in one
# row only, and what is learnt of them is of no use in another split.
IDENTIFYING = 0.5
# A column of whole numbers has to be called an identifier, too: a feature may well have a
# different one in every row. CustomerID, client_num, EmployeeNumber, S.No, an index of pandas.
_NAME = re.compile(
    r"(.*[^a-z])?(id|uuid|guid|nr|no|num|number|key|serial|sno|rownames)"
    r"|[a-z]+(id|num|number)|(row[^a-z]*)?(index|idx|id|number)|unnamed: \d+|__index_level_\d+__"
)
# Words that end like one.
_NO_NAMES = re.compile(
    r"(.*[^a-z])?(acid|amid|arid|avid|fluid|grid|humid|liquid|lipid|paid|plaid|rapid|solid|valid|void)"
)


# Numbers by which things are named rather than measured: Postal Code, zipcode, county_id, FIPS.
_CODE = re.compile(r"(.*[^a-z])?([a-z]*code|zip|fips|id)|[a-z]+id")


def is_named_like_code(name: str) -> bool:
    """Major_code, zip, station_id, and what else ends so."""
    spaced = _spaced(name)
    return bool(_CODE.fullmatch(spaced)) and not _NO_NAMES.fullmatch(spaced)


def is_named_like_identifier(name: str) -> bool:
    """CustomerID, client_num, S.No, and what else ends so."""
    spaced = _spaced(name)
    return bool(_NAME.fullmatch(spaced)) and not _NO_NAMES.fullmatch(spaced)


def rises_with_the_rows(values: np.ndarray) -> bool:
    """Whole numbers that rise, or fall, from each row to the next by steps that differ: order
    numbers, tickets, moments. Equal steps may as well be a grid, or years.

    values: float64 [rows], NaN for a gap.
    """
    # The first rows tell of most columns that they do not.
    if len(values) <= FEW_LEVELS or not _go_one_way(values[: FEW_LEVELS + 1]):
        return False
    steps = np.diff(values) if _go_one_way(values) else values[:0]
    whole = bool((values == np.round(values)).all())
    return len(steps) > 0 and whole and bool((steps != steps[0]).any())


def _go_one_way(values: np.ndarray) -> bool:
    if not np.isfinite(values).all():
        return False
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())


def _spaced(name: str) -> str:
    """In small letters, a blank before each capital one."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).strip().lower()

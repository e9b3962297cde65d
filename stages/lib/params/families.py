"""Which family of the diagnosis each key of `normalize` and `train` belongs to."""

from collections.abc import Iterator
from functools import cache

from stages.lib.params.normalize import Normalize
from stages.lib.params.section import FAMILIES, Family, NotTried, Section
from stages.lib.params.train import Train


def families() -> tuple[str, ...]:
    """The families of the diagnosis, in the order of its verdicts."""
    return FAMILIES


def family_of(key: str) -> str:
    """The family of a dotted key, such as "train.dropout".

    Raises:
        KeyError: the key is not one of `normalize` and `train`, or no intervention may edit it.
    """
    return _marks()[0][key]


def not_tried() -> dict[str, str]:
    """The dotted keys of `normalize` and `train` that no intervention edits, with the reason."""
    return dict(_marks()[1])


@cache
def _marks() -> tuple[dict[str, str], dict[str, str]]:
    """Each key's family, and each other key's reason."""
    marked: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for prefix, section in (("normalize", Normalize), ("train", Train)):
        for key, mark in _marked_keys(section, prefix):
            if isinstance(mark, Family):
                marked[key] = mark.name
            else:
                reasons[key] = mark.reason
    return marked, reasons


def _marked_keys(section: type[Section], prefix: str) -> Iterator[tuple[str, Family | NotTried]]:
    for name, field in section.model_fields.items():
        key, kind = f"{prefix}.{name}", field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from _marked_keys(kind, key)
        for mark in field.metadata:
            if isinstance(mark, Family | NotTried):
                yield key, mark

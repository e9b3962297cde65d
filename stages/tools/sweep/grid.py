"""The settings of a sweep: every combination of the values that are given for some keys."""

import math
from collections.abc import Mapping
from typing import Any

from stages.lib import params
from stages.lib.core.errors import UserError, nearest, shown
from stages.lib.params.edits import Edit, edited, value
from stages.lib.params.schema import Params

SWEPT = ("normalize", "train")
# Keys of these sections that no sweep is about, and why.
FIXED = {
    "train.seed": "--seeds says at how many seeds each setting is trained",
    "train.initial_weights": "each fit draws its own weights, by the initializers",
    "train.threads": "it changes no loss",
    "train.device": "it changes no loss",
}

# Each is a training at every seed; more would take days.
MAX_SETTINGS = 1000

# Hydra's names of what lists its values: one, some after commas or in choice(), and range().
VALUES = ("ELEMENT", "SIMPLE_CHOICE_SWEEP", "CHOICE_SWEEP", "RANGE_SWEEP")


def grid(arguments: list[str], content: Mapping[str, Any]) -> list[Edit]:
    """The combinations in the order of the values, as edits of `content`, all of params.yaml.

    given: as DVC's -S takes them, key=value,value with lists in brackets. Raises UserError for
    what DVC cannot read, and for a key or value that a sweep cannot have.
    """
    for key in _keys(arguments):
        _check_key(key, content)
    for argument in arguments:
        _check_different(argument)
    edits = [_edit(combination) for combination in _combinations(arguments)]
    for edit in edits:
        params.validated(Params, edited(dict(content), edit), "-S")
    return edits


def _check_different(argument: str) -> None:
    """Raise UserError for a value that a key is given twice: it would be trained and listed twice,
    and the one that was meant would be missing."""
    seen: list[Edit] = []
    for [setting] in _combinations([argument]):
        edit = _edit([setting])
        if edit in seen:
            raise UserError("-S", "each value once", f"{setting:.80} twice")
        seen.append(edit)


def _keys(arguments: list[str]) -> list[str]:
    """The keys whose values are given; each is to stand once and to be given values, no more."""
    from dvc.utils.hydra import to_hydra_overrides
    from hydra.errors import HydraException

    keys: list[str] = []
    settings = 1
    for text in arguments:
        mistake = UserError("-S", "key=value,value,...", shown(text))
        try:
            [parsed] = to_hydra_overrides([text])
        except (HydraException, ValueError, RecursionError):
            raise mistake from None
        if parsed.type.name != "CHANGE" or parsed.value_type.name not in VALUES:
            raise mistake
        if parsed.key_or_group in keys:
            raise UserError("-S", "each key once", f"{parsed.key_or_group} twice")
        keys.append(parsed.key_or_group)
        settings *= _count(parsed)
    if not 0 < settings <= MAX_SETTINGS:
        raise UserError("-S", f"1 to {MAX_SETTINGS} settings in all", settings)
    return keys


def _count(override: Any) -> int:
    """How many values an override lists."""
    values = override.value()
    if override.is_choice_sweep():
        return len(values.list)
    if not override.is_range_sweep():
        return 1
    if not values.step:
        raise UserError("-S", "a step other than 0", shown(override.input_line, 80))
    try:
        return max(0, math.ceil((values.stop - values.start) / values.step))
    except (OverflowError, ValueError):  # of what is not finite
        line = shown(override.input_line, 80)
        raise UserError("-S", "a range of finite numbers and a step within it", line) from None


def _combinations(arguments: list[str]) -> list[list[str]]:
    """One value a key, key by key, for each combination."""
    from dvc.utils.hydra import get_hydra_sweeps

    return [sweep[params.FILE] for sweep in get_hydra_sweeps({params.FILE: arguments})]


def _edit(settings: list[str]) -> Edit:
    from dvc.utils.hydra import to_hydra_overrides

    return {override.key_or_group: override.value() for override in to_hydra_overrides(settings)}


def _check_key(key: str, content: Mapping[str, Any]) -> None:
    """Raises UserError unless params.yaml has this key and a sweep can change it."""
    section, _, rest = key.partition(".")
    if section not in SWEPT or not rest:
        raise UserError(
            f"-S: {key:.80}",
            f"a key of {' or '.join(SWEPT)}: a sweep trains on the data as they are",
        )
    if key in FIXED:
        raise UserError("-S", "a key that a sweep can change", f"{key}: {FIXED[key]}")
    try:
        value(dict(content), key)
    except (KeyError, TypeError):
        known = [f"{name}.{key}" for name in SWEPT for key in content[name]]
        hint = nearest(key, known)
        raise UserError(f"-S: {key:.80}", "a known key", hint=hint) from None

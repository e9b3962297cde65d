"""Edits of a program whose layers may have settings of their own.

An edit of a key such as train.activation is one of the whole network: what hidden layers have of
that key for themselves goes. So edits of several keys and of the units can be joined in any order,
and each still means the same.
"""

from collections.abc import Mapping
from typing import Any

from stages.lib.params import edits
from stages.lib.params.edits import Edit, Sections, value
from stages.lib.params.layer import LAYER_KEYS, hidden_layers, without_own
from stages.lib.params.named import name_of

_LAYERS = "train.layers"
# The keys of such edits, and what layers call them.
_GENERAL = {f"train.{key}": key for key in LAYER_KEYS}


def edited(sections: Sections, edit: Mapping[str, Any]) -> Sections:
    """A copy of the sections with the edit made, in all hidden layers."""
    changed = edits.edited(sections, edit)
    train, keys = changed["train"], _general(edit)
    train["layers"] = [without_own(entry, keys) for entry in train["layers"]]
    return changed


def effective(sections: Sections, edit: Mapping[str, Any]) -> Edit:
    """The part of an edit that changes something: a key, or what a hidden layer has of it."""
    layers = hidden_layers(sections["train"])

    def changes(key: str, new: Any) -> bool:
        name = _GENERAL.get(key)
        of_layers = [] if name is None else [layer[name] for layer in layers]
        return any(old != new for old in [value(sections, key), *of_layers])

    return {key: new for key, new in edit.items() if changes(key, new)}


def settings_of(sections: Sections, edit: Mapping[str, Any]) -> Edit:
    """The same edit as the keys of params.yaml that it changes, each with its new value: where
    hidden layers lose a setting of their own, train.layers is among them."""
    after = edited(sections, edit)
    keys = [*edit, *([_LAYERS] if _LAYERS not in edit else [])]
    return edits.effective(sections, {key: value(after, key) for key in keys})


def units_of(train: Mapping[str, Any]) -> list[int]:
    """The units of each hidden layer of the section train."""
    return [layer["units"] for layer in hidden_layers(train)]


def of_hidden_layers(train: Mapping[str, Any], key: str) -> list[Any]:
    """What each hidden layer has of a key of LAYER_KEYS."""
    return [layer[key] for layer in hidden_layers(train)]


def activations_of(train: Mapping[str, Any]) -> list[str]:
    """The name of each hidden layer's activation."""
    return [name_of(activation) for activation in of_hidden_layers(train, "activation")]


def usual_activation(train: Mapping[str, Any]) -> str:
    """The name of most hidden layers' activation; that of train.activation where there are
    none."""
    names = activations_of(train) or [name_of(train["activation"])]
    return max(names, key=names.count)


def _general(edit: Mapping[str, Any]) -> set[str]:
    return {_GENERAL[key] for key in edit if key in _GENERAL}

"""The program under diagnosis as plain sections of params.yaml, and edits of them.

An edit maps dotted keys to new values, in the words of params.yaml: what the diagnosis prescribes
is what `dvc exp run -S` takes.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

from stages.lib.params.normalize import Normalize
from stages.lib.params.train import Train

Edit = dict[str, Any]
Sections = dict[str, dict[str, Any]]


def edited(sections: Sections, edit: Mapping[str, Any]) -> Sections:
    """A copy of the sections with the dotted keys changed."""
    changed = copy.deepcopy(sections)
    for key, value in edit.items():
        *parents, last = key.split(".")
        node = changed
        for name in parents:
            node = node[name]
        node[last] = copy.deepcopy(value)
    return changed


def value(sections: Sections, key: str) -> Any:
    """What stands at a dotted key."""
    node: Any = sections
    for name in key.split("."):
        node = node[name]
    return node


def effective(sections: Sections, edit: Mapping[str, Any]) -> Edit:
    """The part of an edit that changes something."""
    return {key: new for key, new in edit.items() if value(sections, key) != new}


def checked(sections: Sections) -> tuple[Normalize, Train]:
    """The sections as the schema's objects."""
    return Normalize.model_validate(sections["normalize"]), Train.model_validate(sections["train"])


def identity(content: Any) -> str:
    """A text that is equal for equal plain values."""
    return json.dumps(content, sort_keys=True)

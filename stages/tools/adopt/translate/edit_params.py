"""Dotted keys of params.yaml set to new values, its comments and everything else left alone."""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from stages.lib import params
from stages.lib.core.errors import UserError, one_line
from stages.lib.params.edits import edited, value


def edit_params(text: str, edits: dict[str, Any]) -> str:
    """The text of params.yaml with the edits in it, checked: it parses to what it held, but for
    the edits, and the whole of it is valid. Raises UserError otherwise."""
    present = params.parse(text.encode("utf-8"), params.FILE)
    params.check(present)
    wanted = edited(present, edits)
    params.check(wanted)
    # Round trip: texts, numbers, lists and mappings alone, whatever tag a file asks for; and
    # `params.parse` above has refused what is more than these, aliases and large files.
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 2**20
    yaml.representer.add_representer(type(None), _null)
    try:
        content = yaml.load(text)
        for key, new in edits.items():
            *parents, last = key.split(".")
            node = content
            for name in parents:
                node = node[name]
            if value(present, key) != new:
                node[last] = _flow(new)
        stream = io.StringIO()
        yaml.dump(content, stream)
    except YAMLError as error:
        raise UserError(params.FILE, "YAML that can be edited", one_line(error)) from None
    found = stream.getvalue()
    if params.parse(found.encode("utf-8"), params.FILE) != wanted:
        raise UserError(
            params.FILE,
            "YAML that can be edited and keep its comments",
            hint=f"set by hand: {', '.join(edits)}",
        )
    return found


def _null(representer: Any, value: None) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:null", "null")


def _flow(new: Any) -> Any:
    """Lists and mappings on one line, as params.yaml has them."""
    if isinstance(new, list):
        items = CommentedSeq(map(_flow, new))
        items.fa.set_flow_style()
        return items
    if isinstance(new, dict):
        found = CommentedMap({key: _flow(value) for key, value in new.items()})
        found.fa.set_flow_style()
        return found
    return new

"""A params file as plain values: text, numbers, booleans, null, lists and mappings.

ruamel.yaml reads it by YAML 1.2, as DVC does: `1e-3` is a number, `010` is ten, `no` and `1:30` are
text. Refused is what a settings file has no need of, because it can do harm or hide a mistake:
aliases (a few lines of them can expand to gigabytes), tags, deep nesting, and keys that stand
twice. Dates are text: no key takes a date, and a column may be called 2020-01-01.
"""

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode

from stages.lib.core.errors import UserError, shown
from stages.lib.params.secrets import ELSEWHERE, NOT_HERE, SECRET

FILE = "params.yaml"
# A params file is a page of text; a megabyte of YAML can take minutes to parse.
MAX_BYTES = 64 * 1024
# Of lists and mappings in each other.
MAX_DEPTH = 20

_TEXT = "tag:yaml.org,2002:str"
# What a word without quotes may stand for beside text.
_PLAIN = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null")}
# What a document is that is no mapping. A truth value is a whole number to Python.
_KINDS: dict[type, str] = {
    type(None): "an empty file",
    str: "text",
    list: "a list",
    bool: "a truth value",
    float: "a number",
    int: "a number",
}


class _Refused(Exception):
    """What YAML allows and a params file may not have: its line, counted from 1, and what UserError
    says of it."""


class _Composer(Composer):
    """ruamel's builder of the document's tree, which stops at what is refused."""

    def compose_document(self) -> Any:
        event = self.parser.peek_event()
        # By YAML 1.1 `no` is false and 1:30 is 90.
        if isinstance(event, DocumentStartEvent) and event.version not in (None, (1, 2)):
            raise _Refused(_line(event), "YAML 1.2")
        return super().compose_document()

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.parser.peek_event()
        if isinstance(event, AliasEvent):
            raise _Refused(_line(event), "no YAML aliases")
        if event.anchor is not None:
            raise _Refused(_line(event), "no YAML anchors")
        if event.tag is not None:
            raise _Refused(_line(event), "no YAML tags", shown(event.tag))
        return super().compose_node(parent, index)

    def compose_scalar_node(self, anchor: Any) -> ScalarNode:
        node: ScalarNode = super().compose_scalar_node(anchor)
        if node.tag not in _PLAIN:
            node.tag = _TEXT
        return node

    def compose_mapping_node(self, anchor: Any) -> MappingNode:
        node: MappingNode = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if key.tag != _TEXT:
                received = shown(key.value) if isinstance(key, ScalarNode) else "a list or mapping"
                raise _Refused(_line(key), "text as a key", received, "put it in quotes")
            if key.value in seen:
                raise _Refused(_line(key), "each key once", f"{shown(key.value)} twice")
            seen.add(key.value)
        return node


def _line(place: Any) -> int:
    """The line of an event or node, counted from 1."""
    return int(place.start_mark.line) + 1


def read(path: Path | None = None) -> dict[str, Any]:
    """The file's plain values.

    Args:
        path: the file; None for params.yaml in the working directory.

    Raises:
        UserError: there is no such file, it is a link to one elsewhere (of which nothing is then
            read), or it is refused as by `parse`.
    """
    path = path or Path(FILE)
    if not path.is_file():
        raise UserError("", f"{path.name} in the working directory: run from the repository")
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise UserError(path.name, "a file of this repository", "a link that leads elsewhere")
    with path.open("rb") as stream:
        return parse(stream.read(MAX_BYTES + 1), path.name)


def parse(data: bytes, name: str) -> dict[str, Any]:
    """The plain values of a params file's bytes.

    Args:
        data: the file's content, UTF-8.
        name: what a message calls the file.

    Raises:
        UserError: it is larger than MAX_BYTES, no YAML mapping, holds what looks like a secret, or
            what the head of this module says is refused.
    """
    if len(data) > MAX_BYTES:
        raise UserError(name, f"at most {MAX_BYTES} bytes")
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Composer
    yaml.max_depth = MAX_DEPTH
    try:
        text = data.decode("utf-8")
        secret = SECRET.search(text)
        if secret:
            raise _Refused(text.count("\n", 0, secret.start()) + 1, NOT_HERE, "", ELSEWHERE)
        content = yaml.load(text)
    except _Refused as refused:
        line, *words = refused.args
        raise UserError(f"{name}, line {line}", *words) from None
    except MaxDepthExceededError as error:
        line = error.problem_mark.line + 1
        raise UserError(f"{name}, line {line}", f"at most {MAX_DEPTH} levels") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}, line {mark.line + 1}" if mark else name
        problem = ", ".join(text for text in (error.context, error.problem) if text)
        raise UserError(where, "YAML", f"{problem:.200}") from None
    except (YAMLError, ValueError) as error:
        problem = " ".join(str(error).split())
        raise UserError(name, "YAML", f"{problem:.200}") from None
    if not isinstance(content, dict):
        # Not the content: what is no params file may be anything, by mistake a file of secrets.
        received = next(word for kind, word in _KINDS.items() if isinstance(content, kind))
        raise UserError(name, "a mapping of sections", received)
    return content

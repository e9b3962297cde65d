"""Where in a script the calls stand that a prescription is about, found without running it."""

import ast
import hashlib
import warnings
from pathlib import Path
from typing import Any

from stages.lib.artifacts.adopted import MAX_PLACES, MAX_SOURCE
from stages.lib.vocabulary.layers import layer_roles
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.tools.adopt.translate.captured import Script

# Roles of layers that no prescription is about.
_NOT_LAYERS = ("shape", "preprocessing")


def find_script(folder: Path, script: Script) -> Path | None:
    """The script that a bundle was captured from, where it lies in this folder as it was then."""
    file = folder / script.name
    if Path(script.name).name != script.name or not file.is_file():
        return None
    with file.open("rb") as stream:
        data = stream.read(MAX_SOURCE + 1)
    return file if hashlib.sha256(data).hexdigest() == script.sha256 else None


def find_places(script: str | Path) -> dict[str, list[dict[str, Any]]]:
    """For each of layers, compile, optimizer and fit its calls, {line, code}, in their order."""
    places: dict[str, list[dict[str, Any]]] = {
        "layers": [],
        "compile": [],
        "optimizer": [],
        "fit": [],
    }
    source = Path(script).read_bytes()
    if len(source) > MAX_SOURCE:
        return places
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return places
    # A script in another encoding than UTF-8 has other characters here than there.
    text = source.decode("utf-8", errors="replace")
    subjects = _subjects()
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        about = places.get(subjects.get(name, ""))
        if about is None or len(about) == MAX_PLACES:
            continue
        code = " ".join((ast.get_source_segment(text, node) or "").split())
        place = {"line": node.lineno, "code": code[:200]}
        if place not in about:
            about.append(place)
    return places


def _subjects() -> dict[str, str]:
    """What a call is about, by the last word of its name."""
    layers = [name for name, role in layer_roles().items() if role not in _NOT_LAYERS]
    optimizers = [row.keras_class for row in OPTIMIZERS.values()]
    return {
        **dict.fromkeys(layers, "layers"),
        **dict.fromkeys(optimizers, "optimizer"),
        "compile": "compile",
        "fit": "fit",
    }

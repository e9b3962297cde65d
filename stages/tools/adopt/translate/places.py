"""Where in a script the calls stand that a prescription is about, found without running it."""

import ast
import warnings
from pathlib import Path

from stages.lib.artifacts.adopted import MAX_PLACES

# The last word of a call's name, and what the call is about.
ABOUT = {
    **dict.fromkeys(("Dense", "Activation", "Dropout", "BatchNormalization", "LeakyReLU", "ReLU"),
                    "layers"),
    **dict.fromkeys(("SGD", "RMSprop", "Adam", "AdamW", "Adagrad"), "optimizer"),
    "compile": "compile",
    "fit": "fit",
}  # fmt: skip
MAX_BYTES = 2**20


def places(script: str) -> dict[str, list[dict]]:
    """For each of layers, compile, optimizer and fit its calls, {line, code}, in their order."""
    found: dict[str, list[dict]] = {"layers": [], "compile": [], "optimizer": [], "fit": []}
    source = Path(script).read_bytes()
    if len(source) > MAX_BYTES:
        return found
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return found
    # A script in another encoding than UTF-8 has other characters here than there.
    text = source.decode("utf-8", errors="replace")
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        about = found.get(ABOUT.get(name, ""))
        if about is None or len(about) == MAX_PLACES:
            continue
        code = " ".join((ast.get_source_segment(text, node) or "").split())
        place = {"line": node.lineno, "code": code[:200]}
        if place not in about:
            about.append(place)
    return found

"""How a name of Keras, numpy or scikit-learn is written in a script, with the import it needs."""

import re

import libcst as cst

from stages.report.patch.edits import Edits
from stages.report.patch.source import Source, Unsafe

_OF_KERAS = re.compile(r"keras\.((?:[a-z_]+\.)*)([A-Z]\w*|to_categorical)")


class Names:
    """The names of a script, and the imports that an edit adds to them."""

    def __init__(self, source: Source, edits: Edits) -> None:
        self.source, self.edits = source, edits
        self._taken: set[str] = set()

    def spelled(self, text: str) -> str:
        """An expression with `keras.` names, in the names of the script."""
        return _OF_KERAS.sub(lambda found: self._of_keras(found[1].rstrip("."), found[2]), text)

    def imported(self, line: str) -> None:
        """Make `from module import a, b` hold, by as much of it as the script lacks."""
        module, names = re.fullmatch(r"from ([\w.]+) import (.+)", line).groups()  # type: ignore[union-attr]
        missing = []
        for name in names.split(", "):
            present = self._imports().get(name)
            if present == f"{module}.{name}":
                continue
            if present is not None or self.source.is_bound(name):
                raise Unsafe(f"it calls something else {name}")
            missing.append(name)
        if missing:
            self.edits.imports.append(f"from {module} import {', '.join(missing)}")

    def numpy(self) -> None:
        """Make `np` mean numpy."""
        if self._imports().get("np") == "numpy":
            return
        if self.source.is_bound("np"):
            raise Unsafe("it calls something else np")
        self.edits.imports.append("import numpy as np")

    def free(self, name: str) -> str:
        """The name, or one like it that nothing in the script has."""
        free, i = name, 1
        while free in self._taken or self.source.is_bound(free):
            i += 1
            free = f"{name}_{i}"
        self._taken.add(free)
        return free

    def _of_keras(self, module: str, name: str) -> str:
        imports = self._imports()
        path = f"{module}.{name}".lstrip(".")
        for bound, meaning in imports.items():
            found = _keras_path(meaning)
            if found is not None and found == path:
                return bound
        for bound, meaning in imports.items():
            found = _keras_path(meaning)
            if found and path.startswith(f"{found}."):
                return bound + path.removeprefix(found)
        for bound, meaning in imports.items():
            if _keras_path(meaning) == "":
                return f"{bound}.{path}"
        for bound, meaning in imports.items():
            if meaning == "tensorflow":
                return f"{bound}.keras.{path}"
        base = self._base()
        self.imported(f"from {base}.{module} import {name}".replace(". ", " "))
        return name

    def _base(self) -> str:
        """The package that the script has Keras of."""
        for meaning in self._imports().values():
            if _keras_path(meaning) is not None:
                return "tensorflow.keras" if meaning.startswith("tensorflow") else "keras"
        for node in self.source.nodes(cst.ImportFrom):
            if node.module is not None:
                module = cst.Module([]).code_for_node(node.module)
                if _keras_path(module) is not None:
                    return "tensorflow.keras" if module.startswith("tensorflow") else "keras"
        raise Unsafe("it imports Keras in no usual way")

    def _imports(self) -> dict[str, str]:
        """What the imports at the top level bind: names, and their full names."""
        found: dict[str, str] = {}
        code = cst.Module([]).code_for_node
        lines = (one for one in self.source.module.body if isinstance(one, cst.SimpleStatementLine))
        for one in (statement for line in lines for statement in line.body):
            if isinstance(one, cst.Import):
                for alias in one.names:
                    whole, bound = code(alias.name), _as_name(alias)
                    root = whole.split(".")[0]
                    found[bound or root] = whole if bound else root
            if not isinstance(one, cst.ImportFrom) or isinstance(one.names, cst.ImportStar):
                continue
            if one.module is not None and not one.relative:
                for alias in one.names:
                    name = code(alias.name)
                    found[_as_name(alias) or name] = f"{code(one.module)}.{name}"
        return found


def _as_name(alias: cst.ImportAlias) -> str:
    name = alias.asname.name if alias.asname is not None else None
    return name.value if isinstance(name, cst.Name) else ""


def _keras_path(meaning: str) -> str | None:
    """What of a full name stands behind Keras' package: '' of the package, None of no Keras."""
    for package in ("tensorflow.keras", "keras", "tf_keras"):
        if meaning == package:
            return ""
        if meaning.startswith(f"{package}."):
            return meaning.removeprefix(f"{package}.")
    return None

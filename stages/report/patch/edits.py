"""Edits of a script's bytes: what no edit names stays as it is, byte for byte."""

import libcst as cst

from stages.report.patch.source import Source, Unsafe


class Edits:
    """Edits of one source, gathered and then applied together."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._spans: list[tuple[int, int, bytes]] = []
        self._arguments: dict[cst.Call, dict[str, str | None]] = {}
        self._positions: dict[cst.Call, tuple[str, ...]] = {}
        self.imports: list[str] = []

    def replace(self, node: cst.CSTNode, text: str) -> None:
        """Another expression in its place."""
        self._add(*self.source.span(node), text)

    def wrap(self, node: cst.CSTNode, before: str, after: str) -> None:
        """Text around an expression."""
        start, end = self.source.span(node)
        self._add(start, start, before)
        self._add(end, end, after)

    def unwrap(self, outer: cst.CSTNode, inner: cst.CSTNode) -> None:
        """Only `inner` is left of the expression around it."""
        (start, end), (first, last) = self.source.span(outer), self.source.span(inner)
        self._add(start, first, "")
        self._add(last, end, "")

    def argument(self, call: cst.Call, names: tuple[str, ...], name: str, text: str | None) -> None:
        """Set an argument of a call, or with None take it away.

        names: the function's first parameters, which may be given by position.
        """
        self._positions[call] = names
        self._arguments.setdefault(call, {})[name] = text

    def before(self, statement: cst.CSTNode, lines: list[str]) -> None:
        """Lines before a statement and its decorators, indented as it is."""
        decorators = getattr(statement, "decorators", ())
        start = self._line_start(decorators[0] if decorators else statement)
        indent = self._indent(statement)
        self._add(start, start, "".join(indent + line + self.source.newline for line in lines))

    def after(self, statement: cst.CSTNode, lines: list[str]) -> None:
        """Lines after a statement, indented as it is."""
        data, newline = self.source.data, self.source.newline
        indent, end = self._indent(statement), self._line_end(statement)
        text = "".join(indent + line + newline for line in lines)
        if end == len(data) and not data.endswith(b"\n"):
            text = newline + text.removesuffix(newline)
        self._add(end, end, text)

    def remove_statement(self, statement: cst.CSTNode) -> None:
        """All of its lines."""
        self._add(self._line_start(statement), self._line_end(statement), "")

    def insert_element(self, element: cst.Element, texts: list[str]) -> None:
        """Elements behind one of a list."""
        end = self.source.span(element.value)[1] + _closing(element.value)
        self._add(end, end, "".join(self._separator(element) + text for text in texts))

    def remove_elements(self, elements: list[cst.Element], of: cst.List) -> None:
        """Elements of a list, with their commas."""
        self._remove([*of.elements], elements)

    def applied(self) -> bytes:
        """The edited bytes. Raises Unsafe where two edits meet."""
        for call, changes in self._arguments.items():
            self._edit_call(call, changes)
        self._arguments = {}
        self._add_imports()
        data, at = self.source.data, 0
        out = [self.source.mark.encode("utf-8")]
        deleted = _merged(
            [(start, end) for start, end, text in self._spans if end > start and not text]
        )
        spans = [span for span in self._spans if span[2]]
        spans += [(start, end, b"") for start, end in deleted]
        # Of edits at one place an insertion comes first, in the order in which they were made.
        for start, end, text in sorted(spans, key=lambda span: (span[0], span[1] > span[0])):
            if start < at:
                raise Unsafe("two edits of it meet")
            out += [data[at:start], text]
            at = end
        return b"".join([*out, data[at:]])

    # ----------------------------------------------------------------------------------- details

    def _add(self, start: int, end: int, text: str) -> None:
        self._spans.append((start, end, text.encode("utf-8")))

    def _line_start(self, statement: cst.CSTNode) -> int:
        start = self.source.span(statement)[0]
        return self.source.data.rfind(b"\n", 0, start) + 1

    def _indent(self, statement: cst.CSTNode) -> str:
        start = self.source.span(statement)[0]
        indent = self.source.data[self._line_start(statement) : start]
        if indent.strip():
            raise self.source.unsafe(statement, "it stands on no line of its own")
        return indent.decode("utf-8")

    def _line_end(self, statement: cst.CSTNode) -> int:
        end = self.source.data.find(b"\n", self.source.span(statement)[1])
        return len(self.source.data) if end < 0 else end + 1

    def _separator(self, node: cst.CSTNode) -> str:
        """What stands between this argument or element and a further one: a new line where it
        begins one."""
        start = self.source.span(node)[0]
        line = self.source.data[self.source.data.rfind(b"\n", 0, start) + 1 : start]
        if line.strip() or start == len(line):
            return ", "
        return f",{self.source.newline}{line.decode('utf-8')}"

    def _remove(self, entries: list, removed: list) -> None:
        kept = [entry for entry in entries if not any(entry is one for one in removed)]
        for entry in removed:
            place = next(i for i, one in enumerate(entries) if one is entry)
            start, end = self._whole(entry)
            if place + 1 < len(entries):
                self._add(start, self._whole(entries[place + 1])[0], "")
            elif kept:
                self._add(self._whole(kept[-1])[1], end, "")
            else:
                comma = getattr(entry, "comma", None)
                self._add(
                    start, self.source.span(comma)[1] if isinstance(comma, cst.Comma) else end, ""
                )

    def _whole(self, entry: cst.Arg | cst.Element) -> tuple[int, int]:
        """Where an argument or element begins and ends, its parentheses included."""
        value = entry.value
        start, end = self.source.span(value)
        start, end = start - _opening(value), end + _closing(value)
        return min(start, self.source.span(entry)[0]), end

    def _edit_call(self, call: cst.Call, changes: dict[str, str | None]) -> None:
        names = self._positions[call]
        found = arguments(call, names)
        args, removed, added = [*call.args], [], []
        starred = any(arg.star for arg in args)
        for name, text in changes.items():
            arg = found.get(name)
            if arg is None:
                if starred:
                    raise self.source.unsafe(call, "its arguments are unpacked from a variable")
                if text is not None:
                    added.append(f"{name}={text}")
            elif text is not None:
                self.replace(arg.value, text)
            elif arg.keyword is None and arg is not args[-1]:
                self.replace(arg.value, "None")
            else:
                removed.append(arg)
        self._remove(args, removed)
        kept = [arg for arg in args if not any(arg is one for one in removed)]
        if not added:
            return
        if kept:
            end = self._whole(kept[-1])[1]
            separator = self._separator(kept[-1])
            self._add(end, end, "".join(separator + text for text in added))
            return
        end = self.source.span(call)[1] - 1
        if removed:
            raise self.source.unsafe(call, "all of its arguments change")
        self._add(end, end, ", ".join(added))

    def _add_imports(self) -> None:
        lines = [*dict.fromkeys(self.imports)]
        if not lines:
            return
        first = min((start for start, _, _ in self._spans), default=0)
        statements = [
            one
            for one in self.source.module.body
            if isinstance(one, cst.SimpleStatementLine) and self.source.span(one)[1] <= first
        ]
        imports = [
            one for one in statements if isinstance(one.body[0], cst.Import | cst.ImportFrom)
        ]
        if imports:
            self.after(imports[-1], lines)
        elif statements and isinstance(statements[0].body[0], cst.Expr):
            self.after(statements[0], lines)  # a docstring
        elif self.source.module.body:
            self.before(self.source.module.body[0], lines)


def arguments(call: cst.Call, names: tuple[str, ...]) -> dict[str, cst.Arg]:
    """The arguments of a call by the names of the function's parameters; those behind an unpacked
    one are not known."""
    found: dict[str, cst.Arg] = {}
    for place, arg in enumerate(call.args):
        if arg.star:
            break
        if arg.keyword is None and place < len(names):
            found[names[place]] = arg
    return found | {arg.keyword.value: arg for arg in call.args if arg.keyword is not None}


def _opening(value: cst.BaseExpression) -> int:
    code = cst.Module([]).code_for_node
    return sum(len(code(one).encode("utf-8")) for one in getattr(value, "lpar", ()))


def _closing(value: cst.BaseExpression) -> int:
    code = cst.Module([]).code_for_node
    return sum(len(code(one).encode("utf-8")) for one in getattr(value, "rpar", ()))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Deletions that touch, as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

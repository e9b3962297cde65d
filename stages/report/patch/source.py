"""A script's text with what LibCST knows of it: where things stand, and what names mean."""

import ast
import re
import warnings
from collections.abc import Iterator
from typing import TypeVar

import libcst as cst
from libcst import metadata

# Where Keras' own modules may be imported from.
_KERAS = re.compile(r"^(?:tensorflow(?:\.python)?\.keras|tf_keras|keras)(?:\.|$)")
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)

# Of nodes in each other; a script of a thousand lines has some twenty.
MAX_DEPTH = 150

Node = TypeVar("Node", bound=cst.CSTNode)


class Unsafe(Exception):
    """Why the source cannot be edited without risk, in a line for its author."""


def _check_depth(text: str) -> None:
    """Raise Unsafe for what Python does not read, or what is nested so deeply that LibCST's parser
    would run out of stack, which ends the process."""
    try:
        with warnings.catch_warnings(action="ignore"):
            level: list[ast.AST] = [ast.parse(text)]
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Unsafe(f"Python does not read it: {type(error).__name__}") from None
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Unsafe("it is nested too deeply")
        level = [child for node in level for child in ast.iter_child_nodes(node)]


class Source:
    """A parsed script.

    Attributes:
        mark: the byte order mark before it, or ''.
        data: its bytes behind that, UTF-8, as it was adopted.
        module: LibCST's tree of them.
        newline: how its lines end.

    Raises:
        Unsafe: for what is no Python of today, or is not read back byte for byte.
    """

    def __init__(self, text: str) -> None:
        self.mark = "\ufeff" if text.startswith("\ufeff") else ""
        text = text.removeprefix(self.mark)
        self.data = text.encode("utf-8")
        _check_depth(text)
        try:
            self.module = cst.parse_module(text)
        except (cst.ParserSyntaxError, RecursionError, ValueError) as error:
            raise Unsafe(f"Python does not read it: {type(error).__name__}") from None
        cookies = _COOKIE.findall(b"\n".join(self.data.split(b"\n")[:2]))
        if cookies and cookies[0].lower() not in (b"utf-8", b"utf8"):
            raise Unsafe(f"its encoding is {cookies[0].decode()}: expected utf-8")
        if self.module.code != text:
            raise Unsafe("it is not read back byte for byte")
        self.newline = self.module.default_newline
        try:
            wrapper = metadata.MetadataWrapper(self.module, unsafe_skip_copy=True)
            self._spans = wrapper.resolve(metadata.ByteSpanPositionProvider)
            self._parents = wrapper.resolve(metadata.ParentNodeProvider)
            self._scopes = wrapper.resolve(metadata.ScopeProvider)
            self._contexts = wrapper.resolve(metadata.ExpressionContextProvider)
        except RecursionError:
            raise Unsafe("it is nested too deeply") from None

    # ------------------------------------------------------------------------------------ places

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Where it begins and ends in `data`."""
        span = self._spans[node]
        return span.start, span.start + span.length

    def text(self, node: cst.CSTNode) -> str:
        """As it is written, without parentheses of its own."""
        start, end = self.span(node)
        return self.data[start:end].decode("utf-8")

    def line(self, node: cst.CSTNode) -> int:
        """The number of the line on which it begins, from 1."""
        return self.data.count(b"\n", 0, self.span(node)[0]) + 1

    def unsafe(self, node: cst.CSTNode, why: str) -> Unsafe:
        """Why nothing is edited there."""
        return Unsafe(f"line {self.line(node)}: {why}")

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """What it stands in."""
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """From the nearest one outwards."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def within(self, node: cst.CSTNode, *kinds: type[Node]) -> Node | None:
        """The nearest ancestor of one of these kinds."""
        return next((one for one in self.ancestors(node) if isinstance(one, kinds)), None)

    def statement(self, node: cst.CSTNode) -> cst.SimpleStatementLine:
        """The line of statements that it stands on, beside no other. Raises Unsafe where lines
        cannot be put before it."""
        for above in self.ancestors(node):
            if isinstance(above, cst.Lambda | cst.CompFor | cst.BaseComp):
                break
            if isinstance(above, cst.SimpleStatementLine) and len(above.body) == 1:
                return above
            if isinstance(above, cst.BaseSmallStatement | cst.BaseExpression | cst.Arg):
                continue
            if not isinstance(
                above, cst.Element | cst.Subscript | cst.SubscriptElement | cst.Index
            ):
                break
        raise self.unsafe(node, "it stands on no line of its own")

    def nodes(self, kind: type[Node]) -> list[Node]:
        """All of this kind, in the order of the text."""
        found = [node for node in self._spans if isinstance(node, kind)]
        return sorted(found, key=lambda node: self.span(node))

    # ------------------------------------------------------------------------------------- names

    def bindings(self, name: cst.Name) -> frozenset[object]:
        """What gives this name its value, as far as the text says."""
        scope = self._scopes.get(name)
        return frozenset(scope[name.value]) if scope is not None else frozenset()

    def uses(self, name: cst.Name) -> list[cst.Name]:
        """Where the value of this name is read, in the order of the text."""
        bound = self.bindings(name)
        return [
            node
            for node in self.nodes(cst.Name)
            if node.value == name.value
            and self._contexts.get(node) == metadata.ExpressionContext.LOAD
            and self.bindings(node) == bound
        ]

    def is_bound(self, name: str) -> bool:
        """Whether anything in the script is called so."""
        return any(node.value == name for node in self.nodes(cst.Name))

    def value(self, name: cst.Name) -> cst.BaseExpression | None:
        """The expression whose value it has, if that is the only one it is ever given."""
        bound = [*self.bindings(name)]
        if len(bound) != 1 or not isinstance(bound[0], metadata.Assignment):
            return None
        target = self.parent(bound[0].node)
        if not isinstance(target, cst.AssignTarget):
            return None
        assign = self.parent(target)
        return assign.value if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None

    def parameter_of(self, name: cst.Name) -> cst.FunctionDef | None:
        """The function whose parameter it is, if it is one."""
        for node, _ in self.givers(name):
            if isinstance(node, cst.Param):
                return self.within(node, cst.FunctionDef)
        return None

    def goes_through(self, name: cst.Name) -> bool:
        """Whether a loop or a comprehension gives it one value after the other."""
        givers = self.givers(name)
        return any(
            isinstance(node, cst.For | cst.CompFor) and node.target is target
            for node, target in givers
        )

    def givers(self, name: cst.Name) -> list[tuple[cst.CSTNode, cst.CSTNode]]:
        """What gives it a value, each with the target that the name stands in."""
        givers = []
        for bound in self.bindings(name):
            node = getattr(bound, "node", None)
            if node is None:
                continue
            target: cst.CSTNode = node
            above = node if isinstance(node, cst.Param) else self.parent(target)
            while isinstance(above, cst.Element | cst.Tuple | cst.List):
                target, above = above, self.parent(above)
            if above is not None:
                givers.append((above, target))
        return givers

    def dotted(self, expression: cst.BaseExpression, depth: int = 0) -> str:
        """The full name of what a dotted expression means, through imports and aliases such as
        `L = keras.layers`; '' where that is not known."""
        parts: list[str] = []
        node = expression
        while isinstance(node, cst.Attribute):
            parts.insert(0, node.attr.value)
            node = node.value
        if not isinstance(node, cst.Name) or depth > 5:
            return ""
        found = self._scopes.get(node)
        names = set() if found is None else {
            (one.name, one.source) for one in found.get_qualified_names_for(node)
        }  # fmt: skip
        if not names:
            starred = self._starred(node.value)
            return ".".join([starred, *parts]) if starred else ""
        if len(names) > 1:
            return ""
        [(name, origin)] = names
        if origin == metadata.QualifiedNameSource.IMPORT:
            return ".".join([name, *parts])
        value = self.value(node)
        root = "" if value is None else self.dotted(value, depth + 1)
        return ".".join([root, *parts]) if root else ""

    def keras(self, expression: cst.BaseExpression) -> str:
        """The same from Keras' own package on, as `layers.Dense`; '' of anything else."""
        name = self.dotted(expression)
        match = _KERAS.match(name)
        return name[match.end() :] if match else ""

    def _starred(self, name: str) -> str:
        """The full name of what `from keras.layers import *` may have brought."""
        for node in self.nodes(cst.ImportFrom):
            if isinstance(node.names, cst.ImportStar) and node.module is not None:
                module = cst.Module([]).code_for_node(node.module)
                if _KERAS.match(module):
                    return f"{module}.{name}"
        return ""

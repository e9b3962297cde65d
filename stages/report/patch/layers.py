"""Edits of the layers: arguments of Dense, and the layers that follow it."""

import difflib

import libcst as cst

from stages.lib.params.layer import hidden_layers
from stages.report.keras_lines.layers import layer_lines, output_lines
from stages.report.keras_lines.program import Program
from stages.report.patch.edits import Edits, arguments
from stages.report.patch.names import Names
from stages.report.patch.sites import Block, Site, find_blocks, varies
from stages.report.patch.source import Source, Unsafe

DENSE = ("units", "activation")
# Arguments of a first layer that say what comes in.
_SHAPES = ("input_shape", "input_dim", "batch_input_shape")
Lines = list[str]


class LayerEdits:
    """Brings the layers of a script from one program to another."""

    def __init__(self, source: Source, edits: Edits, names: Names, compiled: cst.Call) -> None:
        self.source, self.edits, self.names, self.compiled = source, edits, names, compiled

    def apply(self, before: Program, after: Program) -> None:
        """Edit hidden layers and output layer. Raises Unsafe."""
        old = [layer_lines(layer) for layer in hidden_layers(before.train)]
        new = [layer_lines(layer) for layer in hidden_layers(after.train)]
        out_old, out_new = output_lines(before), output_lines(after)
        blocks, counts = find_blocks(self.source, self.compiled, len(old) + 1)
        if counts[-1] != 1:
            raise self.source.unsafe(blocks[-1].dense.call, "it makes the output layer in a loop")
        spread = [i for i, count in enumerate(counts) for _ in range(count)]
        self._check(blocks, spread, [*old, out_old])
        for i, block in enumerate(blocks[:-1]):
            pairs = {
                (tuple(old[k]), tuple(new[k]))
                for k in range(min(len(old), len(new)))
                if spread[k] == i
            }
            if len(pairs) > 1:
                raise self.source.unsafe(block.dense.call, "it makes layers that become different")
            for old_lines, new_lines in pairs:
                self._edit(block, [*old_lines], [*new_lines])
        self._edit(blocks[-1], out_old, out_new)
        if len(old) != len(new):
            self._resize(blocks, counts, old, new)

    def _check(self, blocks: list[Block], spread: list[int], lines: list[Lines]) -> None:
        """That what is written as a number or a text is what the program has."""
        for k, i in enumerate(spread):
            given = arguments(blocks[i].dense.call, DENSE)
            wanted = _arguments(lines[k][0])
            for name in DENSE:
                arg = given.get(name)
                if arg is None or not isinstance(arg.value, cst.Integer | cst.SimpleString):
                    continue
                text = wanted.get(name, '"linear"')
                if _value(self.source.text(arg.value)) != _value(text):
                    raise self.source.unsafe(
                        blocks[i].dense.call, "the layers do not stand in the order of the model"
                    )

    # ------------------------------------------------------------------------------ other numbers

    def _resize(
        self, blocks: list[Block], counts: list[int], old: list[Lines], new: list[Lines]
    ) -> None:
        """Add hidden layers, or take some away."""
        if max(counts) > 1:
            raise self.source.unsafe(blocks[0].dense.call, "it makes its layers in a loop")
        if len(new) > len(old):
            added = [line for lines in new[len(old) :] for line in lines]
            if old:
                block = blocks[len(old) - 1]
                self._insert_after([block.dense, *block.followers][-1], added)
            else:
                self._refuse_shapes(blocks[0].dense)
                self._insert_before(blocks[0].dense, added)
            return
        if not new:
            self._refuse_shapes(blocks[0].dense)
        for block in blocks[len(new) : len(old)]:
            for site in [block.dense, *block.followers]:
                self._delete(site)

    def _refuse_shapes(self, site: Site) -> None:
        if any(arg.keyword is not None and arg.keyword.value in _SHAPES for arg in site.call.args):
            raise self.source.unsafe(site.call, "the first layer says what comes in")

    # ---------------------------------------------------------------------------------- one block

    def _edit(self, block: Block, old: Lines, new: Lines) -> None:
        if old == new:
            return
        changes = _changes(old[0], new[0])
        followers = [*block.followers]
        own = arguments(block.dense.call, DENSE)
        if "activation" in changes and "activation" not in own:
            # An activation of its own, which the program does not tell from an argument.
            carrier = next((one for one in followers if one.role == "activation"), None)
            if carrier is not None and "activation" in _arguments(old[0]):
                text = changes.pop("activation")
                followers.remove(carrier)
                if text is None:
                    self._delete(carrier)
                else:
                    self._replace(carrier, f"keras.layers.Activation({text})")
        elif "activation" in _arguments(old[0]) and "activation" not in own:
            carrier = next((one for one in followers if one.role == "activation"), None)
            if carrier is not None:
                followers.remove(carrier)
        self._set(block.dense, changes)
        if old[1:] != new[1:]:
            self._edit_followers(block, followers, old[1:], new[1:])

    def _set(self, site: Site, changes: dict[str, str | None]) -> None:
        own = arguments(site.call, DENSE)
        for name, text in changes.items():
            arg = own.get(name)
            if arg is not None:
                why = varies(self.source, arg.value)
                if why:
                    raise Unsafe(why)
                if isinstance(arg.value, cst.Name):
                    self._refuse_shared(arg.value)
            spelled = None if text is None else self.names.spelled(text)
            self.edits.argument(site.call, DENSE, name, spelled)

    def _refuse_shared(self, name: cst.Name) -> None:
        if self.source.value(name) is None and self.source.parameter_of(name) is None:
            raise self.source.unsafe(name, f"{name.value} is set in several places")

    def _edit_followers(self, block: Block, sites: list[Site], old: Lines, new: Lines) -> None:
        if any(site.loops != block.dense.loops for site in sites):
            raise self.source.unsafe(
                block.dense.call, "what follows the layer stands outside its loop"
            )
        kinds = [_kind(line) for line in old]
        if len(sites) != len(old) or any(
            site.kind != kind and not (site.role == "activation" and kind == "Activation")
            for site, kind in zip(sites, kinds, strict=True)
        ):
            raise self.source.unsafe(
                block.dense.call, "the layers behind it are not those of the model"
            )
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        for tag, i, j, m, n in matcher.get_opcodes():
            if tag == "replace" and [*map(_kind, old[i:j])] == [*map(_kind, new[m:n])]:
                for site, line in zip(sites[i:j], new[m:n], strict=True):
                    self._replace(site, line)
                continue
            if tag in ("delete", "replace"):
                for site in sites[i:j]:
                    self._delete(site)
            if tag in ("insert", "replace"):
                site = sites[i - 1] if i else self._start(block, sites)
                self._insert_after(site, new[m:n])

    def _start(self, block: Block, sites: list[Site]) -> Site:
        """What stands before the first of these followers."""
        apart = [site for site in block.followers if site not in sites]
        return apart[-1] if apart else block.dense

    # ---------------------------------------------------------------------------- one layer's place

    def _insert_after(self, site: Site, lines: Lines) -> None:
        """Layers behind that one, in the way in which it is written."""
        texts = [self.names.spelled(line) for line in lines]
        place = self._place(site)
        if isinstance(place, cst.Element):
            self.edits.insert_element(place, texts)
        elif isinstance(place, cst.Call) and _is_add(place):
            model = self.source.text(place.func)
            self.edits.after(self.source.statement(place), [f"{model}({text})" for text in texts])
        else:
            assign = self.source.parent(place)
            target = assign.targets[0].target if isinstance(assign, cst.Assign) else None
            if isinstance(target, cst.Name) and len(assign.targets) == 1:  # type: ignore[union-attr]
                name = target.value
                lines = [f"{name} = {text}({name})" for text in texts]
                self.edits.after(self.source.statement(place), lines)
            else:
                self.edits.wrap(
                    place, "".join(f"{text}(" for text in reversed(texts)), ")" * len(texts)
                )

    def _insert_before(self, site: Site, lines: Lines) -> None:
        texts = [self.names.spelled(line) for line in lines]
        place = self._place(site)
        if isinstance(place, cst.Element):
            self.edits.wrap(place.value, "".join(f"{text}, " for text in texts), "")
        elif isinstance(place, cst.Call) and _is_add(place):
            model = self.source.text(place.func)
            self.edits.before(self.source.statement(place), [f"{model}({text})" for text in texts])
        else:
            assert isinstance(place, cst.Call)
            inner = place.args[0].value
            self.edits.wrap(
                inner, "".join(f"{text}(" for text in reversed(texts)), ")" * len(texts)
            )

    def _delete(self, site: Site) -> None:
        place = self._place(site)
        if isinstance(place, cst.Element):
            found = self.source.parent(place)
            assert isinstance(found, cst.List)
            self.edits.remove_elements([place], found)
        elif isinstance(place, cst.Call) and _is_add(place):
            self.edits.remove_statement(self.source.statement(place))
        else:
            assert isinstance(place, cst.Call)
            inner, assign = place.args[0].value, self.source.parent(place)
            target = assign.targets[0].target if isinstance(assign, cst.Assign) else None
            if (
                isinstance(target, cst.Name)
                and isinstance(inner, cst.Name)
                and (target.value == inner.value)
            ):
                self.edits.remove_statement(self.source.statement(place))
            else:
                self.edits.unwrap(place, inner)

    def _replace(self, site: Site, text: str) -> None:
        self.edits.replace(site.call, self.names.spelled(text))

    def _place(self, site: Site) -> cst.CSTNode:
        """The list's element, the call of `add`, or the call that applies the layer."""
        parent = self.source.parent(site.call)
        if isinstance(parent, cst.Element) and isinstance(self.source.parent(parent), cst.List):
            return parent
        if isinstance(parent, cst.Call) and parent.func is site.call and len(parent.args) == 1:
            return parent
        above = self.source.parent(parent) if isinstance(parent, cst.Arg) else None
        if isinstance(above, cst.Call) and _is_add(above):
            return above
        raise self.source.unsafe(site.call, "the layer is made in one place and used in another")


def _is_add(call: cst.Call) -> bool:
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "add"


def _arguments(line: str) -> dict[str, str]:
    """The arguments of a line that makes a layer, as texts."""
    call = cst.parse_expression(line)
    assert isinstance(call, cst.Call)
    code = cst.Module([]).code_for_node
    return {name: code(arg.value) for name, arg in arguments(call, DENSE).items()}


def _changes(old: str, new: str) -> dict[str, str | None]:
    """The arguments that differ; None is left out."""
    before, after = _arguments(old), _arguments(new)
    names = [*after, *(name for name in before if name not in after)]
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def _kind(line: str) -> str:
    return line.split("(")[0].rsplit(".", 1)[-1]


def _value(text: str) -> object:
    node = cst.parse_expression(text)
    return getattr(node, "evaluated_value", text)

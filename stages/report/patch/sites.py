"""Where a script makes its model: its layers in the order of the chain, compile, fit, and what else
it does with the model."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from stages.lib.vocabulary.layers import layer_roles
from stages.report.patch.edits import arguments
from stages.report.patch.source import Source, Unsafe

FIT = ("x", "y", "batch_size", "epochs", "verbose", "callbacks", "validation_split",
       "validation_data", "shuffle", "class_weight", "sample_weight")  # fmt: skip
COMPILE = ("optimizer", "loss", "loss_weights", "metrics")
# Arguments that no other fit than Keras' has.
_OF_KERAS = {"batch_size", "epochs", "verbose", "callbacks", "validation_split", "validation_data",
             "shuffle", "class_weight", "steps_per_epoch"}  # fmt: skip
# Roles of layers that stand for no entry of train.layers.
_APART = ("shape", "preprocessing")
_ROLES = layer_roles()
_LOOPS = (cst.For, cst.While, cst.ListComp, cst.GeneratorExp, cst.SetComp, cst.DictComp)


@dataclass(eq=False)
class Site:
    """The construction of a layer.

    Attributes:
        call: of its class.
        role: of the class, as lib/vocabulary/layers.py has it; kind: the class.
        loops: those that it stands in and compile does not: it makes a layer at each turn.
    """

    call: cst.Call
    kind: str
    role: str
    loops: list[cst.CSTNode]


@dataclass(eq=False)
class Block:
    """A Dense layer with what follows it up to the next one."""

    dense: Site
    followers: list[Site] = field(default_factory=list)


def find_fit(source: Source) -> cst.Call:
    """The one call of Keras' fit. Raises Unsafe where it is none, or one of several."""
    calls = [call for call in _methods(source, "fit")]
    named = [call for call in calls if _keywords(call) & _OF_KERAS]
    if len(named) != 1:
        receivers = {source.text(call.func.value) for call in _methods(source, "compile")}  # type: ignore[attr-defined]
        of_models = [call for call in calls if source.text(call.func.value) in receivers]  # type: ignore[attr-defined]
        named = of_models if len(of_models) == 1 or not named else named
    return _the_one(source, named, "fit")


def find_compile(source: Source, fit: cst.Call) -> cst.Call:
    """The one call of compile that is before that fit. Raises Unsafe."""
    calls = [
        call for call in _methods(source, "compile") if source.dotted(call.func) != "re.compile"
    ]
    if len(calls) > 1:
        model = receiver(fit)
        calls = [
            call
            for call in calls
            if isinstance(model, cst.Name)
            and isinstance(receiver(call), cst.Name)
            and source.bindings(receiver(call)) == source.bindings(model)  # type: ignore[arg-type]
            and receiver(call).value == model.value  # type: ignore[attr-defined]
        ] or calls
    return _the_one(source, calls, "compile")


def receiver(call: cst.Call) -> cst.BaseExpression:
    """What the method is called of."""
    assert isinstance(call.func, cst.Attribute)
    return call.func.value


def _methods(source: Source, name: str) -> list[cst.Call]:
    return [
        call
        for call in source.nodes(cst.Call)
        if isinstance(call.func, cst.Attribute) and call.func.attr.value == name
    ]


def _keywords(call: cst.Call) -> set[str]:
    return {arg.keyword.value for arg in call.args if arg.keyword is not None}


def _the_one(source: Source, calls: list[cst.Call], name: str) -> cst.Call:
    if len(calls) == 1:
        return calls[0]
    if not calls:
        raise Unsafe(f"no call of {name} is seen in it")
    lines = ", ".join(str(source.line(call)) for call in calls)
    raise Unsafe(f"{name} is called in lines {lines}: which of them is meant is not known")


def find_blocks(source: Source, compiled: cst.Call, dense: int) -> tuple[list[Block], list[int]]:
    """The Dense layers of the chain in its order, and of each how many it makes.

    Args:
        source: the script.
        compiled: the call of compile.
        dense: how many Dense layers the program has.

    Raises:
        Unsafe: where text and program do not agree.
    """
    around = {id(node) for node in source.ancestors(compiled)}
    sites = []
    for call in _in_order(source.module):
        path = source.keras(call.func)
        kind = path.rsplit(".", 1)[-1]
        if path.startswith("layers.") and kind in _ROLES:
            loops: list[cst.CSTNode] = [
                node
                for node in source.ancestors(call)
                if isinstance(node, _LOOPS) and id(node) not in around
            ]
            sites.append(Site(call, kind, _ROLES[kind], loops))
    blocks: list[Block] = []
    for site in sites:
        if site.role in _APART:
            continue
        if site.role == "dense":
            blocks.append(Block(site))
        elif blocks:
            blocks[-1].followers.append(site)
        else:
            raise source.unsafe(site.call, "a layer stands before the first Dense")
    counts = [1] * len(blocks)
    repeated = [i for i, block in enumerate(blocks) if block.dense.loops]
    if len(repeated) == 1:
        counts[repeated[0]] = dense - (len(blocks) - 1)
    if sum(counts) != dense or len(repeated) > 1 or min(counts, default=0) < 1:
        raise Unsafe(f"it has {len(blocks)} calls of Dense for the {dense} of the model")
    return blocks, counts


def _in_order(node: cst.CSTNode) -> Iterator[cst.Call]:
    """The calls below a node in the order in which a chain goes through them: what a layer is
    applied to comes before the layer."""
    children = [*node.children]
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Call):
        children = [*node.args, node.func]
    for child in children:
        yield from _in_order(child)
    if isinstance(node, cst.Call):
        yield node


def varies(source: Source, node: cst.CSTNode) -> str:
    """Why an expression may have another value from call to call: the name of a parameter or loop
    variable in it, with the line; '' where it has not."""
    names = [node] if isinstance(node, cst.Name) else []
    names += [one for one in _below(node) if isinstance(one, cst.Name)]
    for name in names:
        function = source.parameter_of(name)
        if source.goes_through(name) or (function is not None and _calls(source, function) != 1):
            return f"line {source.line(node)}: {name.value} may differ from call to call"
    return ""


def called_again(source: Source, fit: cst.Call) -> str:
    """Why this fit may go on with a model that it has trained before, so that its epochs are not
    all that there are: a loop or a function around it that does not make the model; '' where it
    does not."""
    model = receiver(fit)
    made = [node for node, _ in source.givers(model)] if isinstance(model, cst.Name) else []
    for above in source.ancestors(fit):
        is_function = isinstance(above, cst.FunctionDef)
        if not (is_function or isinstance(above, _LOOPS)):
            continue
        inside = any(above is one for node in made for one in source.ancestors(node))
        is_given = any(isinstance(node, cst.Param) for node in made)
        if inside and not (is_function and is_given):
            return ""
        if not is_function:
            return f"line {source.line(fit)}: fit is called in a loop, which counts its epochs too"
        assert isinstance(above, cst.FunctionDef)
        if _is_called_again(source, above):
            return f"line {source.line(fit)}: fit may be called again with the same model"
    return ""


def _is_called_again(source: Source, function: cst.FunctionDef, depth: int = 0) -> bool:
    """Whether the text calls it, or a method of its name, in several places or in a loop, or hands
    it on; the functions around its call are looked at too."""
    name = function.name
    if source.within(function, cst.ClassDef) is not None:
        uses: list[cst.CSTNode] = [
            node for node in source.nodes(cst.Attribute) if node.attr.value == name.value
        ]
    else:
        uses = [*source.uses(name)]
    if len(uses) != 1 or depth > 5:
        return len(uses) > 0
    call = source.parent(uses[0])
    if not isinstance(call, cst.Call) or call.func is not uses[0] or source.within(call, *_LOOPS):
        return True
    around = source.within(call, cst.FunctionDef)
    return around is not None and _is_called_again(source, around, depth + 1)


def _calls(source: Source, function: cst.FunctionDef) -> int:
    """How often a function is called, as far as the text says; more than once if it is handed on,
    or called in a loop."""
    if source.within(function, cst.ClassDef) is not None:
        owner = source.within(function, cst.ClassDef)
        assert isinstance(owner, cst.ClassDef)
        name = owner.name
    else:
        name = function.name
    uses = [
        node
        for node in source.nodes(cst.Name)
        if node.value == name.value and node is not name and source.bindings(node)
    ]
    if len(uses) != 1:
        return 2
    call = source.parent(uses[0])
    if not isinstance(call, cst.Call) or call.func is not uses[0]:
        return 2
    return 2 if source.within(call, *_LOOPS, cst.FunctionDef) else 1


def _below(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for child in node.children:
        yield child
        yield from _below(child)


def fit_arguments(source: Source, fit: cst.Call) -> dict[str, cst.Arg]:
    """The arguments of fit by name. Raises Unsafe for unpacked ones."""
    if any(arg.star for arg in fit.args):
        raise source.unsafe(fit, "fit's arguments are unpacked from a variable")
    return arguments(fit, FIT)

"""reports/fix.patch: a prescription as a patch of the script, or why it is none."""

from dataclasses import dataclass

import libcst as cst

from stages.lib.artifacts.adopted import ScriptText
from stages.lib.core.errors import escaped
from stages.lib.core.text import printable
from stages.report.keras_lines.parts import SEVERAL, Change, changes
from stages.report.keras_lines.program import Program
from stages.report.patch.arrays import ArrayEdits
from stages.report.patch.calls import CallEdits
from stages.report.patch.edits import Edits
from stages.report.patch.layers import LayerEdits
from stages.report.patch.model_uses import ModelUses
from stages.report.patch.names import Names
from stages.report.patch.sites import find_compile, find_fit
from stages.report.patch.source import Source, Unsafe
from stages.report.patch.unified import unified

FILE = "reports/fix.patch"


@dataclass(frozen=True)
class Fix:
    """What becomes of a script.

    Attributes:
        diff: the unified diff, '' where there is none.
        reason: why there is none.
        by_hand: the lines to change instead, part by part.
    """

    diff: str = ""
    reason: str = ""
    by_hand: tuple[Change, ...] = ()

    @property
    def shown(self) -> list[str]:
        """The diff's lines as a page may show them: nothing in them is obeyed."""
        lines = self.diff.removesuffix("\n").split("\n") if self.diff else []
        return [escaped(line.removesuffix("\r").expandtabs(4)) for line in lines]


def fix_of(script: ScriptText | None, before: Program, after: Program) -> Fix:
    """The patch from one program to another; all of it, or none.

    script: the adopted one; None for a saved model, which has no source.
    """
    parts = tuple(changes(before, after))
    if not parts:
        return Fix(reason="nothing is prescribed")
    if script is None:
        return Fix(reason="its source is not at hand", by_hand=parts)
    if script.source is None:
        return Fix(reason="the script is long, or no UTF-8", by_hand=parts)
    try:
        edited = patched(script, before, after)
        return Fix(diff=unified(script.path, script.source.encode("utf-8"), edited))
    except Unsafe as unsafe:
        return Fix(reason=printable(str(unsafe))[:300], by_hand=parts)


def patched(script: ScriptText, before: Program, after: Program) -> bytes:
    """The script's bytes with all that differs between the programs changed. Raises Unsafe."""
    assert script.source is not None
    source = Source(script.source)
    edits = Edits(source)
    names = Names(source, edits)
    fit = find_fit(source)
    compiled = find_compile(source, fit)
    titles = {change.title for change in changes(before, after)}
    if "layers of the model" in titles:
        raise Unsafe("the layers of a model that is no chain are changed by hand")
    if SEVERAL in titles:
        raise Unsafe("training several networks in place of one is written by hand")
    _check_outputs(source, fit, before, after)
    ArrayEdits(source, edits, names, fit, script.applied).apply(before, after)
    calls = CallEdits(source, edits, names, compiled, fit)
    if {"hidden layers", "output layer"} & titles:
        LayerEdits(source, edits, names, compiled).apply(before, after)
    if "loss" in titles:
        calls.loss(after)
    if "optimizer" in titles:
        calls.optimizer(after)
    if "fit" in titles:
        calls.fitting(before, after)
    data = edits.applied()
    try:
        cst.parse_module(data)
    except cst.ParserSyntaxError:
        raise Unsafe("the edited script would not be read by Python") from None
    return data


def _check_outputs(source: Source, fit: cst.Call, before: Program, after: Program) -> None:
    """Raise Unsafe where the script reads predictions that come to mean something else."""
    old, new = before.contract, after.contract
    if (old.units, old.from_logits) == (new.units, new.from_logits):
        return
    uses = ModelUses(source, fit)
    uses.check_others()
    for use in uses.found(whole=False):
        if use.method != "evaluate":
            raise source.unsafe(use.call, "what is predicted there comes to mean something else")


def text_of(fix: Fix, path: str) -> str:
    """The file: the diff below a line on how to apply it, or the reason and the lines by hand,
    which neither git nor patch takes for a diff."""
    if fix.diff:
        how = "in its repository, git apply or patch -p1 takes this file"
        return f"# {printable(path)}: {how}\n{fix.diff}"
    lines = [f"# no patch of {printable(path) or 'a script'}: {fix.reason}"]
    for part in fix.by_hand:
        lines.append(f"# {part.title}:")
        lines += [f"#   - {printable(line)}" for line in part.old]
        lines += [f"#   + {printable(line)}" for line in part.new]
    return "\n".join(lines) + "\n"

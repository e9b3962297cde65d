"""Edits of what fit is given: inputs and target prepared on the training rows, in every call of the
model."""

from dataclasses import dataclass, field

import libcst as cst

from stages.lib.vocabulary.encodings import ENCODINGS
from stages.report.keras_lines.calls import call as written
from stages.report.keras_lines.fit import split_of
from stages.report.keras_lines.inputs import (
    columns_of,
    filler_of,
    imports_of,
    scaler_of,
    score_of,
    target_scaler_of,
)
from stages.report.keras_lines.program import Program
from stages.report.patch.edits import Edits, arguments
from stages.report.patch.model_uses import EVALUATE, ModelUses, Use
from stages.report.patch.names import Names
from stages.report.patch.sites import FIT, fit_arguments
from stages.report.patch.source import Source, Unsafe

# Scalings by a shift and a factor, which change no column's rank among the columns.
_AFFINE = ("", "StandardScaler()", "MinMaxScaler()", "RobustScaler()")


@dataclass
class Rows:
    """How inputs and target are written after the edit.

    Attributes:
        x, y: templates with {} for the expression.
        inverse: the same for what predict returns.
        lines: before fit.
    """

    x: str = "{}"
    y: str = "{}"
    inverse: str = "{}"
    lines: list[str] = field(default_factory=list)


class ArrayEdits:
    """Brings the rows of a script's fit from one program to another."""

    def __init__(
        self, source: Source, edits: Edits, names: Names, fit: cst.Call, applied: list[str]
    ) -> None:
        self.source, self.edits, self.names, self.fit = source, edits, names, fit
        self.applied = applied

    def apply(self, before: Program, after: Program) -> None:
        """Edit the call of fit and the lines before it, and the other calls of the model. Raises
        Unsafe."""
        preparation = _preparation(before, after)
        scaler = target_scaler_of(after)
        scaler = "" if scaler == target_scaler_of(before) else scaler
        encodings = before.contract.encoding, after.contract.encoding
        recoded = encodings[0] != encodings[1]
        holds_out = after.stops_early and not after.validated
        if not (preparation or scaler or recoded or holds_out):
            return
        given = fit_arguments(self.source, self.fit)
        if "x" not in given or "y" not in given:
            raise self.source.unsafe(self.fit, "fit takes a data set, which holds x and y together")
        if preparation and self.applied:
            raise Unsafe(
                f"the model begins with {self.applied[0]}, which takes the inputs as they come"
            )
        statement = self.source.statement(self.fit)
        rows = Rows()
        x = self._expression(given["x"].value, "x_fit", rows)
        y = self._expression(given["y"].value, "y_fit", rows)
        held: tuple[str, str] | None = None
        if holds_out:
            x, y, held = self._hold_out(after, given, x, y, rows)
        share = self._share(given, after)
        part = ""
        if share and (preparation or scaler):
            part = self.names.free("rows")
            rows.lines.append(
                f"{part} = int(len({x}) * (1 - {share}))  # behind them: validation_split"
            )
        if preparation:
            self._prepare(preparation, after, x, y, part, rows)
        if scaler:
            self._scale_target(scaler, after, y, part, rows)
        if recoded:
            rows.y = self._recode(*encodings, len(after.task.classes))
        self.edits.before(statement, rows.lines)
        self.edits.replace(given["x"].value, rows.x.format(x))
        self.edits.replace(given["y"].value, rows.y.format(y))
        if held is not None:
            text = f"({rows.x.format(held[0])}, {rows.y.format(held[1])})"
            self.edits.argument(self.fit, FIT, "validation_data", text)
        elif "validation_data" in given and after.validated:
            self._validation(given["validation_data"].value, rows)
        if rows.x != "{}" or rows.y != "{}":
            uses = ModelUses(self.source, self.fit)
            for use in uses.found(whole=True):
                self._wrap(use, rows)

    # ---------------------------------------------------------------------------------- the lines

    def _expression(self, value: cst.BaseExpression, name: str, rows: Rows) -> str:
        """A text that can stand in several places: a name or a part of one; of anything else the
        name that a line before fit gives it."""
        text = self.source.text(value)
        if _is_plain(value):
            return text
        free = self.names.free(name)
        rows.lines.append(f"{free} = ({text})" if "\n" in text else f"{free} = {text}")
        return free

    def _hold_out(
        self, after: Program, given: dict[str, cst.Arg], x: str, y: str, rows: Rows
    ) -> tuple[str, str, tuple[str, str]]:
        if "sample_weight" in given:
            raise self.source.unsafe(self.fit, "the rows have weights")
        self.names.imported("from sklearn.model_selection import train_test_split")
        names = [self.names.free(name) for name in ("x_kept", "x_held", "y_kept", "y_held")]
        rows.lines += [
            "# rows for early stopping to watch",
            f"{', '.join(names)} = {split_of(after, x, y)}",
        ]
        return names[0], names[2], (names[1], names[3])

    def _share(self, given: dict[str, cst.Arg], after: Program) -> str:
        """validation_split as it is written, '' without."""
        arg = given.get("validation_split")
        if arg is None or not after.validated or "validation_data" in given:
            return ""
        text = self.source.text(arg.value)
        return "" if text in ("0", "0.0", "None") else text

    def _prepare(
        self, steps: list[str], after: Program, x: str, y: str, part: str, rows: Rows
    ) -> None:
        made = steps[0] if len(steps) == 1 else written("make_pipeline", *steps)
        scores = any(step.startswith("SelectKBest") for step in steps)
        name = self.names.free("scaler" if len(steps) == 1 and not scores else "prepare")
        for line in imports_of(made):
            self.names.imported(line)
        template = "np.asarray({}).reshape(-1, 1)" if len(after.kinds) == 1 else "{}"
        if "np." in made + template:
            self.names.numpy()
        fitted = template.format(f"{x}[:{part}]" if part else x)
        if scores:
            target = f"{y}[:{part}]" if part else y
            fitted += f", {self._one_column(target, after)}"
        rows.lines += [
            "# fitted on the training rows only; new rows have to go through it before predict",
            f"{name} = {made}.fit({fitted})",
        ]
        rows.x = f"{name}.transform({template})"

    def _one_column(self, target: str, after: Program) -> str:
        if len(after.task.targets) > 1 or ENCODINGS[after.contract.encoding].is_one_hot:
            raise Unsafe("columns are chosen by a score that takes one target")
        self.names.numpy()
        return f"np.ravel({target})"

    def _scale_target(self, scaler: str, after: Program, y: str, part: str, rows: Rows) -> None:
        name = self.names.free("target_scaler")
        for line in imports_of(scaler):
            self.names.imported(line)
        template = columns_of(after, "{}")
        if "np." in scaler + template:
            self.names.numpy()
        rows.lines += [
            "# the model learns the scaled target: predictions have to be scaled back",
            f"{name} = {scaler}.fit({template.format(f'{y}[:{part}]' if part else y)})",
        ]
        rows.y = f"{name}.transform({template})"
        rows.inverse = f"{name}.inverse_transform({{}})"

    def _recode(self, old: str, new: str, classes: int) -> str:
        """The template that writes classes anew."""
        codes = {
            "integer": "{}",
            "integer_from_one": "np.asarray({}) - 1",
            "plus_minus_one": "(np.asarray({}) + 1) // 2",
            "one_hot": "np.argmax(np.asarray({}), axis=1)",
            "multi_hot": "{}",
        }
        written_anew = {
            "integer": codes[old],
            "multi_hot": codes[old],
            "integer_from_one": f"{codes[old]} + 1",
            "plus_minus_one": f"2 * ({codes[old]}) - 1",
            "one_hot": f"keras.utils.to_categorical({codes[old]}, {classes})",
        }
        text = self.names.spelled(written_anew[new])
        if "np." in text:
            self.names.numpy()
        return text

    def _validation(self, value: cst.BaseExpression, rows: Rows) -> None:
        """validation_data=(x, y), or a name of such a pair."""
        if isinstance(value, cst.Tuple | cst.List) and len(value.elements) >= 2:
            for element, template in zip(value.elements, (rows.x, rows.y), strict=False):
                self._around(element.value, template)
        elif isinstance(value, cst.Name) and isinstance(self.source.value(value), cst.Tuple):
            name = value.value
            pair = f"{rows.x.format(f'{name}[0]')}, {rows.y.format(f'{name}[1]')}"
            self.edits.replace(value, f"({pair}, *{name}[2:])")
        else:
            raise self.source.unsafe(value, "validation_data is no pair of x and y")

    # ---------------------------------------------------------------------------- other calls of it

    def _wrap(self, use: Use, rows: Rows) -> None:
        given = arguments(use.call, EVALUATE)
        if "x" not in given or any(arg.star for arg in use.call.args):
            raise self.source.unsafe(use.call, "what the model is given there is not seen")
        self._around(given["x"].value, rows.x)
        if use.method == "evaluate":
            if "y" not in given:
                raise self.source.unsafe(use.call, "evaluate takes a data set of batches")
            self._around(given["y"].value, rows.y)
        elif rows.inverse != "{}":
            if use.method != "predict":
                raise self.source.unsafe(
                    use.call, "the model is called as a function, in scaled units"
                )
            before, _, after = rows.inverse.partition("{}")
            self.edits.wrap(use.call, before, after)

    def _around(self, value: cst.BaseExpression, template: str) -> None:
        before, _, after = template.partition("{}")
        if before or after:
            self.edits.wrap(value, before, after)


def _preparation(before: Program, after: Program) -> list[str]:
    """The steps that the inputs go through after the edit and did not before."""
    if (before.normalize["keep_best"], scaler_of(before)) not in ((None, ""),):
        raise Unsafe("the script's own inputs count as they come")
    steps = []
    if after.fills_gaps:
        steps.append(filler_of(after))
    scaler, keep = scaler_of(after), after.normalize["keep_best"]
    if scaler:
        steps.append(scaler)
    if keep is not None:
        if scaler not in _AFFINE:
            raise Unsafe("columns are chosen beside transforms of some of them")
        steps.append(f"SelectKBest({score_of(after)}, k={keep})")
    return steps


def _is_plain(value: cst.BaseExpression) -> bool:
    """A name, an attribute of one, or a slice of one: what is the same however often it is read."""
    if isinstance(value, cst.Name):
        return True
    if isinstance(value, cst.Attribute):
        return _is_plain(value.value)
    return isinstance(value, cst.Subscript) and _is_plain(value.value) and all(
        isinstance(one.slice, cst.Index | cst.Slice) and not _calls_in(one) for one in value.slice
    )  # fmt: skip


def _calls_in(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) or any(_calls_in(child) for child in node.children)

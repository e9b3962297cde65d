"""What a script does with its model beside fit: each place where other rows go in or come out."""

from dataclasses import dataclass

import libcst as cst

from stages.report.patch.sites import receiver
from stages.report.patch.source import Source

EVALUATE = ("x", "y")
# Methods that take rows, as `Use.method` calls them.
_TAKES = {
    "predict": "predict",
    "predict_on_batch": "predict",
    "evaluate": "evaluate",
    "test_on_batch": "evaluate",
}
# Attributes that neither take nor give rows.
_HARMLESS = {
    "add", "build", "built", "compile", "compiled", "count_params", "get_config", "get_layer",
    "get_weights", "history", "input_shape", "inputs", "layers", "load_weights", "loss", "metrics",
    "metrics_names", "name", "non_trainable_weights", "optimizer", "output_shape", "outputs", "pop",
    "reset_states", "save", "save_weights", "set_weights", "stop_training", "summary", "to_json",
    "trainable", "trainable_variables", "trainable_weights", "variables", "weights",
}  # fmt: skip
# Functions that a model may be handed to.
_LOOKS_ONLY = {"print", "len", "type", "id", "str", "repr", "isinstance", "del", "plot_model"}


@dataclass(frozen=True)
class Use:
    """A call that takes rows; method: predict, evaluate, or call for `model(x)`."""

    call: cst.Call
    method: str


class ModelUses:
    """The uses of the model that this fit trains."""

    def __init__(self, source: Source, fit: cst.Call) -> None:
        self.source, self.fit = source, fit

    def found(self, whole: bool) -> list[Use]:
        """The calls that take rows, behind fit.

        whole: what is not seen counts as a use. Raises Unsafe then for one that stands before fit
        or in another function, for a model that is handed on, and as `check_others` does.
        """
        model = receiver(self.fit)
        if whole:
            self.check_others()
        if isinstance(model, cst.Call):
            return []
        if not isinstance(model, cst.Name):
            if whole:
                raise self.source.unsafe(self.fit, "the model is no plain variable")
            return []
        uses = []
        for name in self.source.uses(model):
            if name is model:
                continue
            use = self._use(name, whole)
            if use is None:
                continue
            if whole and not self._is_behind(use.call):
                raise self.source.unsafe(
                    use.call, "the model is given rows before fit, or in another function"
                )
            uses.append(use)
        return uses

    def check_others(self) -> None:
        """Raise Unsafe where rows go through what may be the model under another name or a part of
        it: one that is loaded, cut out of its layers, or a callback's `self.model`."""
        for call in self.source.nodes(cst.Call):
            if not isinstance(call.func, cst.Attribute) or call.func.attr.value not in _TAKES:
                continue
            other = call.func.value
            if not self._is_the_model(other) and not self._is_of_another_package(other):
                text = " ".join(self.source.text(other).split())[:40]
                raise self.source.unsafe(
                    call, f"{text} may be a part of the model, and is given rows as they were"
                )

    def _is_the_model(self, other: cst.BaseExpression) -> bool:
        model = receiver(self.fit)
        return (
            isinstance(model, cst.Name)
            and isinstance(other, cst.Name)
            and other.value == model.value
            and self.source.bindings(other) == self.source.bindings(model)
        )

    def _is_of_another_package(self, other: cst.BaseExpression) -> bool:
        """Whether a class or function of a package that is not Keras gives it, as scikit-learn's
        `LinearRegression().fit(x, y)` does."""
        made = self.source.value(other) if isinstance(other, cst.Name) else other
        while isinstance(made, cst.Call):
            if self.source.dotted(made.func):
                return not self.source.keras(made.func)
            made = made.func.value if isinstance(made.func, cst.Attribute) else None
        return False

    def _use(self, name: cst.Name, whole: bool) -> Use | None:
        above = self.source.parent(name)
        if isinstance(above, cst.Call) and above.func is name:
            return Use(above, "call")
        if isinstance(above, cst.Attribute) and above.value is name:
            attribute, call = above.attr.value, self.source.parent(above)
            if attribute in _HARMLESS:
                return None
            if attribute in _TAKES and isinstance(call, cst.Call) and call.func is above:
                return Use(call, _TAKES[attribute])
            if whole:
                raise self.source.unsafe(
                    name, f"{name.value}.{attribute} may take rows as they were"
                )
            return None
        if isinstance(above, cst.Arg):
            call = self.source.parent(above)
            if isinstance(call, cst.Call):
                function = self.source.text(call.func).rsplit(".", 1)[-1]
                if function in _LOOKS_ONLY:
                    return None
        if whole:
            raise self.source.unsafe(name, f"{name.value} is handed on, to rows as they were")
        return None

    def _is_behind(self, call: cst.Call) -> bool:
        here = self.source.within(self.fit, cst.FunctionDef, cst.Lambda, cst.ClassDef)
        there = self.source.within(call, cst.FunctionDef, cst.Lambda, cst.ClassDef)
        return here is there and self.source.span(call)[0] > self.source.span(self.fit)[0]

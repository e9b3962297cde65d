"""Edits of compile and fit: arguments that are set, taken away or replaced."""

import libcst as cst

from stages.report.keras_lines.compile import loss_of, optimizer_of
from stages.report.keras_lines.fit import class_weights_of, stopping_of
from stages.report.keras_lines.program import Program
from stages.report.patch.edits import Edits, arguments
from stages.report.patch.names import Names
from stages.report.patch.sites import COMPILE, FIT, called_again, fit_arguments, varies
from stages.report.patch.source import Source, Unsafe

STOPPING = ("monitor", "min_delta", "patience", "verbose", "mode", "baseline",
            "restore_best_weights")  # fmt: skip


class CallEdits:
    """Brings compile and fit of a script from one program to another."""

    def __init__(
        self, source: Source, edits: Edits, names: Names, compiled: cst.Call, fit: cst.Call
    ) -> None:
        self.source, self.edits, self.names = source, edits, names
        self.compiled, self.fit = compiled, fit

    def loss(self, after: Program) -> None:
        """Edit the loss. Raises Unsafe."""
        if after.contract.loss_row.definition:
            raise Unsafe("its loss is a function of your own")
        self._compiled("loss", self.names.spelled(loss_of(after)))

    def optimizer(self, after: Program) -> None:
        """Edit the optimizer, with its rate and schedule. Raises Unsafe."""
        text = optimizer_of(after)
        if text is None:
            raise Unsafe("Keras has no class for the schedule's warm-up")
        self._compiled("optimizer", self.names.spelled(text))
        self._remove_scheduler()

    def _remove_scheduler(self) -> None:
        """Take a LearningRateScheduler away, which would set its own rates over the optimizer's:
        what it sets is the schedule of the program."""
        if self._calls_of("LearningRateScheduler"):
            given = fit_arguments(self.source, self.fit)
            self._remove_callback(given, self._the_callback("LearningRateScheduler"))

    def _compiled(self, name: str, text: str) -> None:
        arg = arguments(self.compiled, COMPILE).get(name)
        if arg is None:
            self.edits.argument(self.compiled, COMPILE, name, text)
            return
        self._replace(arg.value, text)

    def _replace(self, value: cst.BaseExpression, text: str) -> None:
        """Another expression where this one stands, or, of a variable that is read nowhere else,
        where its value is made."""
        if isinstance(value, cst.Name) and value.value not in ("None", "True", "False"):
            made = self.source.value(value)
            if made is None or len(self.source.uses(value)) != 1:
                raise self.source.unsafe(value, f"{value.value} is set or used elsewhere too")
            self._replace(made, text)
            return
        why = varies(self.source, value)
        if why:
            raise Unsafe(why)
        if isinstance(value, cst.Attribute):
            raise self.source.unsafe(value, f"{self.source.text(value)} comes from elsewhere")
        self.edits.replace(value, text)

    # --------------------------------------------------------------------------------------- fit

    def fitting(self, before: Program, after: Program) -> None:
        """Edit the arguments of fit but for the rows. Raises Unsafe."""
        given = fit_arguments(self.source, self.fit)
        old, new = before.train, after.train
        batches = any(new[key] != old[key] for key in ("batch_size", "shuffle"))
        if batches and "y" not in given:
            raise self.source.unsafe(self.fit, "batches and their order are made with the data set")
        if new["batch_size"] != old["batch_size"]:
            self._set(given, "batch_size", str(new["batch_size"]))
        counted = ("epochs", "early_stopping", "reduce_on_plateau")
        if any(new[key] != old[key] for key in counted):
            again = called_again(self.source, self.fit)
            if again:
                raise Unsafe(again)
        if new["epochs"] != old["epochs"]:
            self._set(given, "epochs", str(new["epochs"]))
        if new["shuffle"] != old["shuffle"]:
            self._set(given, "shuffle", None if new["shuffle"] else "False")
        if new["class_weight"] != old["class_weight"]:
            self._class_weight(new["class_weight"])
        if new["early_stopping"] != old["early_stopping"]:
            self._stopping(given, before, after)
        if new["reduce_on_plateau"] != old["reduce_on_plateau"]:
            self._plateau(given, after)

    def _set(self, given: dict[str, cst.Arg], name: str, text: str | None) -> None:
        if name in given and text is not None:
            self._replace(given[name].value, text)
        else:
            self.edits.argument(self.fit, FIT, name, text)

    def _class_weight(self, weights: str | dict[str, float] | None) -> None:
        if isinstance(weights, str):
            raise Unsafe("balanced weights are to be computed from your classes")
        text = None if weights is None else class_weights_of(weights)
        self.edits.argument(self.fit, FIT, "class_weight", text)

    def _stopping(self, given: dict[str, cst.Arg], before: Program, after: Program) -> None:
        if not before.stops_early:
            self._add_callback(given, self.names.spelled(stopping_of(after)))
            return
        callback = self._the_callback("EarlyStopping")
        if after.stops_early:
            self._edit_callback(callback, before, after)
        else:
            self._remove_callback(given, callback)

    def _plateau(self, given: dict[str, cst.Arg], after: Program) -> None:
        if after.reduces_on_plateau:
            raise Unsafe("the callback ReduceLROnPlateau gets other arguments")
        self._remove_callback(given, self._the_callback("ReduceLROnPlateau"))

    def _the_callback(self, name: str) -> cst.Call:
        """The only call that makes this callback. Raises Unsafe for another number of them."""
        calls = self._calls_of(name)
        if len(calls) != 1:
            raise Unsafe(f"it has {len(calls)} calls of {name}")
        return calls[0]

    def _calls_of(self, name: str) -> list[cst.Call]:
        return [
            call
            for call in self.source.nodes(cst.Call)
            if self.source.keras(call.func) == f"callbacks.{name}"
        ]

    def _edit_callback(self, call: cst.Call, before: Program, after: Program) -> None:
        why = varies(self.source, call)
        if why:
            raise Unsafe(why)
        old, new = before.train["early_stopping"], after.train["early_stopping"]
        texts = {
            "patience": ("patience", str(new["patience"])),
            "min_delta": ("min_delta", repr(new["min_delta"]) if new["min_delta"] else None),
            "restore_best": ("restore_best_weights", "True" if new["restore_best"] else None),
        }
        for key, (name, text) in texts.items():
            if old[key] != new[key]:
                self.edits.argument(call, STOPPING, name, text)

    def _callbacks(self, given: dict[str, cst.Arg]) -> cst.List:
        value = given["callbacks"].value
        if isinstance(value, cst.Name):
            made = self.source.value(value)
            if made is not None and len(self.source.uses(value)) == 1:
                value = made
        if not isinstance(value, cst.List):
            raise self.source.unsafe(value, "the callbacks are no list that is written there")
        return value

    def _add_callback(self, given: dict[str, cst.Arg], text: str) -> None:
        if "callbacks" not in given or self.source.text(given["callbacks"].value) == "None":
            self.edits.argument(self.fit, FIT, "callbacks", f"[{text}]")
            return
        listed = self._callbacks(given)
        if not listed.elements:
            self.edits.replace(listed, f"[{text}]")
        elif isinstance(listed.elements[-1], cst.Element):
            self.edits.insert_element(listed.elements[-1], [text])
        else:
            raise self.source.unsafe(listed, "the callbacks are unpacked")

    def _remove_callback(self, given: dict[str, cst.Arg], call: cst.Call) -> None:
        if "callbacks" not in given:
            raise self.source.unsafe(call, "the callback is handed over elsewhere")
        listed = self._callbacks(given)
        for element in listed.elements:
            value = element.value
            made = self.source.value(value) if isinstance(value, cst.Name) else value
            if made is call and isinstance(element, cst.Element):
                self.edits.remove_elements([element], listed)
                return
        raise self.source.unsafe(call, "the callback is handed over elsewhere")

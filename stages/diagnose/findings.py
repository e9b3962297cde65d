"""What a check and a symptom are: a frozen row each, with a stable code, and what it finds.

A check compares data and program before anything is trained; a symptom is something that training
left behind and that looks wrong. The rows stand in `checks/` and `symptoms/`, one a file;
`python -m stages explain CODE` prints one.
"""

import math
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, TypeVar

from stages.lib.keras_fit.edit import output_function
from stages.lib.mlp.saved import TrainedNetwork
from stages.lib.trials.subject import Subject

# error: it cannot train or judge what is asked. warning: it is known to hurt. note: worth knowing.
Severity = Literal["error", "warning", "note"]

# What the first digit of a code says.
GROUPS: Mapping[str, str] = {
    "LL1": "the program: layers, loss, output layer and target encoding",
    "LL2": "the data, and the batches that are made of it",
    "LL3": "symptoms before training",
    "LL4": "symptoms during training",
    "LL5": "symptoms of the trained network",
}


@dataclass(frozen=True)
class CheckFinding:
    """What a check found in one place.

    Attributes:
        code, check: of the row that found it, such as LL101 and loss_of_task.
        family: of the edits that could mend it.
        keys: the dotted keys of params.yaml that it is about.
    """

    code: str
    check: str
    family: str
    severity: Severity
    expected: str
    received: str
    keys: tuple[str, ...]

    def content(self) -> dict[str, Any]:
        """As diagnosis.json has it."""
        return {
            "check": self.check,
            "family": self.family,
            "severity": self.severity,
            "expected": self.expected,
            "received": self.received,
            "keys": list(self.keys),
            "code": self.code,
        }


@dataclass(frozen=True)
class Check:
    """A check of data and program, static and free.

    Attributes:
        code: LL1xx or LL2xx; never given to another check.
        name: as findings and the evidence of a verdict have it; the name of its file.
        title: one line, what is wrong where it finds something.
        families: of edits that a finding speaks for; several where it depends on what is found.
        severities: that a finding can have.
        keys: the dotted keys of params.yaml that a finding is about, unless it says which.
        about: what it looks at, and why that matters.
        source: where its threshold, or what it holds to be wrong, comes from.
        remedy: what to do.
        find: from the run under diagnosis to the findings, made by `finding`.
        looks_inside: it is about the layers of a chain; of a Keras model it is left out.
    """

    code: str
    name: str
    title: str
    families: tuple[str, ...]
    severities: tuple[Severity, ...]
    keys: tuple[str, ...]
    about: str
    source: str
    remedy: str
    find: Callable[[Subject], Iterable[CheckFinding]]
    looks_inside: bool = False

    def finding(
        self,
        expected: str,
        received: str,
        *,
        severity: Severity | None = None,
        family: str | None = None,
        keys: tuple[str, ...] | None = None,
    ) -> CheckFinding:
        """A finding of this check; severity and family are to be given where the row has several.

        Raises:
            ValueError: they are not, or are none of the row's.
        """
        return CheckFinding(
            self.code,
            self.name,
            _only(family, self.families),
            _only(severity, self.severities),
            expected,
            received,
            self.keys if keys is None else keys,
        )


@dataclass(frozen=True)
class SymptomFinding:
    """A symptom that a run shows.

    Attributes:
        code, symptom: of the row that found it, such as LL401 and diverged.
        families: of edits that it makes suspected.
        value, threshold: the number that was seen, or None, and the one that it passed.
        layer: from 1, or None.
        epoch: 0 is before training, or None.
        text: one sentence.
    """

    code: str
    symptom: str
    families: tuple[str, ...]
    value: float | None
    threshold: float
    layer: int | None
    epoch: int | None
    text: str

    def content(self) -> dict[str, Any]:
        """As diagnosis.json has it: value and threshold of six significant digits, since the last
        ones differ between processors."""
        return {
            "symptom": self.symptom,
            "families": list(self.families),
            "value": _six_digits(self.value),
            "threshold": _six_digits(self.threshold),
            "layer": self.layer,
            "epoch": self.epoch,
            "text": self.text,
            "code": self.code,
        }


@dataclass(frozen=True)
class Symptom:
    """Something that training leaves behind and that looks wrong. It proves nothing: it names
    families of edits that are worth a trial.

    Attributes:
        code: LL3xx to LL5xx; never given to another symptom.
        name: as findings and the evidence of a verdict have it; the name of its file.
        title: one line, what is seen.
        families: each suspected family of edits, with the direction in which it would be wrong, or
            '' where there is none.
        about: what it looks at, and why that matters.
        source: where its threshold comes from.
        remedy: what to do.
        find: from the run under diagnosis, the floor and chance, both in the unit of the task's
            proper loss, to the finding, made by `finding`, or None.
        looks_inside: as of a check.
    """

    code: str
    name: str
    title: str
    families: Mapping[str, str]
    about: str
    source: str
    remedy: str
    find: Callable[[Subject, float, float], SymptomFinding | None]
    looks_inside: bool = False

    @property
    def suspects(self) -> str:
        """The suspected families, with their directions."""
        return ", ".join(f"{name} ({way})" if way else name for name, way in self.families.items())

    def finding(
        self,
        value: float | None,
        threshold: float,
        sentence: str,
        *,
        layer: int | None = None,
        epoch: int | None = None,
    ) -> SymptomFinding:
        """A finding of this symptom. sentence: without its full stop."""
        text = f"{sentence}; suspected: {self.suspects}."
        return SymptomFinding(
            self.code, self.name, tuple(self.families), value, threshold, layer, epoch, text
        )


Row = TypeVar("Row", Check, Symptom)


def applicable(rows: Iterable[Row], subject: Subject) -> list[Row]:
    """Those that can be asked of this run: of a Keras model, what does not look inside; nor what is
    about the activation of its outputs where none is known, as of a mean of several."""
    network = subject.network
    if isinstance(network, TrainedNetwork):
        return list(rows)
    known = output_function(network.file.model)
    return [row for row in rows if not row.looks_inside and (known or not _is_of_output(row))]


def _is_of_output(row: Check | Symptom) -> bool:
    return isinstance(row, Check) and "train.output_activation" in row.keys


def discover(package: str, path: Iterable[str], kind: type[Row]) -> tuple[Row, ...]:
    """The rows of a package, by their codes: one in each module that has a `CHECK` or `SYMPTOM`;
    the others are helpers.

    Args:
        package: its dotted name.
        path: its `__path__`.
        kind: Check or Symptom.
    """
    names = [f"{package}.{module.name}" for module in pkgutil.iter_modules(path)]
    rows = [getattr(import_module(name), kind.__name__.upper(), None) for name in names]
    return tuple(sorted((row for row in rows if row is not None), key=lambda row: row.code))


Choice = TypeVar("Choice", bound=str)


def _only(choice: Choice | None, known: tuple[Choice, ...]) -> Choice:
    """The choice, or the only known one. Raises ValueError where that leaves a doubt."""
    if choice is None and len(known) == 1:
        return known[0]
    if choice is None or choice not in known:
        raise ValueError(f"expected one of {', '.join(known)}. Received: {choice!r}")
    return choice


def _six_digits(value: float | None) -> float | None:
    """Six significant digits, or None where that is no finite number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")

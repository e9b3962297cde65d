"""A copy in which each run leaves the diagnosis and the loss that a test writes down."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stages.tools.mend.copy import Copy
from tests.conftest import lead


@dataclass(frozen=True)
class Step:
    """What one run leaves.

    Attributes:
        loss: of the training rows, of which a tiny run has its account.
        edit: what it prescribes, or None.
        promised: loss, low and high of that.
    """

    loss: float | None
    edit: dict[str, Any] | None = None
    promised: tuple[float, float, float] = (0.5, 0.4, 0.6)


@dataclass(frozen=True)
class ScriptedCopy(Copy):
    """folder: a finished run. steps: run by run."""

    folder: Path
    steps: list[Step] = field(default_factory=list)

    def repro(self) -> None:
        step = self.steps.pop(0)
        self._change("reports/metrics.json", lambda content: _set_loss(content, step))
        self._change("reports/diagnosis.json", lambda content: _prescribe(content, step))

    def _change(self, name: str, change) -> None:
        file = self.folder / name
        content = json.loads(file.read_text())
        change(content)
        file.write_text(json.dumps(content))


def _set_loss(metrics: dict, step: Step) -> None:
    metrics["train"]["log_loss"] = step.loss


def _prescribe(diagnosis: dict, step: Step) -> None:
    account = lead(diagnosis)
    if step.edit is None:
        account["prescription"] = None
        return
    edits = [{"key": key, "old": None, "new": new} for key, new in step.edit.items()]
    expected = dict(zip(("loss", "low", "high"), step.promised, strict=True))
    account["prescription"] = {"edits": edits, "expected": expected, "commands": ["dvc exp run"]}

"""Programs and tables that checks look at, and what they find."""

import numpy as np
import pandas as pd
import yaml

from stages.diagnose.checks import run_checks
from stages.diagnose.findings import CheckFinding
from stages.lib.params.families import families
from stages.lib.tables.dataset import Dataset
from stages.lib.trials.subject import Subject
from stages.lib.vocabulary.tasks import KINDS
from tests.conftest import settings
from tests.diagnose.tables import coin, table, untrained

KEYS = settings().model_dump()
SCALED = {"normalize.features": "standard", "normalize.target": "standard"}


def several(task: str, targets: dict[str, np.ndarray], **features: object) -> Dataset:
    """Rows written by hand, with several targets."""
    kind = KINDS[task]
    classes = tuple(targets) if kind.has_labels else ()
    return Dataset("table", pd.DataFrame(features), pd.DataFrame(targets), kind, classes)


def small(target: str) -> Dataset:
    """400 rows of two inputs and one of these: binary, three classes, number, labels, numbers."""
    rng = np.random.default_rng(1)
    if target == "labels":
        has = {name: rng.integers(0, 2, 400).astype(float) for name in ("red", "round", "ripe")}
        return several("multilabel", has, x=rng.standard_normal(400), z=rng.standard_normal(400))
    if target == "numbers":
        both = {"height": 3 * rng.standard_normal(400), "width": rng.standard_normal(400)}
        return several("regression", both, x=rng.standard_normal(400), z=rng.standard_normal(400))
    column = {
        "binary": coin(rng),
        "three": pd.Series(rng.choice([*"abc"], 400)),
        "number": pd.Series(3 * rng.standard_normal(400)),
    }[target]
    return table(column, x=rng.standard_normal(400), z=rng.standard_normal(400))


def of_program(case: str) -> Subject:
    """A small table by its target and keys of `train`: "binary loss=hinge output_units=2"."""
    target, *pairs = case.split()
    changes = dict(pair.split("=") for pair in pairs)
    changes = {f"train.{key}": yaml.safe_load(value) for key, value in changes.items()}
    return untrained(small(target), **changes)


def found(subject: Subject) -> dict[str, CheckFinding]:
    """The first finding of each check by its name, after a look at the form of all of them."""
    findings = run_checks(subject)
    for finding in findings:
        assert list(finding.content()) == [
            "check", "family", "severity", "expected", "received", "keys", "code",
        ]  # fmt: skip
        assert finding.family in families()
        assert finding.expected and finding.received
        for key in finding.keys:
            node = KEYS
            for part in key.split("."):
                node = node[part]
    return {finding.check: finding for finding in reversed(findings)}


def severity(name: str, case: str) -> str | None:
    """Of what this check finds in a program (see `of_program`), or None."""
    finding = found(of_program(case)).get(name)
    return None if finding is None else finding.severity

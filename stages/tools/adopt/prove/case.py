"""What is to be proven: the adopted script, its patch, and what the diagnosis promised."""

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stages.generate.split import split_rows
from stages.lib import params
from stages.lib.artifacts import adopted as record
from stages.lib.artifacts.card import read_card
from stages.lib.core.errors import UserError
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.schema import Account, Prescription
from stages.lib.params.contract import Contract
from stages.lib.tables import table
from stages.lib.tables.dataset import Dataset
from stages.report.patch.fix import FILE
from stages.report.patch.programs import programs
from stages.report.patch.source import Unsafe

AGAIN = "python -m stages adopt {name}, then dvc repro"
_SCALER = re.compile(r"^\+\s*(target_scaler\w*) = ", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A case.

    Attributes:
        before, after: the script's bytes as adopted and as patched.
        scaler: the variable that scales the target in the patched one, or ''.
        contracts: loss, output and encoding before and after.
        account: of the diagnosis: the leading one.
        fix: its prescription.
        training: what is promised of the training rows, where the diagnosis prescribes the same
            for them; else None.
        kept, held_out: see `Subject`.
        judged: which of the script's validation rows the diagnosis judged by, bool [rows].
        judged_target: of all validation rows, float64 [rows, targets], classes as numbers from 0.
        unit: of the loss.
    """

    before: bytes
    after: bytes
    scaler: str
    contracts: tuple[Contract, Contract]
    account: Account
    fix: Prescription
    training: Account | None
    kept: np.ndarray | None
    held_out: np.ndarray | None
    judged: np.ndarray | None
    judged_target: np.ndarray | None
    unit: str


def read_case(script: str, name: str) -> Case:
    """What the tracked files say of this script. Raises UserError for a script that is not the one
    that was adopted and diagnosed, and where there is no patch of it."""
    hint = AGAIN.format(name=name)
    if not Path(script).is_file():
        raise UserError("", "a script", f"{script!r:.200}, which is no file")
    found = record.read() if Path(record.FILE).is_file() else None
    if found is None or found.script is None or found.name != name:
        raise UserError(name, f"the script of {record.FILE}", "another, or none", hint)
    sections = params.sections("data", "normalize", "train")
    if not record.of_data(found, sections["data"]):
        raise UserError(name, "params.yaml with the data of the script", "other data", hint)
    diagnosis = schema.read()
    account = diagnosis.lead
    fix = account.prescription
    if fix is None:
        raise UserError(name, "a prescription in reports/diagnosis.json", "none")
    patch = Path(FILE).read_text(encoding="utf-8") if Path(FILE).is_file() else ""
    if "\n--- " not in patch or found.script.source is None:
        first = patch.split("\n")[0].lstrip("# ") or f"no {FILE}"
        raise UserError(name, "a patch of it", first)
    before = found.script.source.encode("utf-8")
    after = _patched(found.script.path, before, Path(FILE).read_bytes(), hint)
    if Path(script).read_bytes() not in (before, after):
        raise UserError(name, "the script as it was adopted, or patched", "another text", hint)
    card = read_card("data/raw/card.json")
    edit = {change.key: change.new for change in fix.edits}
    try:
        old, new = programs(found, sections, card, edit, {})
    except Unsafe as unsafe:
        raise UserError(name, "the adopted program", str(unsafe), hint) from None
    others = [one for one in (diagnosis.fit,) if one is not account and one.prescription]
    same = [one for one in others if one.prescription and one.prescription.edits == fix.edits]
    kept, held_out, judged, target = _rows(account.question, old.validated)
    return Case(
        before,
        after,
        (_SCALER.findall(patch) or [""])[0],
        (old.contract, new.contract),
        account,
        fix,
        same[0] if same else None,
        kept,
        held_out,
        judged,
        target,
        card.unit,
    )


def _rows(
    question: str, validated: bool
) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None, np.ndarray | None]:
    """kept, held_out, judged and judged_target of the case."""
    if question == "fit":
        return None, None, None, None
    settings = params.check(params.read())
    dataset = table.load(settings.data.file)
    parts = split_rows(dataset, settings.data.split, settings.data.seed)
    if not validated:
        return parts["train"], parts["test"], None, None
    # In the adopted table the training rows stand first, in the script's order.
    behind = np.sort(np.concatenate([parts["validation"], parts["test"]]))
    judged = np.isin(behind, parts["test"] if len(parts["test"]) else behind)
    return None, None, judged, _codes(dataset)[behind]


def _codes(dataset: Dataset) -> np.ndarray:
    """float64 [rows, targets]: a class's number, a label, or the target itself."""
    targets = dataset.targets.to_numpy()
    if dataset.kind.has_classes:
        targets = np.unique(targets[:, 0], return_inverse=True)[1][:, None]
    return np.asarray(targets, dtype="float64")


def _git_environment(folder: Path) -> dict[str, str]:
    """Nothing of a repository around, nor of the machine's own settings."""
    others = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    ceiling = str(folder.resolve().parent)
    return others | {"GIT_CEILING_DIRECTORIES": ceiling, "GIT_CONFIG_GLOBAL": os.devnull}


def _patched(path: str, before: bytes, patch: bytes, hint: str) -> bytes:
    """The text with the patch, by git."""
    with tempfile.TemporaryDirectory(prefix="prove-") as name:
        file = Path(name) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(before)
        done = subprocess.run(
            ["git", "apply", "--whitespace=nowarn", "-"],
            cwd=name,
            input=patch,
            env=_git_environment(Path(name)),
            capture_output=True,
        )
        if done.returncode:
            raise UserError(FILE, "a patch of the adopted script", "one of another text", hint)
        return file.read_bytes()

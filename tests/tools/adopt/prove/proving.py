"""A script adopted, diagnosed, patched and proven, by the pipeline's own stages."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from stages.lib import params
from stages.lib.artifacts import adopted as record
from stages.lib.artifacts.card import read_card
from stages.lib.diagnosis import schema
from stages.report.keras_lines.parts import Change, changes
from stages.report.keras_lines.program import Program
from stages.report.patch.programs import programs
from stages.tools.adopt.prove.case import Case, read_case
from stages.tools.adopt.prove.proof import Proof, prove, text_of
from stages.tools.adopt.prove.runs import Subject
from tests.conftest import run_stages
from tests.tools.adopt.adoption import adopted, set_params, workplace

# What of a script does not depend on how its rows are prepared.
PARTS = ("hidden layers", "output layer", "loss", "optimizer", "fit")


@dataclass(frozen=True)
class Proven:
    """A script's case and its proof, with the printed text."""

    case: Case
    proof: Proof
    text: str


def diagnosed(folder: Path, script: Path, seconds: int) -> None:
    """Adopt, diagnose with so many seconds of work, and report in this workplace."""
    adopted(folder, script)
    set_params(folder, **{"diagnose.seconds": seconds})
    run_stages(folder)


def proven(folder: Path, script: Path) -> Proven:
    """Its patch beside it in plain Keras."""
    with contextlib.chdir(folder):
        case = read_case(str(script), script.name)
        subject = Subject(str(script), [], 300.0, case.kept, case.held_out)
        proof = prove(case, subject, script.name)
    return Proven(case, proof, text_of(proof, script.name))


def prescribed(folder: Path) -> Program:
    """The program that the diagnosis in this workplace prescribes."""
    with contextlib.chdir(folder):
        fix = schema.read().lead.prescription
        assert fix is not None
        edit = {change.key: change.new for change in fix.edits}
        sections = params.sections("data", "normalize", "train")
        card = read_card("data/raw/card.json")
        return programs(record.read(), sections, card, edit, {})[1]


def differences(folder: Path, patched: bytes, name: str, wanted: Program) -> list[Change]:
    """What of the patched script, adopted in a workplace of its own, is not what was wanted."""
    other = workplace(folder / "patched")
    script = other / name
    script.write_bytes(patched)
    content = adopted(other, script)
    found = Program(
        content["normalize"], content["train"], wanted.task, wanted.rows, wanted.kinds,
        validated=bool(content["data"]["file"]["split"]), held_out=wanted.held_out,
    )  # fmt: skip
    return [change for change in changes(found, wanted) if change.title in PARTS]

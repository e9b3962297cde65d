"""What the diagnosis is compared with: random search over its own edits, and symptoms alone."""

import numpy as np

from stages.diagnose.interventions.candidates import candidates, facts_of
from stages.diagnose.interventions.entry import families_of
from stages.diagnose.plan import affordable_rows
from stages.lib.params.edits import edited, effective
from stages.lib.params.schema import Diagnose
from stages.lib.trials.laboratory import Laboratory, Runs
from stages.lib.trials.subject import Subject


def random_search(subject: Subject, settings: Diagnose, fits: int, seed: int) -> dict:
    """The best of `fits` - 1 random edits and the program as it is, one training seed each.

    An edit is one to three of the interventions' candidates together. The lowest mean validation
    loss wins; an edit that gains less than the smallest gain that matters is not prescribed, as
    in the diagnosis. Returns edit and families, in the order in which they were drawn.
    """
    laboratory = Laboratory(subject, affordable_rows(subject, settings))
    present = subject.sections
    facts = facts_of(subject, len(laboratory.frames["train"]))
    pool = [one.edit for one in candidates(present, facts)]
    rng = np.random.default_rng(seed)
    edits: list[dict] = []
    # Combinations that have no shapes cost no fit; give up when hardly any has.
    for _ in range(20 * fits):
        if len(edits) >= fits - 1:
            break
        count = min(len(pool), int(rng.integers(1, 4)))
        edit: dict = {}
        for i in rng.choice(len(pool), count, replace=False):
            edit = pool[i] | edit
        edit = effective(present, edit)
        if edit and edit not in edits and laboratory.runs(edited(present, edit)):
            edits.append(edit)
    programs = [present, *(edited(present, edit) for edit in edits)]
    once = Runs((present["train"]["seed"],))
    laboratory.train(programs, once)
    losses = [float(laboratory.losses(one, once, "validation").mean()) for one in programs]
    best = int(np.argmin(losses))
    min_gain = settings.min_gain * float(subject.card.chance.test)
    edit = edits[best - 1] if best and losses[0] - losses[best] > min_gain else {}
    return {"edit": edit, "families": list(families_of(edit)), "fits": laboratory.fits}


def symptom_families(diagnosis: dict) -> list[str]:
    """The families that the fired symptoms name, each once, in the symptoms' order."""
    shown = diagnosis.get("symptoms", [])
    return list(dict.fromkeys(family for one in shown for family in one["families"]))

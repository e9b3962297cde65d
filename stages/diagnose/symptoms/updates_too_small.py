"""LL402: the first epochs hardly change the weights."""

from stages.diagnose.findings import Symptom, SymptomFinding
from stages.diagnose.symptoms.history import argmax
from stages.diagnose.symptoms.probes import VANISHED, early_updates
from stages.diagnose.symptoms.sources import CS231N
from stages.lib.trials.subject import Subject

RATIO = 1e-4  # norm of an update over the norm of the weights


def small_updates(subject: Subject, floor: float, chance: float) -> SymptomFinding | None:
    """Even the kernel that moved most hardly moved in an update, although it had a gradient."""
    probes = subject.probes
    # Without any gradient the learning rate is not to blame.
    ratio = early_updates(probes[~(probes["gradient_rms"] < VANISHED)])
    if not len(ratio) or ratio.max() >= RATIO:
        return None
    return SYMPTOM.finding(
        ratio.max(),
        RATIO,
        f"in the first epochs no kernel changed by more than {ratio.max():.3g} of its size in an "
        f"update, where about 0.001 is usual",
        layer=argmax(ratio),
    )


SYMPTOM = Symptom(
    code="LL402",
    name="updates_too_small",
    title="The first epochs hardly change the weights",
    families={"learning_rate": "too low"},
    about="The norm of an update over that of the weights, its median over the probed epochs 1 to "
    "5, in the kernel that moved most. Kernels without a gradient do not count.",
    source=f"{CS231N}: updates of about 1e-3 of the weights. Ours: ten times less.",
    remedy="Raise train.learning_rate threefold or tenfold.",
    find=small_updates,
    looks_inside=True,
)

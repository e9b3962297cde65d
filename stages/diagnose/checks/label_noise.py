"""LL230: labels that their inputs all but rule out."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.diagnose.checks.redrawn_labels import redrawn_labels
from stages.diagnose.findings import Check, CheckFinding
from stages.lib.trials.subject import Subject

MAX_ROWS = 1500
MIN_ROWS, MIN_ROWS_A_CLASS = 100, 10
MAX_CLASSES = 20
# A likelihood ratio of a thousand on rows that were not fitted on: where logistic regression is the
# law, luck comes to it in at most one table of a thousand (Markov's inequality: its mean is 1).
MIN_GAIN = math.log(1000)
# A suspect was rather drawn anew than not, and hardly one of its ten neighbours has its label.
SUSPECT = 0.5
NEIGHBOURS, MAX_ALIKE = 10, 1
# Of the wrong labels that the model speaks of, so many have to be suspects: a model that is wrong
# about the law speaks of rows whose neighbours do not bear it out.
MIN_SUSPECTS, MIN_BORNE_OUT = 5, 0.25
SHOWN = 5


def suspect_labels(subject: Subject) -> Iterator[CheckFinding]:
    """Classes that contradict their inputs where these leave no doubt, more often than a law that
    grows surer and surer away from its border leaves."""
    if not subject.task.has_classes or not 2 <= len(subject.card.classes) <= MAX_CLASSES:
        return
    rows = len(subject.x["train"])
    chosen = np.arange(rows)
    if rows > MAX_ROWS:
        chosen = np.sort(np.random.default_rng(0).choice(rows, MAX_ROWS, replace=False))
    # Classes that are too rare to be fitted are left out.
    codes = subject.y["train"][chosen, 0]
    chosen = chosen[np.bincount(codes)[codes] >= MIN_ROWS_A_CLASS]
    codes = pd.factorize(subject.y["train"][chosen, 0])[0]
    if len(chosen) < MIN_ROWS or codes.max() < 1:
        return
    suspects = chosen[suspects_of(subject.x["train"][chosen], codes)]
    if len(suspects):
        first = ", ".join(str(row + 1) for row in suspects[:SHOWN])
        more = ", ..." * (len(suspects) > SHOWN)
        yield CHECK.finding(
            "labels that the inputs leave possible",
            f"{len(suspects)} of {len(chosen)} training rows have a class that their inputs, and "
            f"nearly all of their {NEIGHBOURS} neighbours, speak against: rows {first}{more}",
            keys=CHECK.keys if subject.card.source == "synthetic" else (),
        )


def suspects_of(x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The rows whose labels contradict their inputs.

    Args:
        x: float [rows, inputs].
        codes: of the classes, int [rows], each of 0 to K - 1 in MIN_ROWS_A_CLASS rows at least.

    Returns:
        bool [rows]; none where nothing speaks for wrong labels as a whole.
    """
    none = np.zeros(len(codes), bool)
    model = redrawn_labels(x, codes)
    if model.gain < MIN_GAIN:
        return none
    suspects = (model.probability > SUSPECT) & (_alike(model.inputs, codes) <= MAX_ALIKE)
    wrong = model.share * len(codes) * codes.max() / (codes.max() + 1)
    enough = suspects.sum() >= max(MIN_SUSPECTS, MIN_BORNE_OUT * wrong)
    return np.asarray(suspects if enough else none)


def _alike(x: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """How many of each row's nearest neighbours have its class, int [rows]."""
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(x)
    neighbours = nearest.kneighbors(x, return_distance=False)[:, 1:]
    return np.asarray((codes[neighbours] == codes[:, None]).sum(axis=1))


CHECK = Check(
    code="LL230",
    name="label_noise",
    title="Some labels contradict inputs that leave no doubt of others",
    families=("data",),
    severities=("note",),
    keys=("data.synthetic.label_noise",),
    about="The classes of up to 1,500 training rows, by a logistic model of the inputs' eight "
    "first principal components and their squares, and by the same model of which a share of the "
    "labels is drawn at random. Where the second predicts rows that it was not fitted on far "
    "better, and the neighbours of the rows that it suspects bear it out, labels are wrong, or the "
    "law leaves as much open where it should be sure: the data cannot tell the two apart. No "
    "network can learn such labels; the loss that they leave is part of the floor.",
    source="Natarajan, Dhillon, Ravikumar and Tewari (Learning with Noisy Labels, NeurIPS 2013), "
    "for the model; Northcutt, Jiang and Chuang (Confident Learning, JAIR 2021), for suspects by "
    "predictions of rows that were not fitted on. Ours: a likelihood ratio of a thousand, which "
    "luck comes to in at most one table of a thousand where the law is a logistic one (Markov's "
    "inequality), and a quarter of the wrong labels borne out by neighbours.",
    remedy="Look at the rows that are named. Wrong labels of the training rows have to be mended "
    "in the file; those of the test rows stay in the loss.",
    find=suspect_labels,
)

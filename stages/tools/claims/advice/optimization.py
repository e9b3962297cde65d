"""Advice on optimizer, learning rate, schedule and batch size."""

from stages.lib.params.edits import Edit
from stages.tools.claims.advice.claim import Claim, Pair, Part
from stages.tools.claims.settings import Settings
from stages.tools.claims.side import BEYOND_ADAM, BEYOND_SGD, SGD_RATES, Side, fixed
from stages.tools.claims.verdicts import HOLDS, MIXED, NO_EFFECT, REVERSED

_SGD: Edit = {"train.optimizer": "sgd"}
# A batch and one ten times as large, which every data set has rows for.
_SMALL, _LARGE = 8, 80
# How many times as many epochs are "more epochs".
_MORE = 4


def _sgd(rates: tuple[float, ...]) -> Pair:
    """SGD at the best of these rates against Adam: at its best where there are several."""
    if len(rates) == 1:
        return lambda settings: (fixed(rates[0], edit=_SGD), fixed(0.001))
    return lambda settings: (Side(_SGD, rates, rates[0]), Side())


def _of_rates(worse: float, better: float, epochs: int = 1) -> Pair:
    """Adam at two rates, for so many times as many epochs."""

    def pair(settings: Settings) -> tuple[Side, Side]:
        longer: Edit = {} if epochs == 1 else {"train.epochs": epochs * settings.epochs}
        return fixed(worse, edit=longer), fixed(better, edit=longer)

    return pair


def _scheduled(name: str) -> Pair:
    """A constant rate against one that falls: by a cosine to 0, or fiftyfold in ten steps."""

    def pair(settings: Settings) -> tuple[Side, Side]:
        falls = {
            "train.schedule.name": name,
            "train.schedule.decay_epochs": max(1.0, settings.epochs / 10),
            "train.schedule.decay_rate": 0.676,  # its tenth power is 1 / 50
        }
        return Side(), Side(falls)

    return pair


def _batches(rates: tuple[float, ...]) -> Pair:
    small, large = ({"train.batch_size": size} for size in (_SMALL, _LARGE))
    return lambda settings: (Side(large, rates), Side(small, rates))


class _Batch:
    """The large batch at the rate that the small one chose, some steps up, or at its own best."""

    def __init__(self, optimizer: Edit, rates: tuple[float, ...]) -> None:
        usual = rates[:-2]
        default = usual[1] if not optimizer else usual[0]
        self._small = Side({"train.batch_size": _SMALL} | optimizer, usual, default)
        self._large: Edit = {"train.batch_size": _LARGE} | optimizer
        self._rates = rates

    def best(self) -> Side:
        return Side(self._large, self._rates, self._small.default)

    def up(self, steps: int) -> Side:
        return Side(self._large, self._rates, self._small.default, follows=self._small, steps=steps)


_ADAM_BATCH, _SGD_BATCH = _Batch({}, BEYOND_ADAM), _Batch(_SGD, BEYOND_SGD)

CLAIMS = (
    Claim(
        "g",
        "SGD and Adam",
        "SGD needs a careful learning rate and sticks; Adam's defaults do better.",
        (
            Part("SGD loses at Keras' defaults", _sgd((0.01,))),
            Part("SGD at its best rate loses", _sgd(SGD_RATES)),
        ),
        "SGD by default",
        "Adam by default",
    ),
    Claim(
        "h",
        "smaller learning rate",
        "A smaller learning rate is steadier, but needs more epochs.",
        (
            Part("rate 0.0001 is behind 0.001", _of_rates(1e-4, 1e-3)),
            Part("rate 0.01 wobbles more than 0.001", _of_rates(1e-2, 1e-3), "wobble"),
            Part("with more epochs 0.0001 wins", _of_rates(1e-3, 1e-4, _MORE),
                 networks="first"),
        ),
        "a rate of 0.0001",
        "0.001",
        {HOLDS: "Keep 0.001 at a usual number of epochs; 0.0001 is unfinished there."},
    ),
    Claim(
        "i",
        "batch size",
        "The batch size matters.",
        (
            Part("batch 80 loses, rates tuned", _batches(BEYOND_ADAM)),
            Part("batch 80 loses, rate 0.001", _batches((0.001,))),
        ),
        "batches of 80",
        "batches of 8",
        {NO_EFFECT: "Choose the batch size by speed, and tune the rate for it."},
    ),
    Claim(
        "n",
        "Adam and schedules",
        "Adam needs no schedule.",
        (
            Part("constant rate loses to cosine", _scheduled("cosine")),
            Part("constant rate loses to exponential", _scheduled("exponential")),
        ),
        "a constant rate",
        "a cosine schedule",
        {NO_EFFECT: "Leave the schedule out: a tuned constant rate does as well."},
    ),
    Claim(
        "o",
        "rate by batch size",
        "Bigger batches need a larger rate: in proportion, or by the square root.",
        (
            Part("tenfold batch loses at old rate",
                 lambda settings: (_ADAM_BATCH.up(0), _ADAM_BATCH.best())),
            Part("old rate loses to tenfold",
                 lambda settings: (_ADAM_BATCH.up(0), _ADAM_BATCH.up(2))),
            Part("old rate loses to root rule",
                 lambda settings: (_ADAM_BATCH.up(0), _ADAM_BATCH.up(1))),
            Part("tenfold loses to root rule",
                 lambda settings: (_ADAM_BATCH.up(2), _ADAM_BATCH.up(1))),
            Part("SGD: old rate loses to tenfold",
                 lambda settings: (_SGD_BATCH.up(0), _SGD_BATCH.up(2)), networks="first"),
            Part("SGD: tenfold loses to root rule",
                 lambda settings: (_SGD_BATCH.up(2), _SGD_BATCH.up(1)), networks="first"),
        ),
        "the small batch's rate",
        "a tuned one",
        {
            HOLDS: "Tune the rate anew when you change the batch size.",
            NO_EFFECT: "Keep the rate when you change the batch size within tenfold.",
            MIXED: "Tune the rate anew after a change of the batch: it depends on the data.",
        },
    ),
    Claim(
        "s",
        "average of the weights",
        "An exponential average of the weights (EMA) beats the last weights.",
        (Part("last weights lose to EMA 0.99",
              lambda settings: (Side(), Side({"train.ema_momentum": 0.99}))),),
        "the last weights",
        "their exponential average",
    ),
    Claim(
        "t",
        "Muon",
        "Muon beats AdamW, on small networks too.",
        (Part("AdamW loses to Muon",
              # AdamW is Adam with a decay of its own: in Keras, 0.004.
              lambda settings: (
                  Side({"train.weight_decay": 0.004}),
                  Side({"train.optimizer": "muon"}, BEYOND_ADAM),
              )),),
        "AdamW",
        "Muon",
        {REVERSED: "Keep AdamW or Adam for small networks on tables."},
    ),
)  # fmt: skip

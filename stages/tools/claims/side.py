"""One of the two programs that a part of a claim compares."""

from dataclasses import dataclass, field, replace

from stages.lib.params.edits import Edit

# Learning rates that are tuned over: about half a decade apart, so that two steps are tenfold.
ADAM_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
SGD_RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
# Where a rate that another program chose is multiplied tenfold.
BEYOND_ADAM = (*ADAM_RATES, 0.1, 0.3)
BEYOND_SGD = (*SGD_RATES, 3.0, 10.0)


@dataclass(frozen=True)
class Side:
    """A program, as an edit of the claims' base program in some network, at some learning rates.

    Attributes:
        edit: keys of normalize and train; over those that the network sets.
        rates: those of which each replicate takes the one with the lowest validation loss. A
            single one: the rate is part of what is claimed.
        default: the rate of the untuned comparison, one of `rates`.
        shape: other hidden layers with as many weights as the network has: "one layer" or "two
            layers"; '': the network's own.
        follows: the program whose chosen rate this one takes instead of choosing, `steps` places
            up in `rates`.
        steps: as above; of its default rate too.
    """

    edit: Edit = field(default_factory=dict)
    rates: tuple[float, ...] = ADAM_RATES
    default: float = 0.001
    shape: str = ""
    follows: "Side | None" = None
    steps: int = 0

    def untuned(self) -> "Side":
        """The same at its default rate, which stands as many steps up as that of a program that
        follows another."""
        rate = self.default
        if self.follows is not None:
            rate = self.rates[self.rates.index(self.follows.default) + self.steps]
        return replace(self, rates=(rate,), default=rate, follows=None, steps=0)


def fixed(rate: float, **more: Edit | str) -> Side:
    """A program whose rate is part of what is claimed. more: as of a Side."""
    return Side(rates=(rate,), default=rate, **more)  # type: ignore[arg-type]

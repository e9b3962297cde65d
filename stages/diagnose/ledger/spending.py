"""How much of the error rate each test may spend."""

from dataclasses import dataclass

# The chance that a diagnosis names any cause that gains no more than the smallest gain that
# matters.
ALPHA = 0.05


@dataclass
class Spending:
    """An error rate spent test by test, in the order in which they are made.

    Each test gets half of what is left. One that rejects gives its level back, one that does not
    has spent it. No test gets more than the fallback procedure would give it (Wiens, A fixed
    sequence Bonferroni procedure, Pharmaceutical Statistics 2, 2003, 211-215), which keeps the
    chance of any false rejection below ALPHA whatever the hypotheses are and however many follow.
    Looking again with more seeds is a test of its own.
    """

    left: float = ALPHA

    def rejects(self, p_value: float) -> bool:
        """Make the next test: whether this one-sided p-value rejects at its level."""
        level = self.left / 2
        if p_value < level:
            return True
        self.left -= level
        return False

"""The waterfall: nothing that it draws is cut, and small bars can be read."""

import pytest

from stages.report.figures.waterfall import first_dwarfed
from stages.report.steps import Step, extent


def step(start: float, end: float, low: float | None = None, high: float | None = None) -> Step:
    return Step("a", "cause", start - end, start, end, low, high)


def test_the_axis_reaches_to_the_ends_of_the_whiskers():
    # 0.5 is taken off 1.0, give or take 0.7: the bar may end from -0.2 to 1.2.
    assert step(1.0, 0.5, -0.2, 1.2).whisker == pytest.approx((-0.2, 1.2))
    assert extent([step(0.0, 1.0), step(1.0, 0.5, -0.2, 1.2)]) == pytest.approx((-0.2, 1.2))
    assert extent([step(0.0, 0.4), step(0.4, 0.3)]) == (0.0, 0.4)


@pytest.mark.parametrize(
    ("ends", "first"),
    [
        ([6.0, 6.1, 0.6, 0.4, 0.4, 0.3], 2),
        # Too few to need one, and none that is large.
        ([6.0, 6.1, 0.6, 0.4], None),
        ([0.3, 0.2, 0.2, 0.1], None),
        # A large bar among them.
        ([6.0, 0.2, 5.0, 0.2, 0.1], None),
    ],
)
def test_bars_that_one_dwarfs_are_drawn_again(ends, first):
    assert first_dwarfed([step(0.0, end) for end in ends], 1.3) == first

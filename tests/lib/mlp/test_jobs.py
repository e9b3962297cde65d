"""Arms parted into jobs, and back."""

import pytest

from stages.lib.mlp.jobs import in_arms_order, parts_of


@pytest.mark.parametrize(
    ("arms", "most", "sizes"),
    [(0, 3, []), (1, 3, [1]), (3, 3, [3]), (4, 3, [2, 2]), (7, 3, [3, 2, 2])],
)
def test_parts_are_of_about_equal_size(arms, most, sizes):
    parts = parts_of(range(10, 10 + arms), most)
    assert [len(part) for part in parts] == sizes
    assert [arm for part in parts for arm in part] == list(range(10, 10 + arms))


def test_outcomes_are_in_the_arms_order_and_told_as_they_end():
    ended: list[int] = []

    def outcomes():
        yield ["c", "a"]
        assert ended == [2]
        yield ["b"]

    assert in_arms_order([[2, 0], [1]], outcomes(), ended.append) == ["a", "b", "c"]
    assert ended == [2, 1]


def test_a_job_that_lost_an_arm_is_no_answer():
    with pytest.raises(ValueError, match="zip"):
        in_arms_order([[0, 1]], iter([["a"]]), print)

"""The loss against the task: errors, warnings and notes."""

import pytest

from tests.diagnose.checks.programs import severity


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("binary loss=mean_squared_error", "warning"),
        ("binary loss=hinge output_activation=tanh", "warning"),
        ("binary loss=kl_divergence output_units=1 target_encoding=integer", "error"),
        ("three loss=kl_divergence output_activation=sigmoid", "error"),
        ("number loss=binary_crossentropy", "error"),
        ("number loss=hinge", "error"),
        ("number loss=poisson", "error"),
        ("number loss=cosine_similarity", "error"),
        ("number loss=mean_squared_error_of_all_pairs", "error"),
        ("number loss=quantile", "note"),
        ("binary loss=huber huber_delta=0.5", "warning"),
        ("binary loss=binary_focal_crossentropy", "warning"),
        ("three loss=categorical_focal_crossentropy", "warning"),
        ("three loss=cosine_similarity", "warning"),
        ("number loss=mean_absolute_error", "note"),
        ("number loss=mean_absolute_percentage_error", "note"),
        ("labels loss=categorical_crossentropy", "error"),
        ("labels loss=kl_divergence", "error"),
        ("labels loss=mean_squared_error", "warning"),
        ("labels loss=hinge output_activation=tanh", "warning"),
        ("numbers loss=binary_crossentropy", "error"),
    ],
)
def test_fires(case, expected):
    assert severity("loss_of_task", case) == expected


@pytest.mark.parametrize(
    "case",
    [
        "binary",
        "three loss=kl_divergence",
        "number loss=mean_squared_error",
        "labels",
    ],
)
def test_is_silent(case):
    assert severity("loss_of_task", case) is None

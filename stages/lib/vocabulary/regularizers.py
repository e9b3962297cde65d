"""Keras' regularizers of a kernel. A new one is one row; a new penalty is also a key of params.yaml
and one function of the same name in lib/mlp/penalties.py."""

from collections.abc import Mapping
from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Regularizer:
    """A class of keras.regularizers.

    Attributes:
        name: of the class.
        arguments: its factors and their defaults, under the names that they have in params.yaml;
            each is 0 where the class has no such argument.
    """

    name: str
    arguments: Mapping[str, float]


REGULARIZERS = by_name(
    Regularizer("L1", {"l1": 0.01}),
    Regularizer("L2", {"l2": 0.01}),
    Regularizer("L1L2", {"l1": 0.0, "l2": 0.0}),
)

# The factors of penalties, as params.yaml calls them.
PENALTIES = tuple(dict.fromkeys(key for row in REGULARIZERS.values() for key in row.arguments))

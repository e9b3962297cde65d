"""The networks in which a data set's programs are trained, by depth and activation.

Training every program in all twelve would take hours, so each data set has its own share of them,
in turn: every depth under relu, two depths under tanh and two under sigmoid, and two "own" ones,
among which all depths and activations come up over the data sets. An effect then holds over data
sets and networks, and what it varies by is of both.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stages.lib.params.edits import Edit

# The initializer that is usual for an activation, where a claim is not about it.
INITIALIZERS = {"relu": "he_normal", "tanh": "glorot_uniform", "sigmoid": "glorot_uniform"}


@dataclass(frozen=True)
class Network:
    """depth: hidden layers, all of the same width."""

    depth: int
    activation: str

    @property
    def label(self) -> str:
        return f"{self.activation}, {self.depth} deep"

    def edit(self, width: int) -> Edit:
        """What makes a program of this network; width: units a layer."""
        return {
            "train.layers": [width] * self.depth,
            "train.activation": self.activation,
            "train.kernel_initializer": INITIALIZERS[self.activation],
        }


Choice = Callable[[int, Sequence[int]], tuple[Network, ...]]


def _each(activation: str, depths: Sequence[int]) -> tuple[Network, ...]:
    return tuple(Network(depth, activation) for depth in dict.fromkeys(depths))


def _two(turn: int, depths: Sequence[int]) -> list[int]:
    """Two depths of a data set, the first of them in turn."""
    count = len(depths)
    return [depths[turn // 2 % count], depths[(turn // 2 + 2) % count]]


def _of_relu(turn: int, depths: Sequence[int]) -> Network:
    """A depth of a data set under relu, out of step with those of the other activations."""
    return Network(depths[(turn + turn // len(depths)) % len(depths)], "relu")


def _own(turn: int, depths: Sequence[int]) -> tuple[Network, ...]:
    other = ("tanh", "sigmoid")[turn % 2]
    return _of_relu(turn, depths), Network(_two(turn, depths)[0], other)


# By name, (turn of the data set, the settings' depths) -> its networks.
CHOICES: Mapping[str, Choice] = {
    "own": _own,
    "first": lambda turn, depths: (_of_relu(turn, depths),),
    "relu": lambda turn, depths: _each("relu", depths),
    "tanh": lambda turn, depths: _each("tanh", _two(turn, depths)),
    "sigmoid": lambda turn, depths: _each("sigmoid", _two(turn, depths)),
    "shallow": lambda turn, depths: (Network(min(depths), "relu"),),
    "deep": lambda turn, depths: _each("relu", sorted(depths)[-2:]),
}

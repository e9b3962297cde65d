"""The nearest curve that only rises, of which several checks tell whether a target follows one."""

import numpy as np


def rising_errors(mean: np.ndarray, count: np.ndarray) -> np.ndarray:
    """The squared error of the best rising curve through the first 0, 1, 2, ... means, float64
    [levels + 1]: pool adjacent violators, one mean after the other (Robertson, Wright, Dykstra,
    Order Restricted Statistical Inference, 1988, section 1.2)."""
    errors, blocks = [0.0], list[tuple[float, float, float]]()
    for value, weight in zip(mean.tolist(), count.tolist(), strict=True):
        block = (value, weight, 0.0)
        while blocks and blocks[-1][0] >= block[0]:
            other = blocks.pop()
            both = other[1] + block[1]
            pooled = (other[0] * other[1] + block[0] * block[1]) / both
            apart = other[1] * block[1] / both * (other[0] - block[0]) ** 2
            block = (pooled, both, other[2] + block[2] + apart)
        blocks.append(block)
        errors.append(sum(error for _, _, error in blocks))
    return np.array(errors)

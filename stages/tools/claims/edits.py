"""Edits that several claims and programs share."""

from stages.lib.params.edits import Edit


def normal(stddev: float) -> Edit:
    """Kernels drawn from a normal of mean 0."""
    return initializer({"name": "random_normal", "stddev": stddev})


def uniform(width: float) -> Edit:
    """Kernels drawn uniformly from -width to width."""
    return initializer({"name": "random_uniform", "minval": -width, "maxval": width})


def initializer(kernel: str | dict[str, str | float]) -> Edit:
    """Kernels drawn by this initializer."""
    return {"train.kernel_initializer": kernel}


def scaling(transform: str) -> Edit:
    """Every column of numbers scaled by this transform."""
    return {"normalize.features": transform, "normalize.binary": transform}

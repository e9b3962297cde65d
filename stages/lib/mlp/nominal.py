"""Nominal speeds of the engine, by which work is planned.

Planned by these and not by the clock, so that the same params give the same bytes on a busy
machine. `python -m tests.bench.engine` prints what a machine does, and
`python -m tests.bench.budget` how near a plan made of them comes.
"""

# Multiplications and additions a second on one core: of small networks, one or many, and of those
# whose products take at least so many multiplications a step and replica.
FLOPS, FLOPS_OF_LARGE = 15e9, 45e9
LARGE = 5e6
# What a step costs beside its arithmetic.
STEP_SECONDS = 15e-6
# Compiling one graph for one number of replicas.
COMPILE_SECONDS = 1.0


def step_seconds(weights: int, rows: int, replicas: int) -> float:
    """Seconds of one training step of so many replicas, of so many weights each, on so many rows:
    two operations a weight and row, forward and twice as many backward."""
    return STEP_SECONDS + 6.0 * weights * rows * replicas / _flops(weights, rows)


def evaluation_seconds(weights: int, rows: int, replicas: int) -> float:
    """Seconds of the outputs of so many replicas for so many rows."""
    return 2.0 * weights * rows * replicas / FLOPS


def _flops(weights: int, rows: int) -> float:
    return FLOPS_OF_LARGE if weights * rows >= LARGE else FLOPS

"""TensorFlow, imported quietly and set to run the same way every time."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from stages.lib.core.errors import UserError
from stages.lib.params import FILE

# Both must stand before the import. 3: not even errors. What TensorFlow cannot do it raises; what
# it logs beside that is of graph optimizers that stepped back, or, of several processes, the loss
# of another from every thread that notices, and workers.py says that once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Compiling a graph takes a third less time so, and its steps run as fast: what is left of an epoch
# beside the matrix products is too simple for the expensive passes. The last one: a fast minimum or
# maximum of NaN and a number is the number, so a clip would hide that a fit diverged.
XLA_FLAGS = (
    "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1"
    " --xla_cpu_enable_fast_min_max=false"
)
os.environ["XLA_FLAGS"] = f"{XLA_FLAGS} {os.environ.get('XLA_FLAGS', '')}".strip()


@contextlib.contextmanager
def _quiet_stderr() -> Iterator[None]:
    """Hold back what C++ code writes to file descriptor 2; show it if the block fails.

    At import TensorFlow writes lines on oneDNN and CUDA before its log level applies. They would
    stand above every error message of ours.
    """
    sys.stderr.flush()
    keep = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(keep, held.read())
            raise
        finally:
            os.dup2(keep, 2)
            os.close(keep)


__all__ = ["GPU_OPERATIONS", "Tensor", "configure", "on_gpu", "tf"]

with _quiet_stderr():
    import tensorflow as tf

# TensorFlow has no usable types: a tensor, whose dtype and shape the docstrings state.
Tensor = Any

# Operations of a step from which `auto` takes a GPU. Below, a step of the CPU is over in less than
# ten milliseconds, of which starting a GPU's kernels and moving the batch to it take a good part.
# Reasoned, not measured.
GPU_OPERATIONS = 1e9

# Its warnings speak of our code to a user who cannot change it: each group of arms is traced once.
tf.get_logger().setLevel("ERROR")


def configure(threads: int, device: str = "cpu", operations: float = 0.0) -> None:
    """Set the number of threads of TensorFlow's numerical kernels, and the device; call it before
    the first op. `device` is auto, cpu or gpu, `operations` how many a training step takes.

    Operators run one after the other (one inter-op thread): for networks of some thousand
    weights, handing work between threads costs more than the work. Kernels that could add in a
    different order at each run are refused, so the same params give the same bytes. Raises
    UserError where a GPU is asked for and TensorFlow sees none.
    """
    with _quiet_stderr():
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        tf.config.experimental.enable_op_determinism()
        gpus = tf.config.list_physical_devices("GPU") if device != "cpu" else []
    # Outside such a block: what it shows of CUDA when it fails would stand above the one line.
    wanted = on_gpu(device, operations, len(gpus))
    with _quiet_stderr():
        if wanted:
            for gpu in gpus:
                tf.config.experimental.set_memory_growth(gpu, True)
        else:
            tf.config.set_visible_devices([], "GPU")


def on_gpu(device: str, operations: float, gpus: int) -> bool:
    """Whether to compute on a GPU: where there is one, and the steps are large or it is asked for.

    Raises UserError for `gpu` without one.
    """
    if device == "gpu" and not gpus:
        raise UserError(f"{FILE}: train.device", "auto or cpu, since TensorFlow sees no GPU", "gpu")
    return bool(gpus) and (device == "gpu" or (device == "auto" and operations >= GPU_OPERATIONS))

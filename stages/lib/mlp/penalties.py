"""The arithmetic of penalties, by the keys of lib/vocabulary/regularizers.py."""

from collections.abc import Callable

from stages.lib.mlp.runtime import Tensor, tf

# Of a kernel, element by element; a penalty is its factor times their sum. The slope of |w| at 0 is
# 0, as TensorFlow has it.
PENALTIES: dict[str, Callable[[Tensor], Tensor]] = {"l1": tf.abs, "l2": tf.square}

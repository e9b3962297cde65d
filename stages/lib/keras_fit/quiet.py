"""Keras, imported after TensorFlow was, quietly."""

from stages.lib.mlp.runtime import tf

import keras  # isort: skip

__all__ = ["keras", "tf"]

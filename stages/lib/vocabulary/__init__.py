"""What the names in params.yaml mean: one frozen row for each, free of TensorFlow.

A row holds every fact about its name: what Keras calls it, its defaults, its range, what it asks
of the data, how a script spells it. `lib/mlp` holds only the arithmetic, under the same keys.
"""

"""The second stage: the raw splits as float32 matrices, scaled by a state fitted on training."""

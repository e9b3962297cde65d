"""The third stage: train the network, keep its weights, predictions, history and probes."""

"""The trained network at work: predictions for new rows, and a Keras model to deploy."""

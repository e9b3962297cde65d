"""The fourth stage: metrics and plot tables from the written predictions, without TensorFlow."""

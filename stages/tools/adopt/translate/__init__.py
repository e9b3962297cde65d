"""What was captured, in the words of params.yaml."""

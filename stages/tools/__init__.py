"""What stands beside the pipeline: commands that a person runs."""

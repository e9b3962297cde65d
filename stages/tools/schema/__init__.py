"""The schema by which an editor completes and checks params.yaml."""

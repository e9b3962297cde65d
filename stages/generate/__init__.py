"""The first stage: a table from a scenario, a bundled data set or a file, split, with its card."""

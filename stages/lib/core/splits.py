"""The parts of every data set."""

# The parts of every data set, in the order of every file and table.
SPLITS = ("train", "validation", "test")

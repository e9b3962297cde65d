"""A prescription as a patch of the user's own script, made without running it."""

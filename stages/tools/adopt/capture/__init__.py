"""Runs in the user's own process, beside their script."""

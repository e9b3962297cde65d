"""Held-out rows that stand among the training rows, again or all but: what they cost says how well
training rows are remembered, and nothing of new ones."""

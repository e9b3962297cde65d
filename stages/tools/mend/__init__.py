"""Prescription after prescription, each run in a copy of the workspace.

copy.py    the copy, and how commits and experiments come back from it
chain.py   the rounds, and why they end
judge.py   the last program beside the first, at fresh seeds
text.py    what is printed
"""

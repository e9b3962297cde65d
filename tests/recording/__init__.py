"""The terminal of a walk through the committed default, as an animated picture.

python -m tests.recording    runs the commands in a clone of its own, and writes reports/walk.svg
"""

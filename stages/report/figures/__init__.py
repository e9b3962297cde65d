"""The figures of the page: each file is one, and its `FIGURE` says in which section it stands.

A new figure is one new file here; `gallery.py` finds it.
"""

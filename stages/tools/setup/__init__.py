"""What a clone of the repository needs once: git's and DVC's settings, and a look at its cache.

The rooms:

    clone.py   the merge driver and the DVC remote
    cache.py   the objects that dvc.lock names, hashed again
"""

"""A grid of settings, trained beside each other as the diagnosis trains its edits.

The rooms:

    grid.py         the settings, from values as `dvc exp run -S` takes them
    store.py        what was trained, kept so that a killed sweep goes on
    table.py        the settings by their validation loss, with intervals over seeds
    experiments.py  the best of them as DVC experiments
"""

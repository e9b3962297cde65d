"""Takes a user's own Keras script, or a saved model and a table, into params.yaml and data/inputs/.

A script runs in a process of its own (runner.py, intercept.py), up to its first `fit`. What that
process hands over are Keras' configurations and plain arrays, which are read as a stranger's data
(received.py) and translated into the words of params.yaml (chain.py, compiled.py, target.py).
"""

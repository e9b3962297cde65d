"""Takes a user's own Keras script, or a saved model and a table, into params.yaml and data/inputs/.

capture.py runs in the script's own process, up to its `fit`. What it leaves is a bundle of Keras'
configurations and plain arrays, which translate/ reads as a stranger's data and puts into the words
of params.yaml.
"""

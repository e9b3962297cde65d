"""Takes a user's own Keras script, or a saved model and a table, into params.yaml and data/inputs/.

capture/ runs in the script's own process, up to its first `fit`. What that process hands over are
Keras' configurations and plain arrays, which translate/ reads as a stranger's data and puts into
the words of params.yaml.
"""

"""The multi-layer perceptron: many fits ("replicas") at once, in plain TensorFlow.

Every tensor leads with the replica axis R; R = 1 trains the user's model. The files, from the
ground up:

    runtime.py       TensorFlow's threads and its import
    streams.py       random streams keyed by (seed, purpose, epoch, step), never by position in R
    initializers.py  the arithmetic of initial weights            (numpy)
    activations.py   ... of activations
    losses.py        ... of trained losses
    optimizers.py    ... of optimizers
    schedules.py     ... of learning-rate schedules               (numpy)
    network.py       the layers, their flat parameter vector, the forward pass
    link.py          outputs as class probabilities or target values, and the proper loss (numpy)
    weights.py       train.class_weight as a number for each class (numpy)
    shuffle.py       the order of the rows in an epoch, of tables of any size (numpy)
    peers.py         waiting for the other processes of a team
    workers.py       several processes on one training
    batches.py       an epoch's rows and dropout bits, prefetched (numpy)
    step.py          what is compiled: the steps of a block, and evaluation
    epoch.py         R replicas and their epochs
    probes.py        activation and gradient statistics by layer
    fit.py           epochs, early stopping, divergence, history
    program.py       the train section of params.yaml as something to run
    backends.py      where jobs run
    arms.py          many programs at once, grouped by compiled graph
    saved.py         a trained network from its files
    keras_model.py   and as a Keras model that takes raw rows

Names, classes and defaults of Keras stand in lib/vocabulary; here is only the arithmetic, under the
same keys. This package and lib/keras_fit are the only places that import tensorflow.
"""

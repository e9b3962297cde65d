"""The multi-layer perceptron: many fits ("replicas") at once, in plain TensorFlow.

Every tensor leads with the replica axis R; R = 1 trains the user's model. The rooms, from the
ground up:

    streams.py       random streams keyed by (seed, purpose, epoch, step), never by position in R
    initializers.py  the table of initial weights            (numpy)
    activations.py   the table of activations
    losses.py        the table of trained losses
    contract.py      loss, output layer and target encoding, matched to the task
    optimizers.py    the table of optimizers
    schedules.py     the table of learning-rate schedules    (numpy)
    network.py       the layers, their flat parameter vector, the forward pass
    link.py          outputs as class probabilities or target values, and the proper loss (numpy)
    shuffle.py       the order of the rows in an epoch, of tables of any size (numpy)
    meeting.py       waiting for the other processes of a team
    workers.py       several processes on one training
    batches.py       an epoch's rows and dropout bits, gathered ahead (numpy)
    step.py          what is compiled: the steps of a block, and evaluation
    epoch.py         R replicas and their epochs
    probes.py        activation and gradient statistics by layer
    fit.py           epochs, early stopping, divergence, history
    program.py       the train section of params.yaml as something to run
    arms.py          many programs at once, grouped by compiled graph
    saved.py         a trained network from its files
    keras_model.py   and as a Keras model that takes raw rows
    runtime.py       TensorFlow's threads and its import

This package is the only place that imports tensorflow.
"""

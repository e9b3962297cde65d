"""Programs that are no chain of layers: Keras models of built-in layers, as data, trained by Keras'
own `fit`.

    layers.py         the classes that a model may be made of, and what edits may change of each
    configuration.py  a model's configuration, checked as a stranger's data
    graph.py          the layers of a configuration, and which of them end it
    model.py          the file that train.model.file names
    edit.py           edits of a configuration
    facts.py          what of a model decides which edits are worth a trial
    program.py        the section train with its model as a program
    build.py          a configuration as a Keras model
    compiled.py       optimizer, loss and callbacks, from the same rows as the engine's
    fit.py            one fit, and what it leaves
    arms.py           many programs, in processes, and what they take
    saved.py          network.json of such a program
    deployed.py       a trained model put to use
    quiet.py          Keras, imported after TensorFlow was

What reads and edits files (layers.py to model.py, facts.py) imports no Keras.
"""

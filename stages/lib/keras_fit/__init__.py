"""Programs that are no chain of layers: Keras models of built-in layers, as data, trained by Keras'
own `fit`.

    layers.py         the classes that a model may be made of, and what edits may change of each
    configuration.py  a model's configuration, checked as a stranger's data
    graph.py          the layers of a configuration, and which of them end it
    model.py          the file that train.model.file names
    edit.py           edits of a configuration
    program.py        the section train with its model as a program
    build.py          a configuration as a Keras model
    compiled.py       optimizer, loss and callbacks, from the same rows as the engine's
    fit.py            one fit, and what it leaves
    arms.py           many programs, in processes, and what they take
    saved.py          network.json of such a program

Only build.py, compiled.py, fit.py and what imports these import Keras.
"""

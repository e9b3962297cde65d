"""What params.yaml says, as the lines of a Keras script: a program before an edit and after it.

    program.py  what is printed, with `auto` settled
    calls.py    how Python writes a call and a value
    inputs.py   gaps and scales of the inputs and the target, encoding of the classes
    layers.py   hidden layers and output layer
    compile.py  loss and optimizer
    fit.py      the call of fit
    parts.py    all of them in the order of a script, and what an edit changes

Keras' names and defaults are those of lib/vocabulary.
"""

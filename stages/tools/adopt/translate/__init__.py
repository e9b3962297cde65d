"""What was captured, in the words of params.yaml.

    run_script.py    a script in a process of its own, up to its fit
    captured.py      what comes back: its schema, and the arrays
    bundle.py        a bundle, read and checked
    older_keras.py   what tf.keras 2 writes, as Keras 3 does
    keras_object.py  a Keras object as data
    adopted.py       a script: table, edits of params.yaml, and an account of both
    saved_model.py   the same of a .keras file and a table
    chain.py         the model's layers as a network, of
        blocks.py        dense layers and what follows each
        layers.py        which layers there may be
        activations.py, initializers.py
    loss.py, optimizer.py, schedule.py, fit.py, target.py: what compile and fit were given
    table.py         the rows as one table
    spellings.py     older spellings, and how they are written today
    places.py        where the script makes its calls
    edit_params.py   params.yaml edited, comments kept
    write.py         the files of an adoption
    summary.py       the same for a terminal

Keras' names are looked up in lib/vocabulary; there is no other table of them.
"""

"""The interventions: small edits of params.yaml that could lower the held-out loss.

A new one is one function in the file of what it edits: see `entry.py`. Its families are those of
the keys that it changes, which stand in the schema of params.yaml. What an edit does is never
assumed; every edit is trained beside the program as it is.

    entry.py           what an intervention is: `@intervention(order, rank, why)`
    table.py           all of them, in their order
    candidates.py      the edits that apply to one program
    contract.py        loss, output and target encoding
    scales.py          inputs and targets
    initialization.py  initializers and hidden activations
    optimizer.py       optimizer, learning rate, schedule, clipping
    steps.py           batches, epochs, early stopping
    regularization.py  dropout and penalties
    capacity.py        layers and units
"""

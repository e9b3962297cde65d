"""What loss is possible: the floor of the data, and whether there is anything to learn at all.

Where the law of the data is known, the card states the floor. Elsewhere a few reference models
stand in for it: what one of them reaches on rows that nothing was fitted on, a network can be
asked to reach too. Such a figure is an upper bound of the floor: the true floor lies at or below.

    rows.py         the splits, encoded alike for all references
    predictors.py   a fitted reference, and its loss row by row
    references.py   the table of reference models; a new one is one entry
    choice.py       the reference with the smallest cross-validated loss
    permutation.py  p-values of predictions, and the orders of rows that they rest on
    signal.py       whether any reference beats a shuffle of the target
    estimate.py     chance, floor and signal of a run
"""

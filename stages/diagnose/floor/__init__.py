"""What loss is possible: the floor of the data, and whether there is anything to learn at all.

Where the law of the data is known, the card states the floor. Elsewhere a few reference models
stand in for it: what one of them reaches on rows that nothing was fitted on, a network can be
asked to reach too. Such a figure is an upper bound of the floor: the true floor lies at or below.
"""

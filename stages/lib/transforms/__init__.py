"""Column-wise transforms with readable state, shared by the stages that scale and unscale.

columns.py holds the table of transforms; frame.py turns a whole table into the network's input
matrix and back; shift.py says how far two splits of a column lie apart. Fitting needs scikit-learn,
applying a fitted state does not.
"""

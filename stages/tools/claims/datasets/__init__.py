"""The data sets on which the advice is judged: real tables, drawn ones, and some made of these."""

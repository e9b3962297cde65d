"""Which edits lower the held-out loss, line by line, until what is left is accounted for.

Three kinds of evidence are kept apart, so that luck cannot be counted twice: edits are *chosen* on
the validation rows at the screening seeds, and *judged* on the test rows at fresh seeds.
"""

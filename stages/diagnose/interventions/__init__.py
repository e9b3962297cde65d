"""The interventions: small edits of params.yaml that could lower the held-out loss.

A new one is one function in the file of what it edits: see `entry.py`. Its families are those of
the keys that it changes, which stand in the schema of params.yaml. What an edit does is never
assumed; every edit is trained beside the program as it is.
"""

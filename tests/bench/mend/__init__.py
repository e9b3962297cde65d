"""Mend: where a chain of prescriptions ends, beside gradient boosting on the same rows."""

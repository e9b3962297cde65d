"""Loss Ledger: a DVC pipeline that says why a loss is high."""

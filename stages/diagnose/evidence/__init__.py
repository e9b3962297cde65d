"""What the page shows beside the ledger: where the losses of its programs lie, seed by seed, epoch
by epoch, row by row and column by column. Nothing here decides anything."""

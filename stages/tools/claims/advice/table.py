"""All claims by their letters. A new file of claims is one entry of GROUPS."""

from stages.tools.claims.advice import (
    architecture,
    initialization,
    inputs,
    losses,
    optimization,
    overfitting,
)
from stages.tools.claims.advice.claim import Claim

GROUPS = (initialization, inputs, optimization, overfitting, losses, architecture)
CLAIMS: tuple[Claim, ...] = tuple(
    sorted((claim for group in GROUPS for claim in group.CLAIMS), key=lambda claim: claim.letter)
)

"""Several networks in place of one."""

from collections.abc import Iterator

from stages.diagnose.interventions.entry import Facts, Rank, intervention
from stages.lib.params.edits import Edit, Sections

# As many as Lakshminarayanan, Pritzel and Blundell train (Simple and scalable predictive
# uncertainty estimation using deep ensembles, NIPS 2017): of a loss's variance a fifth is left.
MEMBERS = 5


@intervention(400, Rank.SEVERAL_NETWORKS, "what is the luck of one network's seed averages out")
def ensemble(sections: Sections, facts: Facts) -> Iterator[Edit]:
    train = sections["train"]
    alike = facts.model is not None or train["initial_weights"] is not None
    # What diverges is to be mended, and a search without time for all steps has none for five fits.
    if train["members"] == 1 and not (alike or facts.unstable or facts.short):
        yield {"train.members": MEMBERS}

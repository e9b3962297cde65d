"""The few numbers of a diagnosis that DVC's tables show."""

from typing import Any

from stages.lib.diagnosis.schema import Diagnosis

FILE = "reports/ledger.json"


def headline(diagnosis: Diagnosis) -> dict[str, Any]:
    """The leading account in a dozen numbers, for `dvc exp show` and `dvc metrics diff`.

    Returns:
        loss: mean over seeds, in the task's unit. after: the same with the edits. floor: what it is
        held against. left: `after` less the floor. gain: what each cause brings, by its families.
        errors: checks that fire at error level.
    """
    account = diagnosis.lead
    return {
        "loss": account.loss.baseline,
        "after": account.loss.after,
        "floor": account.loss.floor,
        "left": account.loss.unexplained,
        "gain": {"+".join(line.families): line.amount for line in account.causes},
        "errors": sum(check.severity == "error" for check in diagnosis.checks),
    }

"""The fifth stage: what the held-out loss is made of, which edit removes which part, by proof.

In the order in which `diagnosis.py` calls them:

    plan.py           how many rows fit into diagnose.seconds
    floor/            chance, floor (exact or bound) and the test for any signal
    checks.py         contract checks of data and program, static and free
    symptoms.py       the table of symptoms read from probes and history
    interventions/    the table of interventions: small edits of params.yaml
    ledger/           which edits are accepted, line by line, until the loss is accounted for
    verdicts.py       confirmed, suspected, ruled out or undecided, family by family
    prescription.py   the accepted edits as old -> new, and as one command
    show.py           a command that prints the summary again
"""

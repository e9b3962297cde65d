"""The fifth stage: what the held-out loss is made of, which edit removes which part, by proof.

In the order in which `diagnosis.py` calls them:

    plan.py           how many rows fit into diagnose.seconds
    floor/            chance, floor (exact or bound) and the test for any signal
    findings.py       what a check and a symptom are, and what they find
    checks/           contract checks of data and program, static and free, one a file
    symptoms/         symptoms read from probes, history and predictions, one a file
    interventions/    the table of interventions: small edits of params.yaml
    ledger/           which edits are accepted, line by line, until the loss is accounted for
    verdicts.py       confirmed, suspected, ruled out or undecided, family by family
    prescription.py   the accepted edits as old -> new, and as one command
    show.py           a command that prints the summary again
    explain.py        a command that says what the code of a finding means
"""

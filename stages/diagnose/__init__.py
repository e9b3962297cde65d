"""The fifth stage: what the held-out loss is made of, which edit removes which part, by proof.

The rooms, in the order in which `diagnosis.py` calls them:

    subject.py        the run under diagnosis, as plain values
    folds.py          further divisions of a small table's rows
    plan.py           how many rows fit into diagnose.seconds
    findings.py       what a check and a symptom are, and what they find
    checks/           contract checks of data and program, static and free, one a file
    floor.py          chance, floor (exact or bound) and the test for any signal
    symptoms/         symptoms read from probes, history and predictions, one a file
    interventions.py  the table of interventions: small edits of params.yaml
    program.py        the program as sections of params.yaml, and edits of them
    trials.py         edits trained beside the baseline, on the same seeds
    statistics.py     paired intervals and Holm's correction
    ledger.py         which edits are accepted, line by line, until the loss is accounted for
    verdicts.py       confirmed, suspected, ruled out or undecided, family by family
    prescription.py   the accepted edits as old -> new, and as one command
    summary.py        the diagnosis in at most 25 lines
    schema.py         the name and version of diagnosis.json
    show.py           a command that prints the summary again
    explain.py        a command that says what the code of a finding means
"""

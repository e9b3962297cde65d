"""The common advice on high loss, measured claim by claim.

    params.yaml        every number of it: seeds, rows, epochs, depths, the program that is varied
    settings.py        its schema
    advice.py          the table of claims: who is compared with whom, and under which conditions
    experiment.py      trains all of it at once and gives each condition's paired effect
    verdicts.py        from effects to a verdict
    programs.py        the three programs that the advice comes with, on the engine
    keras_programs.py  and as plain Keras
    text.py            reports/claims.md
    figures.py         a figure a claim

A new claim is one entry of CLAIMS in advice.py. It runs by a pipeline of its own, `dvc repro
stages/tools/claims/dvc.yaml`.
"""

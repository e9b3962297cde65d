"""The common advice on high loss, measured claim by claim.

    params.yaml        every number of it: seeds, rows, epochs, depths; and where the program that
                       is varied differs from the repository's params.yaml
    settings.py        its schema
    advice/            the claims: who is compared with whom, and under which conditions
    world.py           tables of a scenario of known floor
    experiment.py      trains programs on each replicate of a world
    measures.py        what is compared: losses, gradients, copies of units
    effect.py          each condition's paired effect
    verdicts.py        from effects to a verdict
    programs.py        the three programs that the advice comes with, on the engine
    keras_programs.py  and as plain Keras
    measure.py         all of it, as reports/claims.json
    text.py            reports/claims.md
    figures.py         a figure for each claim

A new claim is one entry of CLAIMS in a file of `advice/`. It runs by a pipeline of its own, `dvc
repro stages/tools/claims/dvc.yaml`.
"""

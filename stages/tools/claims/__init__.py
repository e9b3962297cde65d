"""The common advice on high loss, measured claim by claim.

A new claim is one entry of CLAIMS in a file of `advice/`. It runs by a pipeline of its own, `dvc
repro stages/tools/claims/dvc.yaml`.
"""

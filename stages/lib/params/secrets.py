"""What a password or key looks like, and what a key of params.yaml that holds one is called.

params.yaml and dvc.lock go to git, which forgets nothing: no place for a secret.
"""

import re

# Keys of a mapping.
SECRET_KEY = re.compile(
    r"password|passwd|passphrase|secret|credential|(?:^|_)token$|api_?key|access_?key|private_?key",
    re.IGNORECASE,
)
# Text: keys of AWS and of GitHub, a private key, a password in a URL.
SECRET = re.compile(
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{30}|-----BEGIN [A-Z ]*KEY|://[^\s/:@]*:[^\s/@]+@"
)
# What a message says of one: expected, and the hint.
NOT_HERE = "no password or key here, where git keeps it"
ELSEWHERE = "give it by the environment"

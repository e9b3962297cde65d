"""Print the last diagnosis again.

python -m stages show: the summary of reports/diagnosis.json, without any training.

A pipeline that is up to date runs nothing, and prints nothing of what it found before.
"""

import sys

from stages.lib.core.command import no_arguments, run_command
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.summary import in_colour, summary


def main() -> None:
    no_arguments("python -m stages show", __doc__)
    print(summary(schema.read(), in_colour(sys.stdout)))


if __name__ == "__main__":
    run_command(main)

"""python -m stages.diagnose.show: the summary of reports/diagnosis.json, without any training.

A pipeline that is up to date runs nothing, and prints nothing of what it found before.
"""

from stages.lib.core.command import run_stage
from stages.lib.diagnosis import schema
from stages.lib.diagnosis.summary import summary


def main() -> None:
    print(summary(schema.read()))


if __name__ == "__main__":
    run_stage(main)

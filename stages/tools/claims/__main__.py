"""Measure the common advice on high losses.

python -m stages claims: reports/claims.json, reports/claims.md and a figure a claim. Killed and run
again, it goes on.
"""

import os
import sys

# TensorFlow reports, as an error, an option of Keras' input pipeline that it does not know and can
# do without; a line each fit. What goes wrong still raises.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

from tqdm import tqdm

from stages.lib.core.atomic import replaced_folder, write_text
from stages.lib.core.command import run_stage
from stages.lib.core.json_files import write_json
from stages.lib.mlp import runtime
from stages.lib.params.agreement import check_backend
from stages.tools.claims import settings
from stages.tools.claims.figures import draw_claim, draw_programs
from stages.tools.claims.measure import measure
from stages.tools.claims.plan import Planned, estimate
from stages.tools.claims.programs import keras_seconds
from stages.tools.claims.text import markdown, summary

# Seconds between two lines of progress in a file.
LOGGED_EVERY = 30.0


def main() -> None:
    content = settings.read()
    checked = settings.check(content)
    check_backend(checked.backend)
    runtime.configure(checked.train.threads)
    seconds = 0.1 if sys.stderr.isatty() else LOGGED_EVERY
    with tqdm(desc="claims", unit="fit", mininterval=seconds) as bar:

        def on_plan(planned: list[Planned]) -> None:
            bar.reset(total=sum(entry.cell.fits for entry in planned))
            print(estimate(planned, keras_seconds(checked)), file=sys.stderr, flush=True)

        claims = measure(content, checked, checked.backend, on_plan, bar.update)
    with replaced_folder("reports/claims") as folder:
        draw_programs(folder / "programs.svg", claims["programs"])
        for claim in claims["claims"]:
            draw_claim(folder / f"{claim['letter']}.svg", claim)
    write_text("reports/claims.md", markdown(claims))
    write_json("reports/claims.json", claims)
    print(summary(claims))


if __name__ == "__main__":
    run_stage(main, "claims", removed_by_dvc=True)

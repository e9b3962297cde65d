"""Write the JSON Schema by which an editor checks params.yaml.

python -m stages schema: stages/lib/params/params.schema.json, which params.yaml's first line names.

To be run when a key, a name of the vocabulary, a scenario or a bundled data set was added.
"""

from collections.abc import Collection, Mapping

from stages.generate.bundled import BUNDLED
from stages.generate.scenarios import SCENARIOS
from stages.lib.core.command import no_arguments, run_command
from stages.lib.core.json_files import write_json
from stages.lib.params.schema_json import FILE, json_schema

# Keys whose value is an entry of a stage's table. lib/params knows no stage, so it takes any text
# for them; the stage itself checks the name.
NAMES: Mapping[str, Collection[str]] = {
    "data.synthetic.scenario": SCENARIOS,
    "data.bundled.dataset": BUNDLED,
}


def main() -> None:
    no_arguments("python -m stages schema", __doc__)
    write_json(FILE, json_schema(NAMES))
    print(f"{FILE.name} written")


if __name__ == "__main__":
    run_command(main)

"""Export the trained network as a Keras model.

python -m stages export [FILE.keras]: the trained network for deployment.

Writes a Keras model with the normalization inside it: it takes raw rows and gives what the
pipeline predicts. A .keras file holds the date it was written, so it is never byte-identical and
no output of the pipeline; nothing here reads one. Default: data/export/model.keras.
"""

from stages.lib.core.atomic import replace_file
from stages.lib.core.command import command_line, run_command
from stages.lib.mlp import runtime
from stages.tools.deploy.destination import destination
from stages.tools.deploy.model import read_model


def main() -> None:
    parser = command_line("python -m stages export", __doc__)
    parser.add_argument("file", nargs="?", default="data/export/model.keras")
    file = destination(parser.parse_args().file, ".keras", "FILE")
    runtime.configure(1)
    trained = read_model()
    state = trained.state
    model = trained.keras()
    replace_file(file, model.save)
    for tensor in model.inputs:
        columns = [
            column.name
            for column in state.columns
            if (column.kind == "categorical") == (tensor.name == "categorical")
        ]
        print(f"{tensor.name}: {tensor.dtype} [rows, {len(columns)}]: {', '.join(columns)}")
    print(f"wrote {file}")


if __name__ == "__main__":
    run_command(main)

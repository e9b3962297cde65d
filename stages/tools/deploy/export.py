"""Export the trained network as a Keras model.

python -m stages export [FILE.keras]: the trained network for deployment.

Writes a Keras model with the normalization inside it: it takes raw rows and gives what the
pipeline predicts. A .keras file holds the date it was written, so it is never byte-identical and
no output of the pipeline; nothing here reads one. Default: data/export/model.keras.
"""

from pathlib import Path

from stages.lib.core.array_files import read_arrays
from stages.lib.core.command import command_line, run_command
from stages.lib.core.errors import UserError, shown
from stages.lib.mlp import runtime
from stages.lib.mlp.keras_model import keras_model
from stages.lib.mlp.saved import read_network
from stages.lib.transforms.stored import read_state


def main() -> None:
    parser = command_line("python -m stages export", __doc__)
    parser.add_argument("file", nargs="?", default="data/export/model.keras")
    file = Path(parser.parse_args().file)
    inside = (Path.cwd() / file).resolve().is_relative_to(Path.cwd().resolve())
    if file.suffix != ".keras" or not inside:
        raise UserError("", "a .keras file below this repository", shown(str(file)))
    trained = read_network("data/model/network.json")
    network, contract = trained.network, trained.contract
    arrays = read_arrays("data/model/weights.npz", network.arrays | network.moving_arrays)
    state = read_state()
    runtime.configure(1)
    model = keras_model(network, contract, arrays, state)
    file.parent.mkdir(parents=True, exist_ok=True)
    model.save(file)
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

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
    columns = {
        tensor.name: [
            column.name
            for column in state.columns
            if (column.kind == "categorical") == (tensor.name == "categorical")
        ]
        for tensor in model.inputs
    }
    for tensor in model.inputs:
        names = columns[tensor.name]
        print(f"{tensor.name}: {tensor.dtype} [rows, {len(names)}]: {', '.join(names)}")
    print(f"wrote {file}")
    print(f"in Python, for a DataFrame of such columns:\n{usage(str(file), columns)}")


def usage(file: str, columns: dict[str, list[str]]) -> str:
    """The lines of Python that predict the rows of a DataFrame.

    Args:
        file: of the model.
        columns: the names of the columns that each of its inputs takes, in their order.
    """
    lines = [f"model = keras.models.load_model({file!r})"]
    for name, names in columns.items():
        rows = f"frame[{names!r}]"
        # Keras' predict refuses text of NumPy and pandas.
        text = f'keras.ops.convert_to_tensor({rows}.fillna("").to_numpy(str))'
        taken = text if name == "categorical" else f'{rows}.to_numpy("float64")'
        lines.append(f"{name} = {taken}")
    inputs = ", ".join(columns)
    lines.append(f"model.predict({f'[{inputs}]' if len(columns) > 1 else inputs})")
    return "\n".join(f"    {line}" for line in lines)


if __name__ == "__main__":
    run_command(main)

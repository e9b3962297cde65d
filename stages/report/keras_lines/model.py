"""What an edit of a Keras model changes in the script's layers, said in comments: the script makes
them, each in a line of its own."""

from stages.report.keras_lines.calls import literal
from stages.report.keras_lines.layers import initializer_argument
from stages.report.keras_lines.program import Program


def model_lines(program: Program) -> list[str]:
    """A line for each edit that is made."""
    edits = program.train["model"]
    lines = []
    if edits["activation"] is not None:
        lines.append(f"# each hidden layer: activation={literal(edits['activation'])}")
    if edits["kernel_initializer"] is not None:
        given = initializer_argument(edits["kernel_initializer"])
        lines.append(f"# each layer with a kernel: kernel_initializer={given}")
    if edits["dropout"] is not None:
        lines.append(f"# each layer with dropout: a rate of {edits['dropout']!r}")
    if edits["l2"] is not None:
        given = f"keras.regularizers.L2({edits['l2']!r})" if edits["l2"] else "None"
        lines.append(f"# each layer with a kernel: kernel_regularizer={given}")
    if edits["output_activation"] is not None:
        lines.append(f"# the output layer: activation={literal(program.contract.activation)}")
    if edits["width"] is not None:
        lines.append(f"# each layer but the last: {edits['width']:g} times the units or filters")
    return lines

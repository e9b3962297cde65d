"""Lines that average the predictions of several networks."""

from stages.report.keras_lines.inputs import target_scaler_of
from stages.report.keras_lines.program import Program


def ensemble_lines(program: Program) -> list[str]:
    """What so many networks predict on average, in a script with a list of them; nothing of one.
    Probabilities are averaged, not logits, and targets in their own units."""
    members = program.train["members"]
    if members == 1:
        return []
    rows = "x_val" if program.has_validation else "x_train"
    predicted = f"model.predict({rows})"
    if program.contract.source_of_logits == "outputs":
        link = "softmax" if program.contract.loss_row.of_one_class else "sigmoid"
        predicted = f"keras.ops.{link}({predicted})"
    elif target_scaler_of(program):
        predicted = f"target_scaler.inverse_transform({predicted})"
    return [
        f"# models: a list of {members}, each made, compiled and fitted anew as the one model is",
        f"predicted = np.mean([{predicted} for model in models], axis=0)",
    ]

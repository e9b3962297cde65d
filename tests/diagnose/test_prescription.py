"""The prescription as a command."""

from stages.diagnose.prescription import command, overrides


def test_command_is_quoted_for_a_shell():
    edit = {"train.layers": [64, 32], "train.clip.value": None, "train.loss": "auto"}
    assert command(edit) == (
        "dvc exp run -S 'train.layers=[64, 32]' -S train.clip.value=null -S train.loss=auto"
    )


def test_a_mapping_takes_the_place_of_the_one_that_is_there():
    """Hydra merges a mapping into an older one unless that is taken away first."""
    edit = {"normalize.columns": {"age": "none"}}
    assert overrides(edit) == ["~normalize.columns", '+normalize.columns={"age": "none"}']

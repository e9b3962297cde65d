"""A misspelt name, of whichever section, ends the first stage before it does anything."""

from pathlib import Path

import pytest
import yaml

from stages.generate.__main__ import main
from stages.lib import params
from stages.lib.core.command import run_command
from tests.conftest import ROOT, TINY, changed, digests, run_stages


def configure(folder: Path, changes: dict) -> None:
    """Write the committed params.yaml with these changes."""
    content = changed(params.read(ROOT / "params.yaml"), TINY | changes)
    (folder / "params.yaml").write_text(yaml.safe_dump(content, sort_keys=False))


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A folder in which generate has run."""
    folder = tmp_path_factory.mktemp("names")
    configure(folder, {})
    run_stages(folder, "generate")
    return folder


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("data.synthetic.scenario", "incom", "did you mean 'income'?"),
        ("data.bundled.dataset", "wime", "did you mean 'wine'?"),
        ("normalize.features", "standart", "did you mean 'standard'?"),
        ("normalize.binary", "minmx", "did you mean 'minmax'?"),
        ("normalize.columns", {"age": "robst"}, "did you mean 'robust'?"),
        ("normalize.target", "standart", "did you mean 'standard'?"),
        ("train.activation", "rleu", "did you mean 'relu'?"),
        ("train.kernel_initializer", "he_norml", "did you mean 'he_normal'?"),
        (
            "train.kernel_initializer",
            {"name": "random_uniform", "minvl": 0.1},
            "did you mean 'minval'?",
        ),
        ("train.kernel_initializer", {"name": "constant", "value": "a"}, "expected a number"),
        (
            "train.kernel_initializer",
            {"name": "zeros", "value": 0.0},
            "expected arguments of zeros (it has none). Received: 'value'",
        ),
        (
            "train.kernel_initializer",
            {"name": "variance_scaling", "mode": "fan_inn"},
            "mode: expected one of fan_in, fan_out, fan_avg. Received: 'fan_inn'; did you mean "
            "'fan_in'?",
        ),
        (
            "train.kernel_initializer",
            {"name": "variance_scaling", "distribution": "uniformm"},
            "did you mean 'uniform'?",
        ),
        (
            "train.kernel_initializer",
            {"name": "variance_scaling", "mode": 1},
            "mode: expected one of fan_in, fan_out, fan_avg. Received: 1",
        ),
        (
            "train.kernel_initializer",
            {"name": "variance_scaling", "scale": 0},
            "scale: expected a number > 0. Received: 0",
        ),
        (
            "train.kernel_initializer",
            {"name": "random_uniform", "minval": 0.1},
            "minval: expected minval <= maxval. Received: 0.1 and 0.05",
        ),
        (
            "train.bias_initializer",
            {"name": "random_uniform", "minval": 0.2, "maxval": 0.1},
            "maxval: expected minval <= maxval. Received: 0.2 and 0.1",
        ),
        (
            "train.kernel_initializer",
            {"name": "truncated_normal", "stddev": -1},
            "stddev: expected a number >= 0. Received: -1",
        ),
        (
            "train.kernel_initializer",
            {"name": "random_normal", "mean": float("inf")},
            "mean: expected a number from -3e+37 to 3e+37. Received: inf",
        ),
        (
            "train.bias_initializer",
            {"name": "constant", "value": 10**400},
            "value: expected a number from -3e+37 to 3e+37. Received: 1000",
        ),
        ("train.bias_initializer", "zeroes", "did you mean 'zeros'?"),
        ("train.bias_initializer", "orthogonal", "expected an initializer of bias vectors"),
        ("train.loss", "huberr", "did you mean 'huber'?"),
        ("train.output_activation", "sigmoidd", "did you mean 'sigmoid'?"),
        ("train.target_encoding", "onehot", "did you mean 'one_hot'?"),
        ("train.optimizer", "adamm", "did you mean 'adam'?"),
        ("train.schedule.name", "cosin", "did you mean 'cosine'?"),
        ("diagnose.families", ["epoch"], "did you mean 'epochs'?"),
        (
            "diagnose.families",
            ["epochs", "loss", "epochs"],
            "families: expected each entry once. Received: 'epochs' twice",
        ),
        ("data.file.ignore", ["a", "a"], "ignore: expected each entry once. Received: 'a' twice"),
        ("data.file.keep", ["a", "a"], "keep: expected each entry once. Received: 'a' twice"),
        ("data.file.missing", [9, 9.0], "missing: expected each entry once. Received: 9.0 twice"),
        ("compute.backend", "lokey", "did you mean 'loky'?"),
    ],
)
def test_the_first_stage_refuses(key, value, hint, generated, monkeypatch, capsys):
    before = digests(generated / "data") | digests(generated / "reports")
    assert before
    source = {"data.source": "bundled"} if key == "data.bundled.dataset" else {}
    configure(generated, {key: value} | source)
    monkeypatch.chdir(generated)
    with pytest.raises(SystemExit) as ended:
        run_command(main)
    assert ended.value.code == 2
    printed, said = capsys.readouterr()
    [line] = said.splitlines()
    assert line.startswith(f"error: params.yaml: {key}")
    assert hint in line
    assert printed == ""
    assert digests(generated / "data") | digests(generated / "reports") == before

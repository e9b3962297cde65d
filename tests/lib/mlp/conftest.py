"""What several tests of the engine look at."""

import pytest

from stages.lib.mlp.arms import Table
from stages.lib.mlp.epoch import Engine


@pytest.fixture
def sizes(monkeypatch) -> list[int]:
    """How many replicas each call of the engine has, one call after the other."""
    sizes = []
    run = Engine.run

    def counted(engine, *given):
        sizes.append(len(engine.replicas))
        return run(engine, *given)

    monkeypatch.setattr(Engine, "run", counted)
    return sizes


@pytest.fixture
def tables(rng) -> dict[str, Table]:
    x = {
        name: rng.normal(size=(rows, 4)).astype("float32")
        for name, rows in (("train", 60), ("validation", 20), ("test", 20))
    }
    y = {name: (split[:, :1] > 0).astype("int32") for name, split in x.items()}
    return {"plain": Table(x, y), "large": Table({name: 9 * x[name] for name in x}, y)}

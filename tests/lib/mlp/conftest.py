"""What several tests of the engine look at."""

import pytest

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

"""python -m tests.bench.seconds: where the seconds of a default diagnosis go.

The diagnosis of the committed params, with the parts of the engine timed from outside. Two threads
train, so their seconds add up to more than the wall time, and a call that waits for the other
thread counts its wait.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from stages.diagnose import diagnosis
from stages.lib import params
from stages.lib.mlp import arms, runtime
from stages.lib.mlp.batches import Batches
from stages.lib.mlp.epoch import Engine
from stages.lib.mlp.runtime import tf
from stages.lib.mlp.step import Compiled, GraphSpec
from stages.lib.mlp.workers import Workers
from tests.conftest import ROOT
from tests.subjects import subject_of


class Clock:
    """Seconds and calls by part."""

    def __init__(self) -> None:
        self.seconds, self.calls = Counter[str](), Counter[str]()
        self._lock = threading.Lock()

    def timed(self, function: Callable, name: Callable[..., str]) -> Callable:
        """The function; each of its calls is added to the part that `name` makes of its
        arguments."""

        def call(*given: Any, **named: Any) -> Any:
            part, start = name(*given), time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                with self._lock:
                    self.seconds[part] += time.perf_counter() - start
                    self.calls[part] += 1

        return call

    def patch(self, owner: Any, name: str, part: str) -> None:
        setattr(owner, name, self.timed(getattr(owner, name), lambda *given: part))


def shapes(given: Any) -> str:
    """What a compiled function is compiled for."""
    return str(tf.nest.map_structure(lambda value: tuple(getattr(value, "shape", ())), given))


def watch_compiled(clock: Clock) -> None:
    """Time the compiled functions, the first call for each shapes by itself."""
    make = Compiled.__init__

    def made(compiled: Compiled, spec: GraphSpec, workers: Workers) -> None:
        make(compiled, spec, workers)
        for name, words in (("run", "steps"), ("evaluate", "evaluation")):
            known: set[str] = set()

            def part(*given: Any, known: set[str] = known, words: str = words) -> str:
                key = shapes(given)
                first = key not in known
                known.add(key)
                return f"{words}: {'tracing, compiling and one call' if first else 'calls'}"

            setattr(compiled, name, clock.timed(getattr(compiled, name), part))

    Compiled.__init__ = made  # type: ignore[method-assign]


def main() -> None:
    clock = Clock()
    watch_compiled(clock)
    clock.patch(Batches, "gather", "batches gathered")
    clock.patch(Engine, "rates", "rates")
    clock.patch(arms, "_train_job", "all of the training")
    clock.patch(diagnosis, "estimate_floor", "floor and signal")
    runtime.configure(1)
    content = params.read(ROOT / "params.yaml")
    subject = subject_of(content)
    clock.seconds.clear()
    clock.calls.clear()
    start = time.perf_counter()
    diagnosis.diagnose(subject, params.check(content).diagnose)
    wall = time.perf_counter() - start
    print("| part | seconds of threads | calls |\n|---|---:|---:|")
    for part, seconds in clock.seconds.most_common():
        print(f"| {part} | {seconds:.1f} | {clock.calls[part]} |")
    print(f"\nThe whole diagnosis: {wall:.1f} s of wall time, two threads.")


if __name__ == "__main__":
    main()

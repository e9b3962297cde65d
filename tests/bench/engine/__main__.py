"""python -m tests.bench.engine [small] [replicas] [medium] [large] [twenty] [four]: the engine
beside others.

Every contender fits the same network to the same rows, in a process of its own, with one thread
and with two; the faster of the two is shown, with its threads. All run in one call, in turn,
`--rounds` times, and the median counts: only the ratios mean something. Tracing and compiling are
told apart from the fit. PyTorch and JAX run in an environment of their own, made from
tests/bench/engine/requirements.txt (`--others` is its Python); without it they are left out.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from tests.bench.engine.task import Task

HERE = Path(__file__).parent
SIZES = {
    "small": Task(1_000, 10, (64, 32), 32, epochs=200),
    "replicas": Task(1_000, 10, (64, 32), 32, epochs=200, replicas=64),
    "medium": Task(20_000, 30, (256, 128), 256, epochs=10),
    "large": Task(500_000, 50, (512, 256), 1024, epochs=2),
    "twenty": Task(20, 3, (12, 3), 1, epochs=150),
    "four": Task(4, 2, (4,), 4, epochs=10_000),
}
OWN = {
    "this engine": ("tests.bench.engine.engine",),
    "Keras fit, as written": ("tests.bench.engine.keras_fit", "plain"),
    "Keras fit, steps_per_execution": ("tests.bench.engine.keras_fit", "best"),
    "scikit-learn MLPClassifier (no dropout)": ("tests.bench.engine.sklearn_fit",),
}
OTHERS = {
    "PyTorch, eager": ("torch_fit.py", "eager"),
    "PyTorch, torch.compile": ("torch_fit.py", "compiled"),
    "JAX, jit and scan": ("jax_fit.py",),
}
# Those that fit several at once.
OTHERS_AT_ONCE = {
    "PyTorch, vmapped torch.func": ("torch_vmap_fit.py",),
    "JAX, jit, scan and vmap": ("jax_fit.py",),
}
PEAK = """
import numpy as np, time
from threadpoolctl import threadpool_limits
a = np.random.rand(2048, 2048).astype("float32"); best = 0
with threadpool_limits({threads}):
    a @ a
    for _ in range(5):
        start = time.perf_counter(); a @ a
        best = max(best, 2 * 2048**3 / (time.perf_counter() - start))
print(best)
"""


def timed(command: list[str], task: Task) -> dict | None:
    """What the contender reports; None, with its last words shown, when it fails."""
    threads = {"OMP_NUM_THREADS": str(task.threads), "OPENBLAS_NUM_THREADS": str(task.threads)}
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **threads, **quiet}
    )
    if done.returncode:
        print(f"{command[1:4]}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def contenders(others: Path, task: Task) -> dict[str, list[str]]:
    commands = {}
    for name, (module, *more) in OWN.items():
        if task.replicas == 1 or name == "this engine":
            commands[name] = [sys.executable, "-m", module, "TASK", *more]
    if not others.exists():
        print(f"no {others}: PyTorch and JAX are left out", file=sys.stderr)
        return commands
    for name, (script, *more) in (OTHERS if task.replicas == 1 else OTHERS_AT_ONCE).items():
        commands[name] = [str(others), str(HERE / script), "TASK", *more]
    return commands


def measure(task: Task, commands: dict[str, list[str]], rounds: int) -> dict[str, dict]:
    """The median fit of each contender at its faster number of threads."""
    found: dict[tuple[str, int], list[dict]] = {}
    turns = [(n, name, t) for n in range(rounds) for name in commands for t in (1, 2)]
    for _, name, threads in tqdm(turns, disable=None, unit="fit"):
        given = replace(task, threads=threads)
        command = [given.dump() if word == "TASK" else word for word in commands[name]]
        result = timed(command, given)
        if result:
            found.setdefault((name, threads), []).append(result)
    best = {}
    for (name, threads), results in found.items():
        median = {key: statistics.median(one[key] for one in results) for key in ("fit", "compile")}
        if name not in best or median["fit"] < best[name]["fit"]:
            best[name] = {**median, "threads": threads}
    return best


def show(name: str, task: Task, best: dict[str, dict], peaks: dict[int, float]) -> None:
    ours = best["this engine"]
    layers = "-".join(map(str, task.layers))
    print(
        f"\n**{name}**: {task.rows:,} x {task.inputs}, {layers}-1, dropout {task.dropout}, "
        f"batch {task.batch}, {task.epochs} epochs"
        + (f", {task.replicas} fits at once" if task.replicas > 1 else "")
        + "\n\n| contender | threads | compile, s | fit, s | times the engine's fit | GFLOP/s |"
        "\n|---|---:|---:|---:|---:|---:|"
    )
    for contender, result in sorted(best.items(), key=lambda pair: pair[1]["fit"]):
        print(
            f"| {contender} | {result['threads']} | {result['compile']:.1f} "
            f"| {result['fit']:.2f} | {result['fit'] / ours['fit']:.2f} "
            f"| {task.flops() / result['fit'] / 1e9:.1f} |"
        )
    print(
        f"\nThe machine's float32 matrix product peaks at {peaks[1]:.0f} GFLOP/s with one thread "
        f"and {peaks[2]:.0f} with two.",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine", description=__doc__)
    parser.add_argument("sizes", nargs="*", choices=[*SIZES, []])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--others", type=Path, default=Path(".venv/bench/bin/python"))
    given = parser.parse_args()
    peaks = {}
    for threads in (1, 2):
        code = PEAK.format(threads=threads)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
        peaks[threads] = float(done.stdout) / 1e9
    for name in given.sizes or SIZES:
        task = SIZES[name]
        best = measure(task, contenders(given.others, task), given.rounds)
        show(name, task, best, peaks)


if __name__ == "__main__":
    main()

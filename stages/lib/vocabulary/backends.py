"""Where the fits of a diagnosis or sweep run. A new backend is one row here, and one function of
the same name in lib/mlp/backends.py."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Backend:
    """A backend: its name in params.yaml (`compute.backend`), and what it is in a few words."""

    name: str
    about: str


BACKENDS = by_name(
    Backend("threads", "threads of this process"),
    Backend("loky", "a process for each core"),
    Backend("dask", "the cluster whose scheduler DASK_SCHEDULER_ADDRESS names"),
)

"""Where the fits of a diagnosis or sweep run. A new backend is one row here, and one function of
the same name in lib/mlp/backends.py."""

from dataclasses import dataclass

from stages.lib.vocabulary.rows import by_name


@dataclass(frozen=True)
class Backend:
    """A backend.

    Attributes:
        name: in params.yaml (`compute.backend`).
        about: what it is, in a few words.
        in_process: its jobs share the memory of this process, and so what it has compiled.
        address: the variable of the environment that says where it is, or '' where it needs none.
    """

    name: str
    about: str
    in_process: bool = False
    address: str = ""


BACKENDS = by_name(
    Backend("threads", "threads of this process", in_process=True),
    Backend("loky", "a process for each core"),
    Backend(
        "dask",
        "the cluster whose scheduler DASK_SCHEDULER_ADDRESS names",
        address="DASK_SCHEDULER_ADDRESS",
    ),
)

"""Several processes, on one machine or many, that train one network together.

Each takes its share of the rows of every batch; sums over all of them (of gradients, losses and
batch moments) make every step that of a single process, to float tolerance. TensorFlow's
MultiWorkerMirroredStrategy carries the sums; who takes part says the environment variable
TF_CONFIG, as everywhere in TensorFlow.
"""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from stages.lib.core.errors import UserError
from stages.lib.mlp.peers import wait_for_peers
from stages.lib.mlp.runtime import Tensor, tf

ENVIRONMENT = "TF_CONFIG"


class Workers:
    """One process on its own: its share is everything, and a sum over all is its own."""

    index, count = 0, 1

    @property
    def chief(self) -> bool:
        """Whether this process is the one that writes."""
        return self.index == 0

    def share(self, number: int) -> slice:
        """Which of so many neighbouring things are this process's."""
        return slice(number * self.index // self.count, number * (self.index + 1) // self.count)

    def run(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Call a function of tensors in which `total` may be used."""
        return function(*args)

    def total(self, tensor: Tensor) -> Tensor:
        """Inside `run`: the sum over all processes, differentiable."""
        return tensor

    def sum(self, array: np.ndarray) -> np.ndarray:
        """The sum over all processes of an array of the same shape in each."""
        return array

    def from_chief(self, data: bytes) -> bytes:
        """What the chief passes, in every process."""
        return data

    def agree(self, key: str) -> None:
        """Raise UserError in every process unless all pass the same."""
        mine = key.encode()
        different = int(self.sum(np.array([self.from_chief(mine) != mine], "int32"))[0])
        if different:
            raise UserError(
                ENVIRONMENT,
                "the same params, data, code and packages in every process",
                f"{different} of {self.count} with others than the first",
            )

    @contextmanager
    def lost_process_as_error(self) -> Iterator[None]:
        """Turn the loss of a process into a UserError."""
        yield


SINGLE = Workers()


class Team(Workers):
    """A process that TF_CONFIG counts among several. Raises UserError when they do not meet."""

    def __init__(self, index: int, count: int) -> None:
        self.index, self.count = index, count
        with self.lost_process_as_error():
            self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        # TensorFlow takes SIGTERM for a notice, after which the process would go on.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self._sum = tf.function(
            lambda value: self.run(self.total, (value,)), autograph=False, reduce_retracing=True
        )

    def run(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        return self._strategy.run(function, args)

    def total(self, tensor: Tensor) -> Tensor:
        # The identity has a device, which an argument that is passed on has not.
        return tf.distribute.get_replica_context().all_reduce("SUM", tf.identity(tensor))

    def sum(self, array: np.ndarray) -> np.ndarray:
        total: np.ndarray = self._sum(tf.constant(array)).numpy()
        return total

    def from_chief(self, data: bytes) -> bytes:
        codes = np.frombuffer(data if self.chief else b"", np.uint8).astype(np.int32)
        size = int(self.sum(np.array([len(codes)], np.int32))[0])
        if not size:
            return b""
        sent = self.sum(np.resize(codes, size) if len(codes) else np.zeros(size, np.int32))
        return sent.astype(np.uint8).tobytes()

    @contextmanager
    def lost_process_as_error(self) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            lost = re.search(r"/task:([0-9]+)", error.message)
            words = f"the loss of process {lost[1]}" if lost else " ".join(error.message.split())
            raise UserError(
                ENVIRONMENT, f"{self.count} processes to train to the end", f"{words:.200}"
            ) from None


def join_workers() -> Workers:
    """The workers that TF_CONFIG names, once all are there; or this process alone.

    Raises UserError for a TF_CONFIG that is not a cluster of workers and this one's place in it.
    Call it before the first operation of TensorFlow.
    """
    written = os.environ.get(ENVIRONMENT)
    if not written:
        return SINGLE
    hosts, index = _read(written)
    if len(hosts) == 1:
        return SINGLE
    wait_for_peers(hosts, index)
    return Team(index, len(hosts))


def _read(written: str) -> tuple[list[str], int]:
    """The addresses of all processes, and the position of this one among them."""
    try:
        content = json.loads(written)
        cluster, task = content["cluster"], content["task"]
        hosts, index = cluster["worker"], int(task["index"])
        ports = [int(host.rpartition(":")[2]) for host in hosts]
        good = set(cluster) == {"worker"} and task["type"] == "worker" and isinstance(hosts, list)
        good = good and all(0 < port < 65536 for port in ports) and 0 <= index < len(hosts)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        good = False
    if not good:
        raise UserError(
            ENVIRONMENT,
            'such as {"cluster": {"worker": ["host:port", "host:port"]}, '
            '"task": {"type": "worker", "index": 0}}',
            f"{' '.join(written.split())!r:.100}",
        )
    return hosts, index

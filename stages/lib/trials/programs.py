"""Programs of both kinds under one interface: chains, which the engine trains, and Keras models,
which Keras' own fit trains. All programs of a diagnosis are of one kind: that of train.model."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from stages.lib.keras_fit import arms as keras_arms
from stages.lib.keras_fit.arms import KerasArm, KerasJob, KerasLoad
from stages.lib.keras_fit.program import KerasProgram, keras_program
from stages.lib.mlp import arms as mlp_arms
from stages.lib.mlp.arms import Arm, Job, Outcome, Table
from stages.lib.mlp.backends import THREADS_AT_ONCE
from stages.lib.mlp.cost import Load, training_seconds
from stages.lib.mlp.nominal import COMPILE_SECONDS, evaluation_seconds
from stages.lib.mlp.program import Program, program
from stages.lib.mlp.step import GraphCache
from stages.lib.params.train import Train
from stages.lib.transforms.state import NormalizationState
from stages.lib.vocabulary.tasks import Task

AnyProgram = Program | KerasProgram
AnyArm = Arm | KerasArm
AnyJob = Job | KerasJob

# Replicas that train beside each other in one graph, where each costs less than alone.
TOGETHER = 5


class AnyLoad(Protocol):
    """Arms that are to be trained in one go."""

    def add(self, arms: list[Any]) -> None:
        """These too."""

    def remove(self, arms: list[Any]) -> None:
        """Not those that were added last."""

    @property
    def graphs(self) -> set[Any]:
        """What later loads need no time for."""

    @property
    def seconds(self) -> float:
        """Of wall time, at nominal speeds."""


def program_of(train: Train, task: Task, state: NormalizationState) -> AnyProgram:
    """The program of the section train, for a task, on what this state makes of a table.

    Raises:
        UserError: it cannot run.
    """
    if train.model.file is None:
        return program(train, task, len(state.inputs))
    return keras_program(train, task, state)


def arms_of(of: AnyProgram, table: str) -> list[AnyArm]:
    """The program on the table of this name: an arm for each network whose predictions are
    averaged."""
    if isinstance(of, KerasProgram):
        return [KerasArm(of, table)]
    return [Arm(member, table) for member in of.members]


def job_of(arms: Sequence[AnyArm], tables: dict[str, Table]) -> AnyJob:
    """Arms of one program that are trained together, and beside no other."""
    name = arms[0].table
    of_keras = [arm for arm in arms if isinstance(arm, KerasArm)]
    if of_keras:
        return KerasJob(of_keras, tables[name])
    return Job([arm for arm in arms if isinstance(arm, Arm)], {name: tables[name]})


def load_of(keras: bool, tables: dict[str, Table], compiled: set[Any]) -> AnyLoad:
    """An empty load. keras: for models. compiled: the graphs of earlier loads."""
    return KerasLoad(tables, compiled) if keras else Load(tables, compiled)


def train_all(
    arms: Sequence[AnyArm],
    tables: dict[str, Table],
    on_progress: Callable[[int], None],
    graphs: GraphCache,
    backend: str,
) -> list[Outcome]:
    """Train every arm; the outcomes are in the arms' order. Arguments as in `lib/mlp/arms.py`."""
    of_keras = [arm for arm in arms if isinstance(arm, KerasArm)]
    if of_keras:
        return keras_arms.train_all(of_keras, tables, on_progress, backend)
    chains = [arm for arm in arms if isinstance(arm, Arm)]
    return mlp_arms.train_all(chains, tables, on_progress, graphs, backend)


def train_jobs(jobs: Sequence[AnyJob], graphs: GraphCache, backend: str) -> Iterator[list[Outcome]]:
    """The outcomes of each job's arms, job by job in their order, as they end."""
    of_keras = [job for job in jobs if isinstance(job, KerasJob)]
    if of_keras:
        return keras_arms.train_jobs(of_keras, backend)
    return mlp_arms.train_jobs([job for job in jobs if isinstance(job, Job)], graphs, backend)


def fit_seconds(of: AnyProgram, rows: dict[str, int]) -> float:
    """Of wall time, of the program at one of several seeds beside each other, at nominal speeds.

    Args:
        rows: by split.
    """
    if isinstance(of, KerasProgram):
        return keras_arms.fit_seconds(of, rows) / THREADS_AT_ONCE
    one = training_seconds(of, rows, TOGETHER) / (TOGETHER * THREADS_AT_ONCE)
    return of.params.members * one


def alone_seconds(of: AnyProgram, rows: dict[str, int], seeds: int) -> float:
    """On one core, of a program at so many seeds, with what it needs before the first step.

    Args:
        rows: by split.
    """
    if isinstance(of, KerasProgram):
        return keras_arms.TRACE_SECONDS + seeds * keras_arms.fit_seconds(of, rows)
    return COMPILE_SECONDS + training_seconds(of, rows, seeds * of.params.members)


def history_seconds(of: AnyProgram, rows: dict[str, int], seeds: int) -> float:
    """On one core, of a program at so many seeds whose losses on the training and validation rows
    are taken after each epoch, compiling by the engine left out.

    Args:
        rows: by split.
    """
    if isinstance(of, KerasProgram):
        watched = [rows["train"], rows["validation"]]
        an_epoch = sum(keras_arms.prediction_seconds(of, count) for count in watched)
        one = keras_arms.fit_seconds(of, rows) + (of.params.epochs + 1) * an_epoch
        return keras_arms.TRACE_SECONDS + seeds * one
    evaluated = of.fit_config.epochs * (rows["train"] + rows["validation"])
    networks = seeds * of.params.members
    return training_seconds(of, rows, networks) + evaluation_seconds(
        sum(of.network.sizes), evaluated, networks
    )


def prediction_seconds(of: AnyProgram, rows: int, networks: int) -> float:
    """On one core, of so many networks' outputs for so many rows, at nominal speeds."""
    if isinstance(of, KerasProgram):
        return networks * keras_arms.prediction_seconds(of, rows)
    return evaluation_seconds(sum(of.network.sizes), rows, networks)

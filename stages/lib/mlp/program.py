"""The train section of params.yaml as a program that the engine can run."""

from dataclasses import dataclass, replace

import numpy as np

from stages.lib.mlp.batches import Part
from stages.lib.mlp.ensemble import member_seed
from stages.lib.mlp.epoch import Engine, Replica
from stages.lib.mlp.fit import FitConfig
from stages.lib.mlp.network import Layer, Network
from stages.lib.mlp.step import GraphCache
from stages.lib.mlp.workers import SINGLE, Workers
from stages.lib.params.contract import Contract, check_size, settle
from stages.lib.params.train import Train
from stages.lib.vocabulary.activations import ACTIVATIONS
from stages.lib.vocabulary.optimizers import OPTIMIZERS
from stages.lib.vocabulary.tasks import Task


@dataclass(frozen=True)
class Program:
    """A network with its contract, optimizer and settings: all but the data. Of an ensemble it is
    the first of its networks, and what the others have in common with it."""

    params: Train
    contract: Contract
    network: Network
    replica: Replica
    fit_config: FitConfig

    @property
    def members(self) -> list["Program"]:
        """Of each network whose predictions are averaged the program that trains it by itself."""
        return [self._member(member) for member in range(self.params.members)]

    def _member(self, member: int) -> "Program":
        seed = member_seed(self.params.seed, member)
        params = self.params.model_copy(update={"seed": seed, "members": 1})
        return replace(self, params=params, replica=replace(self.replica, seed=seed))

    def initial(self) -> dict[str, np.ndarray]:
        """The replica's arrays before training."""
        return self.network.initial(self.params.seed, self.params.initializers)

    def engine(self, train: Part, workers: Workers = SINGLE) -> Engine:
        """The engine for the networks of this one program on its training split, shared by these
        workers."""
        replicas = [member.replica for member in self.members]
        return self.engine_of(replicas, [train], GraphCache(workers))

    def engine_of(self, replicas: list[Replica], parts: list[Part], graphs: GraphCache) -> Engine:
        """The engine for replicas of programs that share network, contract and optimizer.

        Args:
            replicas: what differs between them; `part` is the position of each one's table.
            parts: the training splits of the tables.
            graphs: where compiled functions are kept.
        """
        return Engine(
            self.network,
            self.contract,
            self.params.optimizer,
            self.constants,
            replicas,
            parts,
            self.params.batch_size,
            graphs,
            self.buffer_bytes,
        )

    @property
    def constants(self) -> dict[str, float]:
        """The loss's and the optimizer's constants by their keys."""
        names = *self.contract.loss_row.constants, *OPTIMIZERS[self.params.optimizer].constants
        return {name: getattr(self.params, name) for name in names}

    @property
    def step_operations(self) -> float:
        """Multiplications and additions of one training step: two a weight and row, forward and
        twice as many backward."""
        return 6.0 * sum(self.network.sizes) * self.params.batch_size

    @property
    def buffer_bytes(self) -> int:
        """How many bytes of inputs are shuffled together; 0 for none."""
        return self.params.shuffle_buffer * 2**20 if self.params.shuffle else 0


def program(params: Train, task: Task, inputs: int) -> Program:
    """The program for a task, of so many inputs.

    Raises UserError, naming the key, for a combination of loss, output layer and target that cannot
    run, and for layers of more weights than a network may have.
    """
    contract = settle(params, task)
    check_size(params, contract, inputs)
    of_layers = params.hidden
    widths = [inputs, *(layer["units"] for layer in of_layers)]
    hidden = [
        Layer(
            before,
            layer["units"],
            layer["activation"].name,
            activation_arguments=tuple(layer["activation"].arguments.items()),
            batch_normalization=layer["batch_normalization"],
            layer_normalization=layer["layer_normalization"],
            gaussian_noise=layer["gaussian_noise"] > 0,
            dropout=layer["dropout"] > 0,
            alpha_dropout=layer["alpha_dropout"] > 0,
        )
        for before, layer in zip(widths, of_layers, strict=False)
    ]
    of_output = tuple(ACTIVATIONS[contract.activation].arguments.items())
    output = Layer(widths[-1], contract.units, contract.activation, activation_arguments=of_output)
    weight_decay = params.weight_decay
    if weight_decay == "auto":
        weight_decay = OPTIMIZERS[params.optimizer].weight_decay

    def of_each(key: str, at_output: float) -> tuple[float, ...]:
        return (*(layer[key] for layer in of_layers), at_output)

    replica = Replica(
        seed=params.seed,
        learning_rate=params.learning_rate,
        dropout=of_each("dropout", 0.0),
        alpha_dropout=of_each("alpha_dropout", 0.0),
        gaussian_noise=of_each("gaussian_noise", 0.0),
        l1=of_each("l1", params.l1),
        l2=of_each("l2", params.l2),
        weight_decay=weight_decay,
        clip_value=params.clip.value,
        clip_norm=params.clip.norm,
        clip_global_norm=params.clip.global_norm,
        ema_momentum=params.ema_momentum,
        accumulation_steps=params.gradient_accumulation_steps or 1,
    )
    config = FitConfig(
        params.schedule, params.epochs, params.early_stopping, params.reduce_on_plateau
    )
    return Program(params, contract, Network((*hidden, output)), replica, config)

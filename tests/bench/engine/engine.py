"""This project's engine."""

from itertools import pairwise

import numpy as np

from stages.lib.mlp import runtime
from stages.lib.mlp.batches import Part
from stages.lib.mlp.epoch import Engine, Replica
from stages.lib.mlp.network import Layer, Network
from stages.lib.params.contract import settle
from tests.bench.engine.task import given, report
from tests.cards import task_of
from tests.conftest import train_settings

task = given()
runtime.configure(task.threads)
x, y = task.data()
settings = train_settings()
widths = [task.inputs, *task.layers]
hidden = [Layer(a, b, "relu", dropout=task.dropout > 0) for a, b in pairwise(widths)]
network = Network((*hidden, Layer(widths[-1], 1, "sigmoid")))
replicas = [Replica(seed, 0.001, dropout=task.dropout) for seed in range(task.replicas)]
adam = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
contract = settle(settings, task_of())
engine = Engine(network, contract, "adam", adam, replicas, [Part(x, y)], task.batch)
drawn_by = [(settings.kernel_initializer, settings.bias_initializer)] * len(network.layers)
state = engine.start([network.initial(r.seed, drawn_by) for r in replicas])
done = 0


def epochs(count: int) -> float:
    global state, done
    until = done + count
    while done < until:
        several = min(engine.most_epochs, until - done)
        ended = engine.run(state, done, np.ones((several * engine.steps, task.replicas)))
        state, done = ended.state(several - 1), done + several
    return ended.running[-1].mean()


report(task, epochs)

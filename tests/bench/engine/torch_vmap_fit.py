"""PyTorch: R fits beside each other, the gradient of a step vmapped by torch.func."""

from itertools import pairwise

import torch
from task import given, report
from torch.func import grad_and_value, vmap
from torch.nn.functional import binary_cross_entropy_with_logits, dropout

task = given()
torch.set_num_threads(task.threads)
torch.manual_seed(0)
x, y = (torch.from_numpy(array) for array in task.data())
widths = [task.inputs, *task.layers, 1]


def initial() -> list[torch.Tensor]:
    """Kernels [R, inputs, units] and biases [R, units], one after the other."""
    arrays = []
    for a, b in pairwise(widths):
        limit = (6 / (a + b)) ** 0.5
        kernel = torch.empty(task.replicas, a, b).uniform_(-limit, limit)
        arrays += [kernel, torch.zeros(task.replicas, b)]
    return arrays


def loss_of(arrays, rows, target):
    *hidden, kernel, bias = arrays
    for k, b in zip(hidden[::2], hidden[1::2], strict=True):
        rows = dropout(torch.relu(rows @ k + b), task.dropout, training=True)
    return binary_cross_entropy_with_logits(rows @ kernel + bias, target)


params = initial()
optimizer = torch.optim.Adam(params, lr=0.001, eps=1e-7, fused=True)
step = vmap(grad_and_value(loss_of), randomness="different")


def epochs(count: int) -> float:
    for _ in range(count):
        order = torch.stack([torch.randperm(task.rows) for _ in range(task.replicas)])
        total = torch.zeros(task.replicas)
        for start in range(0, task.rows, task.batch):
            rows = order[:, start : start + task.batch]
            gradients, losses = step(params, x[rows], y[rows])
            for array, gradient in zip(params, gradients, strict=True):
                array.grad = gradient
            optimizer.step()
            total += losses.detach() * rows.shape[1]
    return float(total.mean()) / task.rows


report(task, epochs)

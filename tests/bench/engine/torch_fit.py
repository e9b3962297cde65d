"""PyTorch: the usual loop, eager or with the training step under torch.compile."""

import sys
from itertools import pairwise

import torch
from task import given, report

task, compiled = given(), sys.argv[2] == "compiled"
torch.set_num_threads(task.threads)
torch.manual_seed(0)
x, y = (torch.from_numpy(array) for array in task.data())
widths, modules = [task.inputs, *task.layers], []
for a, b in pairwise(widths):
    modules += [torch.nn.Linear(a, b), torch.nn.ReLU(), torch.nn.Dropout(task.dropout)]
model = torch.nn.Sequential(*modules, torch.nn.Linear(widths[-1], 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, eps=1e-7, fused=True)
loss_of = torch.nn.BCEWithLogitsLoss()


def forward_backward(rows, target):
    loss = loss_of(model(rows), target)
    loss.backward()
    return loss.detach()


if compiled:
    forward_backward = torch.compile(forward_backward)


def epochs(count: int) -> float:
    for _ in range(count):
        order, total = torch.randperm(task.rows), 0.0
        for start in range(0, task.rows, task.batch):
            rows = order[start : start + task.batch]
            optimizer.zero_grad()
            total += forward_backward(x[rows], y[rows]) * len(rows)
            optimizer.step()
    return float(total) / task.rows


report(task, epochs)

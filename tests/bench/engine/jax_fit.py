"""JAX: an epoch as one jitted lax.scan, vmapped over the replicas."""

import os
from itertools import pairwise

from task import given, report

task = given()
if task.threads == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

x, y = (jnp.asarray(array) for array in task.data())
full, widths = task.rows // task.batch, [task.inputs, *task.layers, 1]


def initial(key):
    pairs = []
    for a, b in pairwise(widths):
        key, draw = jax.random.split(key)
        limit = (6 / (a + b)) ** 0.5
        pairs.append((jax.random.uniform(draw, (a, b), minval=-limit, maxval=limit), jnp.zeros(b)))
    return pairs


def loss_of(params, rows, target, key):
    for kernel, bias in params[:-1]:
        key, draw = jax.random.split(key)
        rows = jax.nn.relu(rows @ kernel + bias)
        kept = jax.random.bernoulli(draw, 1 - task.dropout, rows.shape)
        rows = jnp.where(kept, rows / (1 - task.dropout), 0.0)
    z = rows @ params[-1][0] + params[-1][1]
    return jnp.mean(jnp.maximum(z, 0) - z * target + jnp.log1p(jnp.exp(-jnp.abs(z))))


def step(carry, rows):
    params, mean, square, count, key = carry
    key, draw = jax.random.split(key)
    loss, grads = jax.value_and_grad(loss_of)(params, x[rows], y[rows], draw)
    count += 1
    rate = 0.001 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
    mean = jax.tree.map(lambda m, g: m + 0.1 * (g - m), mean, grads)
    square = jax.tree.map(lambda s, g: s + 0.001 * (g * g - s), square, grads)
    params = jax.tree.map(lambda p, m, s: p - rate * m / (jnp.sqrt(s) + 1e-7), params, mean, square)
    return (params, mean, square, count, key), loss * len(rows)


def epoch(carry):
    *state, key = carry
    key, draw = jax.random.split(key)
    order = jax.random.permutation(draw, task.rows)
    whole = order[: full * task.batch].reshape(full, task.batch)
    carry, losses = jax.lax.scan(step, (*state, key), whole)
    total = losses.sum()
    if full * task.batch < task.rows:
        carry, loss = step(carry, order[full * task.batch :])
        total += loss
    return carry, total / task.rows


def start(key):
    params = initial(key)
    zeros = jax.tree.map(jnp.zeros_like, params)
    return params, zeros, zeros, jnp.zeros(()), key


keys = jax.random.split(jax.random.key(0), task.replicas)
if task.replicas == 1:
    run, state = jax.jit(epoch), start(keys[0])
else:
    run, state = jax.jit(jax.vmap(epoch)), jax.vmap(start)(keys)


def epochs(count: int) -> float:
    global state
    for _ in range(count):
        state, loss = run(state)
    return float(loss.mean())


report(task, epochs)

"""A scenario's table, drawn from its law together with the exact truth."""

import numpy as np
import pandas as pd

from stages.generate.scenarios import SCENARIOS, Draw, Scenario
from stages.lib.core.errors import UserError, shown
from stages.lib.core.memory import memory_limit
from stages.lib.params import choose
from stages.lib.params.data import Synthetic
from stages.lib.tables.cells import FLOAT32_MAX
from stages.lib.tables.dataset import Dataset

# Rows from which the population's floor is averaged: at 200,000 its standard error is a few
# 1e-4 nats, well below the scatter of any held-out loss.
POPULATION_ROWS = 200_000
# Numbers that are drawn for it at most: a wide mixture needs rows x columns of them, and many
# classes rows x classes.
POPULATION_CELLS = 20_000_000


def draw(params: Synthetic, seed: int) -> Dataset:
    """A scenario's table with its exact truth.

    Args:
        params: the section data.synthetic of params.yaml.
        seed: of inputs, targets and the population's floor.

    Raises:
        UserError: the scenario is unknown, has too few columns for its law, class_shares does not
            fit its classes, the rows do not fit in memory, or noise_sd takes a target out of
            float32.
    """
    name = choose("data.synthetic.scenario", params.scenario, SCENARIOS)
    scenario = SCENARIOS[name]
    if params.features < scenario.least:
        raise UserError(
            "params.yaml: data.synthetic.features",
            f"at least {scenario.least} for {name}",
            params.features,
        )
    shares = _class_shares(name, scenario, params)
    _check_memory(scenario, len(shares), params)
    inputs_seed, target_seed, population_seed = np.random.SeedSequence(seed).spawn(3)
    rng = np.random.default_rng(inputs_seed)
    inputs, law = scenario.sample(Draw(rng, params.rows, params.features, shares, params))
    truth, targets = law.draw(np.random.default_rng(target_seed), params.label_noise)
    numbers = targets.select_dtypes("number")
    if not np.isfinite(truth.bayes_loss()).all() or (numbers.abs() > FLOAT32_MAX).any(axis=None):
        raise UserError(
            "params.yaml: data.synthetic.noise_sd",
            f"a deviation that keeps the target of {name} within float32",
            f"{params.noise_sd:g}",
        )
    return Dataset(
        name=name,
        features=pd.DataFrame(inputs),
        targets=targets,
        kind=law.kind,
        classes=law.classes,
        truth=truth,
        population_floor=_population_floor(scenario, population_seed, shares, params),
    )


def _check_memory(scenario: Scenario, classes: int, params: Synthetic) -> None:
    """Raise UserError for more rows than this machine can hold while they are drawn.

    The least that generate was measured to take of float64 numbers a row: 2 for each feature (the
    draw and the table), 5 for each class or target (its law, the Bayes loss and the table).
    """
    answers = params.targets if scenario.several_targets else max(1, classes)
    needed = 8 * params.rows * (2 * params.features + 5 * answers)
    limit = memory_limit()
    if needed > limit:
        raise UserError(
            "params.yaml: data.synthetic.rows",
            f"a table that fits in memory, {limit} bytes",
            f"{params.rows} rows of {params.features} features, which take at least {needed} bytes",
            "take fewer rows or features",
        )


def _class_shares(name: str, scenario: Scenario, params: Synthetic) -> np.ndarray:
    """The shares of the classes, float64 [classes], equal unless params.yaml states them; empty
    where there are no classes."""
    if scenario.classes is None:
        return np.empty(0)
    classes = scenario.classes(params)
    if params.class_shares is None:
        return np.full(classes, 1 / classes)
    shares = np.array(params.class_shares)
    if len(shares) != classes or abs(shares.sum() - 1) > 1e-6:
        raise UserError(
            "params.yaml: data.synthetic.class_shares",
            f"{classes} shares that sum to 1 for {name}",
            shown(params.class_shares),
        )
    return shares / shares.sum()


def _population_floor(
    scenario: Scenario, seed: np.random.SeedSequence, shares: np.ndarray, params: Synthetic
) -> tuple[float, float]:
    """The expected Bayes loss over new rows and its standard error, from fresh inputs.

    Columns beyond the law's own do not change it, so only the law's are drawn.
    """
    rng = np.random.default_rng(seed)
    columns = params.features if scenario.reads_every_column else scenario.least
    rows = max(2000, min(POPULATION_ROWS, POPULATION_CELLS // max(columns, len(shares))))
    if scenario.constant:
        rows = 1
    _, law = scenario.sample(Draw(rng, rows, columns, shares, params))
    truth, _ = law.draw(rng, params.label_noise)
    loss = truth.bayes_loss()
    error = 0.0 if scenario.constant else float(loss.std(ddof=1) / np.sqrt(rows))
    return float(loss.mean()), error

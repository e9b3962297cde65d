"""Replicas, random streams, dropout, early stopping, divergence and probes of the engine."""

from dataclasses import replace

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from stages.lib.mlp import fit as fitting
from stages.lib.mlp import streams
from stages.lib.mlp.batches import Batches, Part
from stages.lib.mlp.epoch import Engine, Replica
from stages.lib.mlp.fit import Fit, FitConfig, train, train_arms
from stages.lib.mlp.initializers import INITIALIZERS
from stages.lib.mlp.network import Noise, _Draws, forward, predict
from stages.lib.mlp.program import Program, program
from stages.lib.mlp.runtime import tf
from tests.cards import task_of
from tests.conftest import train_settings

ROWS, INPUTS = 70, 5


def data(seed: int = 0, signal: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(ROWS, INPUTS)).astype("float32")
    coin = rng.integers(0, 2, (ROWS, 1))
    return x, ((x[:, :1] > 0) if signal else coin).astype("int32")


def plan(**changes) -> Program:
    options = {"layers": [8, 6], "batch_size": 16, "epochs": 4, "learning_rate": 0.02}
    return program(train_settings(**(options | changes)), task_of(), INPUTS)


def fit(one: Program, replicas: list[Replica] | None = None, **more) -> list[Fit]:
    """Train replicas of one program, each from the initial weights of its own seed."""
    x, target = more.get("data", data())
    held_x, held = more.get("held", data(1))
    replicas = replicas or [one.replica]
    given = one.params
    constants = {name: getattr(given, name) for name in ("beta_1", "beta_2", "epsilon", "momentum")}
    engine = Engine(
        one.network, one.contract, given.optimizer, constants, replicas,
        [Part(x, one.contract.encode(target))], given.batch_size,
    )  # fmt: skip
    arrays = [one.network.initial(r.seed, given.initializers) for r in replicas]
    parts = {
        "train": [Part(x, one.contract.encode(target))],
        "validation": [Part(held_x, one.contract.encode(held))],
    }
    return train(
        engine, arrays, parts, [one.fit_config] * len(replicas),
        lambda outputs, split, rows: float(outputs.sum()),
    )  # fmt: skip


def assert_close(one: Fit, other: Fit) -> None:
    assert one.status == other.status
    for name, array in one.arrays.items():
        np.testing.assert_allclose(array, other.arrays[name], rtol=2e-4, atol=2e-6, err_msg=name)


REPLICAS = [
    Replica(seed=0, learning_rate=0.02, dropout=0.3),
    Replica(seed=0, learning_rate=0.005, l2=0.01),
    Replica(seed=1, learning_rate=0.02, dropout=0.3, clip_global_norm=0.1),
    Replica(seed=7, learning_rate=0.02, weight_decay=0.1, clip_value=0.05),
]


@pytest.mark.in_turn
def test_a_replica_does_not_depend_on_the_others():
    one = plan(dropout=0.3)
    together = fit(one, REPLICAS)
    reordered = fit(one, REPLICAS[::-1])[::-1]
    for r, replica in enumerate(REPLICAS):
        [alone] = fit(one, [replica])
        assert_close(together[r], alone)
        assert_close(together[r], reordered[r])
    distinct = {f.arrays["layer_2.kernel"].tobytes() for f in together}
    assert len(distinct) == len(REPLICAS)


def test_streams_are_bit_for_bit_those_of_the_seed():
    one = plan()
    assert np.array_equal(streams.orders([3, 5], 2, 50)[1], streams.orders([5], 2, 50)[0])
    assert not np.array_equal(streams.orders([5], 2, 50), streams.orders([5], 3, 50))
    assert sorted(streams.orders([5], 2, 50)[0, 0]) == list(range(50))
    first, again = (one.network.initial(4, one.params.initializers) for _ in range(2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    drawn = {
        streams.bits([seed], epoch, 0, 1, 4, 4).tobytes() for seed in (0, 1) for epoch in (0, 1)
    }
    assert len(drawn) == 4


def masks(replicas: list[Replica], units: int = 14) -> np.ndarray:
    """Where each replica keeps a unit, bool [R, steps, batch, units], in its fourth epoch."""
    x, target = data()
    views = list(dict.fromkeys((replica.seed, 0) for replica in replicas))
    batches = Batches([Part(x, target.astype("float32"))], views, 16, units)
    [block] = batches.blocks_of(3)
    bits = block.bits[:, 0].astype(int)
    keep = [round((1 - replica.dropout) * 65536) for replica in replicas]
    seeds = [batches.seeds.index(replica.seed) for replica in replicas]
    return np.stack([bits[s] < k for s, k in zip(seeds, keep, strict=True)])


def test_dropout_masks():
    first, second = Replica(5, 0.1, dropout=0.25), Replica(9, 0.1, dropout=0.5)
    both = masks([first, second], units=3000)
    assert np.array_equal(both[1], masks([second], units=3000)[0])
    assert np.array_equal(both[0], masks([first], units=3000)[0])
    for kept, share in zip(both, (0.75, 0.5), strict=True):
        assert abs(kept.mean() - share) < 4.5 * np.sqrt(share * (1 - share) / kept.size)
        # rows, units and steps are independent of each other
        limit = 4.5 / np.sqrt(3000)
        assert abs(np.corrcoef(kept[0, 0], kept[0, 1])[0, 1]) < limit
        assert abs(np.corrcoef(kept[0, 0], kept[1, 0])[0, 1]) < limit
    # Equal seeds share the draw: a unit kept at the higher rate is kept at the lower one.
    low, high = masks([Replica(5, 0.1, dropout=0.2), Replica(5, 0.1, dropout=0.6)])
    assert (low | ~high).all()


def test_each_layer_drops_its_own_share():
    """A layer without dropout has no mask, and one that keeps a unit at the lower rate alone is
    scaled by that rate."""
    own = [{"units": 400, "dropout": 0.25}, 8, {"units": 300, "dropout": 0.75}]
    one = plan(layers=own, activation="linear", dropout=0.0)
    bits = tf.constant(np.random.default_rng(0).integers(0, 65536, (1, 16, 700)), tf.int32)
    keep = tf.constant([[[49152, 16384]]])
    parts = [tf.ones((1, size)) for size in one.network.sizes]
    x = tf.ones((1, 16, one.network.layers[0].inputs))
    done, plain = (
        forward(one.network, parts, tf.zeros((1, 0)), x, noise)
        for noise in (Noise(bits, keep, tf.zeros((1, 1, 1))), None)
    )
    kept = bits.numpy()[:, :, :400] < 49152
    second = 1 + (plain.after[0].numpy() * kept / 0.75).sum(axis=2)
    np.testing.assert_allclose(done.after[1][:, :, 0], second, rtol=1e-5)
    third = done.after[2].numpy() * (bits.numpy()[:, :, 400:] < 16384) / 0.25
    np.testing.assert_allclose(done.logits[:, :, 0], 1 + third.sum(axis=2), rtol=1e-5)


def noisy(rate: float, activation: str = "linear", **own) -> tuple[np.ndarray, np.ndarray]:
    """What the output layer takes of a layer of 500 units that are all `rate`, without and with its
    noise: float64 [rows, units]."""
    one = plan(layers=[{"units": 500, **own}], activation=activation)
    bits = np.random.default_rng(3).integers(0, 65536, (1, 400, one.network.random_units))
    amounts = {key: own.get(key, 0.0) for key in ("dropout", "alpha_dropout", "gaussian_noise")}
    keep = [round((1 - amounts[key]) * 65536) for key in ("dropout", "alpha_dropout")
            if amounts[key]]  # fmt: skip
    noise = Noise(
        tf.constant(bits, tf.int32), tf.constant([[keep or [65536]]]),
        tf.constant([[[amounts["gaussian_noise"]]]]),
    )  # fmt: skip
    draws, layer = _Draws(noise), one.network.layers[0]
    before = tf.fill((1, 400, 500), rate)
    return before.numpy()[0], draws.pass_on(layer, before).numpy()[0].astype("float64")


def test_gaussian_noise_has_its_deviation():
    before, after = noisy(2.0, gaussian_noise=0.5)
    noise = (after - before) / 0.5
    error = 1 / np.sqrt(noise.size)
    assert abs(noise.mean()) < 4.5 * error
    assert abs(noise.std() - 1) < 4.5 * error
    # and the law: its quantiles are those of a normal number
    for level in (0.001, 0.1, 0.25, 0.5, 0.9):
        share = (noise < stats.norm.ppf(level)).mean()
        assert abs(share - level) < 4.5 * np.sqrt(level * (1 - level) / noise.size)
    rows, units = np.corrcoef(noise[0], noise[1])[0, 1], np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]
    assert abs(rows) < 4.5 / np.sqrt(500) and abs(units) < 4.5 / np.sqrt(400)


@pytest.mark.parametrize("rate", [0.1, 0.4])
def test_alpha_dropout_is_keras_but_for_the_mask(rate):
    """A unit has one of two values; they and their shares are Keras'. Of standard normal units mean
    and variance stay."""
    before, after = noisy(1.5, alpha_dropout=rate)
    keras.utils.set_random_seed(0)
    theirs = np.asarray(keras.layers.AlphaDropout(rate)(before, training=True))
    ours, count = np.unique(after, return_counts=True)
    np.testing.assert_allclose(ours, np.unique(theirs), rtol=2e-5)
    share = count[0] / count.sum()
    assert abs(share - rate) < 4.5 * np.sqrt(rate * (1 - rate) / after.size)
    low, high = noisy(0.0, alpha_dropout=rate)[1], noisy(1.0, alpha_dropout=rate)[1]
    z = np.random.default_rng(0).normal(size=low.shape)
    passed = low + (high - low) * z  # what is passed on is linear in the unit
    assert abs(passed.mean()) < 0.01 and abs(passed.std() - 1) < 0.01


def test_noises_are_drawn_one_after_the_other():
    """Noise, dropout, alpha dropout of a layer have random numbers of their own."""
    one = plan(layers=[{"units": 4, "gaussian_noise": 0.1, "alpha_dropout": 0.2}, 3], dropout=0.3)
    assert one.network.noises == [
        ("gaussian_noise", 0), ("dropout", 0), ("alpha_dropout", 0), ("dropout", 1),
    ]  # fmt: skip
    assert one.network.random_units == 3 * 4 + 3
    noised = noisy(1.0, gaussian_noise=0.1, dropout=0.5)[1]
    kept = noised[noised != 0] / 2
    assert abs(kept.mean() - 1) < 0.01 and abs(kept.std() - 0.1) < 0.005


@pytest.mark.in_turn
def test_noise_is_of_training_only_and_the_seeds_own():
    noise = {"layers": [{"units": 8, "gaussian_noise": 0.3, "alpha_dropout": 0.2}, 6]}
    [quiet], [one], [again], [other] = (
        fit(plan(**given)) for given in ({}, noise, noise, {**noise, "seed": 1})
    )
    assert one.history[0]["training_loss"] == quiet.history[0]["training_loss"]
    assert one.history[1]["training_loss"] != quiet.history[1]["training_loss"]
    assert one.arrays["layer_0.kernel"].tobytes() == again.arrays["layer_0.kernel"].tobytes()
    assert one.arrays["layer_0.kernel"].tobytes() != other.arrays["layer_0.kernel"].tobytes()


def test_a_replica_with_one_rate_trains_alike_beside_one_with_several():
    one = plan(dropout=0.3, l2=0.01)
    several = replace(one.replica, dropout=(0.2, 0.4, 0.0), l2=(0.1, 0.0, 0.2))
    [alone] = fit(one)
    beside, other = fit(one, replicas=[one.replica, several])
    assert_close(alone, beside)
    with pytest.raises(AssertionError):
        assert_close(alone, other)


@pytest.mark.parametrize("block_bytes", [1, 2000, 5000])
def test_blocks_give_what_one_block_gives(block_bytes, monkeypatch):
    """Rows, weights, masks and results do not depend on how much is gathered at a time."""
    one = plan(dropout=0.3)
    [whole] = fit(one)
    x, target = data()
    args = ([Part(x, target.astype("float32"))], [(0, 0), (4, 0)], 16, 14)
    [block] = Batches(*args).blocks_of(2)
    monkeypatch.setattr("stages.lib.mlp.batches.BLOCK_BYTES", block_bytes)
    blocks = list(Batches(*args).blocks_of(2))
    assert len(blocks) > 1
    assert [b.first for b in blocks][1] == blocks[0].steps
    for name in ("x", "y", "bits"):
        joined = np.concatenate([getattr(b, name)[:, 0, : b.steps] for b in blocks], axis=1)
        assert np.array_equal(joined, getattr(block, name)[:, 0])
    assert np.concatenate([b.weights[: b.steps] for b in blocks]).sum() == ROWS
    [parted] = fit(one)
    assert_close(whole, parted)


COSINE = train_settings().schedule.model_dump() | {"name": "cosine", "warmup_epochs": 2}
WILD = {"optimizer": "sgd", "loss": "mean_squared_error", "output_activation": "linear"}


@pytest.mark.in_turn
@pytest.mark.parametrize(
    "changes",
    [
        {"dropout": 0.3, "ema_momentum": 0.9, "schedule": COSINE,
         "gradient_accumulation_steps": 3},
        {"early_stopping": {"patience": 3, "min_delta": 0.0, "restore_best": True}},
        {"early_stopping": {"patience": 2, "min_delta": 0.01, "restore_best": False}},
        {"batch_normalization": "before_activation", "l2": 0.01, "batch_size": 1},
        WILD | {"learning_rate": 0.9},
    ],
    ids=["dropout", "restores", "stops", "normalized", "diverges"],
)  # fmt: skip
@pytest.mark.sampled(2)
def test_a_call_of_many_epochs_gives_what_calls_of_one_give(changes, monkeypatch, sizes):
    """The same weights and probes, bit for bit, and where it stopped or diverged; the losses to
    the rounding of a sum."""
    one = plan(epochs=40, **changes)
    [many] = fit(one)
    assert len(sizes) < many.epochs_run
    for seconds in (0, 0.001):
        monkeypatch.setattr("stages.lib.mlp.epoch.CALL_SECONDS", seconds)
        [few] = fit(one)
        assert (few.status, few.epochs_run, few.kept_epoch) == (
            many.status, many.epochs_run, many.kept_epoch,
        )  # fmt: skip
        assert few.divergence == many.divergence
        for name, array in many.arrays.items():
            assert np.array_equal(array, few.arrays[name])
        pd.testing.assert_frame_equal(
            pd.DataFrame(few.history), pd.DataFrame(many.history), rtol=1e-5
        )
        assert few.probes.equals(many.probes)


@pytest.mark.in_turn
def test_replicas_on_different_tables():
    """Raw and scaled inputs side by side give what each gives alone."""
    one = plan()
    x, target = data()
    held_x, held = data(1)
    tables = [
        {"train": Part(x * scale, one.contract.encode(target)),
         "validation": Part(held_x * scale, one.contract.encode(held))}
        for scale in (np.float32(1), np.float32(50))
    ]  # fmt: skip
    constants = {name: getattr(one.params, name) for name in ("beta_1", "beta_2", "epsilon")}

    def fits(replicas, given):
        engine = Engine(one.network, one.contract, "adam", constants, replicas,
                        [table["train"] for table in given], 16)  # fmt: skip
        splits = {name: [table[name] for table in given] for name in ("train", "validation")}
        config = FitConfig(
            one.params.schedule, 3, one.params.early_stopping, one.params.reduce_on_plateau
        )
        return train(engine, [one.initial() for _ in replicas], splits, [config] * len(replicas),
                     lambda outputs, split, rows: 0.0)  # fmt: skip

    together = fits([Replica(0, 0.02, part=1), Replica(0, 0.02), Replica(2, 0.02, part=1)], tables)
    for replica, table, found in zip(
        [Replica(0, 0.02), Replica(0, 0.02), Replica(2, 0.02)],
        [tables[1], tables[0], tables[1]],
        together,
        strict=True,
    ):
        [alone] = fits([replica], [table])
        assert_close(found, alone)
        np.testing.assert_allclose(
            [row["validation_loss"] for row in found.history],
            [row["validation_loss"] for row in alone.history],
            rtol=1e-4,
        )


def test_dropout_keeps_the_expectation_and_is_off_when_evaluating():
    given = {"layers": [4000], "activation": "linear", "kernel_initializer": "ones"}
    one = plan(dropout=0.4, epochs=1, learning_rate=1e-12, batch_size=ROWS, optimizer="sgd",
               output_activation="linear", loss="mean_absolute_error", **given)  # fmt: skip
    x, target = np.ones((ROWS, INPUTS), "float32"), np.zeros((ROWS, 1), "int32")
    [done] = fit(one, data=(x, target))
    running, evaluated = done.history[1]["running_loss"], done.history[1]["training_loss"]
    assert evaluated == pytest.approx(4000 * INPUTS, rel=1e-4)
    assert running == pytest.approx(evaluated, rel=0.01)
    assert running != evaluated


def test_no_seed_no_luck():
    """Another seed gives another network, the same one the same network."""
    [first], [again], [other] = (fit(plan(seed=seed)) for seed in (0, 0, 1))
    for name, array in first.arrays.items():
        assert np.array_equal(array, again.arrays[name])
    assert not np.array_equal(first.arrays["layer_0.kernel"], other.arrays["layer_0.kernel"])


# ------------------------------------------------------------------------------- divergence


def test_divergence_ends_training_and_keeps_finite_weights():
    one = plan(
        optimizer="sgd", learning_rate=1e6, loss="mean_squared_error", output_activation="linear",
        epochs=50,
    )  # fmt: skip
    [done] = fit(one)
    assert done.status == "diverged"
    assert done.epochs_run < 50
    assert len(done.history) == done.epochs_run + 1
    assert np.isnan(done.history[-1]["running_loss"])
    assert all(np.isfinite(array).all() for array in done.arrays.values())
    assert 1 <= done.divergence["step"] <= 5


def test_divergence_is_found_at_the_step_where_it_happens():
    """One row that is not finite: the batch that holds it is the step that fails."""
    x, target = data()
    x[13, 2] = np.nan
    one = plan(epochs=3, activation="tanh")
    [done] = fit(one, data=(x, target))
    position = int(np.flatnonzero(streams.orders([0], 0, ROWS)[0, 0] == 13)[0])
    assert done.divergence == {"epoch": 1, "step": position // 16 + 1, "what": "loss"}
    assert done.kept_epoch == 0
    # The kept weights are those of the steps before it, which saw finite rows alone.
    assert all(np.isfinite(array).all() for array in done.arrays.values())
    moved = done.arrays["layer_0.kernel"] != one.initial()["layer_0.kernel"]
    assert moved.any() == (position >= 16)


@pytest.mark.in_turn
def test_one_diverging_replica_leaves_the_others_alone():
    one = plan(optimizer="sgd", loss="mean_squared_error", output_activation="linear", epochs=6)
    wild, calm = Replica(0, 1e8), Replica(0, 0.01)
    diverged, kept = fit(one, [wild, calm])
    [alone] = fit(one, [calm])
    assert (diverged.status, kept.status) == ("diverged", "completed")
    assert_close(kept, alone)
    [wild_alone] = fit(one, [wild])
    assert diverged.divergence == wild_alone.divergence


# ------------------------------------------------------------------------- what has stopped


@pytest.mark.in_turn
@pytest.mark.parametrize("compiling", [0.0, np.inf], ids=["left_out", "carried_along"])
def test_what_stopped_changes_nothing_for_the_others(monkeypatch, sizes, compiling):
    """Left out of the graph or carried along, the rest is trained as if alone."""
    monkeypatch.setattr(fitting, "COMPILE_SECONDS", compiling)
    monkeypatch.setattr("stages.lib.mlp.epoch.CALL_SECONDS", 0)
    plans = [
        plan(epochs=30, dropout=0.2, seed=seed, early_stopping=early(patience))
        for seed, patience in ((0, 1), (1, 1), (2, 1), (3, None), (4, 2), (5, None))
    ]
    table = data(signal=False)
    held = data(1, signal=False)

    def fits(chosen: list[Program]) -> list[Fit]:
        first = chosen[0]
        constants = {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}
        parts = [[Part(x, first.contract.encode(y))] for x, y in (table, held)]
        engine = Engine(
            first.network, first.contract, "adam", constants, [one.replica for one in chosen],
            parts[0], 16,
        )  # fmt: skip
        arrays = [one.initial() for one in chosen]
        return train_arms(engine, arrays, parts[1], [one.fit_config for one in chosen])

    together = fits(plans)
    least = min(sizes)
    assert least < 6 if compiling == 0 else least == 6
    assert {one.status for one in together} == {"stopped_early", "completed"}
    for one, alone in zip(together, [fits([one])[0] for one in plans], strict=True):
        assert one.epochs_run == alone.epochs_run and one.kept_epoch == alone.kept_epoch
        assert_close(one, alone)


# ---------------------------------------------------------------------------- early stopping


def early(patience: int, restore: bool = True, delta: float = 0.0) -> dict:
    return {"patience": patience, "min_delta": delta, "restore_best": restore}


@pytest.mark.parametrize("restore", [True, False])
def test_early_stopping(restore):
    """On coin flips the validation loss rises: training stops `patience` epochs after its best."""
    noise = {"data": data(2, signal=False), "held": data(3, signal=False)}
    [done] = fit(plan(epochs=200, early_stopping=early(5, restore)), **noise)
    losses = [row["validation_loss"] for row in done.history]
    best = int(np.argmin(losses[1:])) + 1
    assert done.status == "stopped_early"
    assert done.epochs_run == best + 5
    assert done.kept_epoch == (best if restore else best + 5)
    [straight] = fit(plan(epochs=done.kept_epoch), **noise)
    for name, array in done.arrays.items():
        assert np.array_equal(array, straight.arrays[name])


def test_min_delta_asks_for_a_real_fall():
    [done] = fit(plan(epochs=50, early_stopping=early(2, delta=10.0)))
    assert done.epochs_run == 3


# ------------------------------------------------------------------------------------ probes


def test_probes_see_dead_units():
    """Units with a bias of -1000 never fire: all flat, all dead, no gradient, no update."""
    one = plan(bias_initializer={"name": "constant", "value": -1000.0}, epochs=1)
    [done] = fit(one)
    first = done.probes.query("epoch == 0 and layer == 1").iloc[0]
    assert (first.flat_share, first.dead_share) == (1, 1)
    assert (first.gradient_rms, first.update_ratio, first.activation_std) == (0, 0, 0)


def test_probes_by_hand():
    one = plan(layers=[3], activation="linear", kernel_initializer="ones", epochs=1)
    [done] = fit(one)
    x, _ = data()
    first = done.probes.query("epoch == 0").set_index("layer").loc[1]
    activation = np.repeat(x.sum(axis=1, keepdims=True), 3, axis=1)
    assert first.activation_mean == pytest.approx(activation.mean(), abs=1e-5)
    assert first.activation_std == pytest.approx(activation.std(), rel=1e-5)
    assert (first.flat_share, first.dead_share, first.weight_rms) == (0, 0, 1)
    # Adam's first step is the learning rate in every weight.
    assert first.update_ratio == pytest.approx(0.02, rel=1e-3)
    assert done.probes["epoch"].unique().tolist() == [0, 1]


def test_predict_is_the_forward_pass():
    one = plan(batch_normalization="after_activation", epochs=2)
    [done] = fit(one)
    x, _ = data()
    values = x.astype("float64")
    arrays = {name: array.astype("float64") for name, array in done.arrays.items()}
    for i in range(3):
        values = values @ arrays[f"layer_{i}.kernel"] + arrays[f"layer_{i}.bias"]
        if i < 2:
            values = np.maximum(values, 0) - arrays[f"layer_{i}.moving_mean"]
            values *= arrays[f"layer_{i}.gamma"] / np.sqrt(
                arrays[f"layer_{i}.moving_variance"] + 1e-3
            )
            values += arrays[f"layer_{i}.beta"]
    expected = 1 / (1 + np.exp(-values))
    [(_, outputs)] = predict(one.network, done.arrays, x)
    np.testing.assert_allclose(outputs, expected, rtol=1e-9)


def test_initial_weights_are_drawn_for_each_layer_and_kind():
    one = plan(layers=[5, 5, 5], kernel_initializer="he_normal", bias_initializer="random_normal")
    arrays = one.initial()
    kernels = [arrays[f"layer_{i}.kernel"] for i in (0, 1, 2)]
    assert not np.array_equal(kernels[0], kernels[1])
    assert not np.array_equal(arrays["layer_0.bias"], arrays["layer_1.bias"])
    assert {"layer_3.kernel", "layer_3.bias"} <= set(arrays)
    assert "he_normal" in INITIALIZERS

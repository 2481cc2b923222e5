import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.training.adam import Adam


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def weights(dtype="float32"):
    return [
        keras.Variable(random(6, 4), dtype=dtype),
        keras.Variable(random(4, seed=1), dtype=dtype),
    ]


def dense_gradients(step):
    return [
        tf.constant(random(6, 4, seed=10 + step)),
        tf.constant(random(4, seed=50 + step) * 1e-4),
    ]


def row_gradients(step):
    """Gradients of looked-up rows, one of which occurs twice."""
    rows = tf.IndexedSlices(
        tf.constant(random(3, 4, seed=10 + step)),
        tf.constant([step % 6, (step + 1) % 6, step % 6]),
        tf.constant([6, 4]),
    )
    return [rows, dense_gradients(step)[1]]


def summed_row_gradients(step):
    return [tf.convert_to_tensor(g) for g in row_gradients(step)]


def train(optimizer, gradients_of, steps=20, dtype="float32"):
    variables = weights(dtype)
    optimizer.build(variables)
    for step in range(steps):
        optimizer.apply(gradients_of(step), variables)
    return variables


def check_equal(got, wanted, rtol, atol):
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=rtol, atol=atol)


SETTINGS = [
    {},
    {"beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
    {"global_clipnorm": 0.5},
    {"clipnorm": 0.5},
    {"amsgrad": True},
    {"weight_decay": 0.01},
    {"use_ema": True, "ema_momentum": 0.9},
    {
        "learning_rate": keras.optimizers.schedules.ExponentialDecay(
            0.01, 5, 0.9
        )
    },
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(s))
def test_twenty_steps_give_the_numbers_of_keras(settings):
    ours, stock = Adam(**settings), keras.optimizers.Adam(**settings)
    got = train(ours, dense_gradients)
    wanted = train(stock, dense_gradients)
    check_equal(got, wanted, rtol=1e-6, atol=1e-6)
    check_equal(ours.variables, stock.variables, rtol=3e-5, atol=1e-6)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(s))
def test_gradients_of_rows_count_as_the_dense_gradient_they_sum_to(settings):
    ours, stock = Adam(**settings), keras.optimizers.Adam(**settings)
    got = train(ours, row_gradients)
    wanted = train(stock, summed_row_gradients)
    check_equal(got, wanted, rtol=1e-6, atol=1e-6)
    check_equal(ours.variables, stock.variables, rtol=3e-5, atol=1e-6)


def test_accumulated_gradients_give_the_numbers_of_keras():
    settings = {"gradient_accumulation_steps": 2}
    got = train(Adam(**settings), dense_gradients)
    wanted = train(keras.optimizers.Adam(**settings), dense_gradients)
    check_equal(got, wanted, rtol=1e-6, atol=1e-6)


def test_float64_weights_agree_to_twelve_digits():
    got = train(Adam(), dense_gradients, dtype="float64")
    wanted = train(keras.optimizers.Adam(), dense_gradients, dtype="float64")
    check_equal(got, wanted, rtol=1e-12, atol=1e-12)


def test_a_compiled_step_gives_the_numbers_of_an_eager_one():
    optimizer, variables = Adam(), weights()
    optimizer.build(variables)
    apply = tf.function(lambda *g: optimizer.apply(list(g), variables))
    for step in range(20):
        apply(*dense_gradients(step))
    check_equal(variables, train(Adam(), dense_gradients), 1e-6, 1e-7)


def test_a_checkpoint_of_keras_continues_here(tmp_path):
    stock, ours = keras.optimizers.Adam(), Adam()
    continued = weights()
    variables = train(stock, dense_gradients, steps=10)
    ours.build(continued)
    saved = tf.train.Checkpoint(
        optimizer=stock, weights=[v.value for v in variables]
    ).write(tmp_path / "checkpoint")
    tf.train.Checkpoint(
        optimizer=ours, weights=[v.value for v in continued]
    ).read(saved).assert_consumed()
    for step in range(10, 20):
        stock.apply(dense_gradients(step), variables)
        ours.apply(dense_gradients(step), continued)
    check_equal(continued, variables, rtol=1e-6, atol=1e-6)


def test_the_optimiser_survives_serialisation():
    described = keras.optimizers.serialize(Adam(0.01, beta_1=0.5))
    assert described["registered_name"] == "keras_dialgan>Adam"
    copy = keras.optimizers.deserialize(described)
    assert type(copy) is Adam
    assert copy.beta_1 == 0.5


TWO_DEVICES = """
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from keras_dialgan.training.adam import Adam

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
start = np.linspace(-1, 1, 24).reshape(6, 4).astype("float32")
with strategy.scope():
    table = keras.Variable(start)
    optimizer = Adam(0.01)
    optimizer.build([table])
single = keras.Variable(start)
stock = keras.optimizers.Adam(0.01)
stock.build([single])

def loss_of(weight, ids):
    return tf.reduce_sum(tf.sin(3 * tf.gather(weight, ids)))

@tf.function
def step():
    def replica():
        n = tf.distribute.get_replica_context().replica_id_in_sync_group
        ids = tf.stack([n, 2, 2])
        with tf.GradientTape() as tape:
            loss = loss_of(table.value, ids)
        optimizer.apply(tape.gradient(loss, [table.value]), [table])
    strategy.run(replica)

for _ in range(5):
    step()
    with tf.GradientTape() as tape:
        loss = loss_of(single.value, [0, 2, 2, 1, 2, 2])
    stock.apply(
        [tf.convert_to_tensor(tape.gradient(loss, single.value))], [single]
    )
copies = strategy.experimental_local_results(table.value)
assert len(copies) == 2
for copy in copies:
    np.testing.assert_allclose(copy, single.numpy(), rtol=1e-5, atol=1e-6)
"""


def test_every_replica_takes_the_step_of_the_summed_gradient():
    subprocess.run([sys.executable, "-c", TWO_DEVICES], check=True)

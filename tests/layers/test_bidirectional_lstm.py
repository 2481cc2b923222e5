import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers.bidirectional_lstm import BidirectionalLSTM
from tests.layers.contract import check_layer_contract

BATCH, STEPS, SIZE, UNITS = 3, 6, 4, 5
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
PADDING = np.arange(STEPS)[None] < np.array([[STEPS], [2], [1]])
HOLES = np.array(
    [[1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 0], [0, 1, 1, 1, 1, 1]], bool
)


def random(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def twins(dtype):
    stock = keras.layers.Bidirectional(
        keras.layers.LSTM(
            UNITS, return_sequences=True, return_state=True, dtype=dtype
        ),
        dtype=dtype,
    )
    ours = BidirectionalLSTM(UNITS, dtype=dtype)
    for layer in (stock, ours):
        layer.build((BATCH, STEPS, SIZE))
    ours.set_weights(
        [random(*w.shape, dtype=dtype, seed=9) for w in ours.get_weights()]
    )
    stock.set_weights(ours.get_weights())
    return stock, ours


def keras_outputs(layer, inputs, mask, state):
    halves = [tf.split(s, 2, axis=-1) for s in state]
    state = [half for pair in zip(*halves, strict=True) for half in pair]
    sequence, *states = layer(inputs, mask=mask, initial_state=state or None)
    return (
        sequence,
        tf.concat(states[0::2], axis=-1),
        tf.concat(states[1::2], axis=-1),
    )


def our_outputs(layer, inputs, mask, state):
    return layer(inputs, mask=mask, initial_state=state or None)


def values_and_gradients(outputs_of, layer, inputs, mask, state):
    with tf.GradientTape() as tape:
        tape.watch([inputs, *state])
        outputs = list(outputs_of(layer, inputs, mask, state))
        loss = tf.add_n([tf.reduce_sum(tf.sin(3 * o)) for o in outputs])
    sources = [inputs, *state, *(w.value for w in layer.weights)]
    return outputs + tape.gradient(loss, sources)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("given_state", [False, True])
@pytest.mark.parametrize("mask", [None, PADDING, HOLES])
def test_values_states_and_gradients_are_those_of_keras(
    mask, given_state, dtype
):
    stock, ours = twins(dtype)
    inputs = tf.constant(random(BATCH, STEPS, SIZE, dtype=dtype))
    state = []
    if given_state:
        state = [
            tf.constant(random(BATCH, 2 * UNITS, dtype=dtype, seed=s))
            for s in (5, 6)
        ]
    expected = values_and_gradients(keras_outputs, stock, inputs, mask, state)
    results = values_and_gradients(our_outputs, ours, inputs, mask, state)
    for got, wanted in zip(results, expected, strict=True):
        np.testing.assert_allclose(
            got, wanted, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype]
        )


def test_a_graph_of_unknown_length_gives_the_numbers_of_the_unrolled_one():
    _, ours = twins("float64")

    def run(inputs, mask):
        return values_and_gradients(our_outputs, ours, inputs, mask, [])

    looped = tf.function(
        run,
        input_signature=[
            tf.TensorSpec([None, None, SIZE], tf.float64),
            tf.TensorSpec([None, None], tf.bool),
        ],
    )
    inputs = tf.constant(random(BATCH, STEPS, SIZE, dtype="float64"))
    for got, wanted in zip(
        looped(inputs, PADDING), run(inputs, PADDING), strict=True
    ):
        np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_the_layer_keeps_the_contract_of_layers():
    check_layer_contract(
        lambda **arguments: BidirectionalLSTM(UNITS, **arguments),
        random(BATCH, STEPS, SIZE),
    )


def test_padding_changes_nothing_for_the_tokens_before_it():
    _, ours = twins("float64")
    inputs = random(1, STEPS, SIZE, dtype="float64")
    padded = ours(inputs, mask=np.arange(STEPS)[None] < 4)
    short = ours(inputs[:, :4])
    np.testing.assert_allclose(padded[0][:, :4], short[0], atol=1e-12)
    np.testing.assert_array_equal(padded[0][:, 4:], 0)
    np.testing.assert_allclose(padded[1], short[1], atol=1e-12)
    np.testing.assert_allclose(padded[2], short[2], atol=1e-12)


def test_a_functional_model_stacks_the_layer_and_is_saved(tmp_path):
    ids = keras.Input([None], dtype="int32")
    sequence = keras.layers.Embedding(7, SIZE, mask_zero=True)(ids)
    sequence, _, _ = BidirectionalLSTM(UNITS)(sequence)
    sequence, h, c = BidirectionalLSTM(UNITS, name="top")(sequence)
    assert sequence.shape == (None, None, 2 * UNITS)
    assert h.shape == c.shape == (None, 2 * UNITS)
    model = keras.Model(ids, [sequence, h, c])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    tokens = np.array([[3, 4, 5, 0], [3, 0, 0, 0]])
    results = again(tokens)
    for got, wanted in zip(results, model(tokens), strict=True):
        np.testing.assert_array_equal(got, wanted)
    np.testing.assert_array_equal(results[0][1, 1:], 0)


def test_bfloat16_outputs_are_near_those_of_float32():
    _, full = twins("float32")
    half = BidirectionalLSTM(UNITS, dtype="mixed_bfloat16")
    half.build((BATCH, STEPS, SIZE))
    half.set_weights(full.get_weights())
    inputs = random(BATCH, STEPS, SIZE)
    for got, wanted in zip(
        half(inputs, mask=PADDING), full(inputs, mask=PADDING), strict=True
    ):
        assert got.dtype == tf.bfloat16
        np.testing.assert_allclose(
            tf.cast(got, tf.float32), wanted, atol=0.03, rtol=0.03
        )


TWO_DEVICES = """
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 2
)
from keras_dialgan.layers.bidirectional_lstm import BidirectionalLSTM

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    layer = BidirectionalLSTM(5)
    layer.build((None, None, 4))
inputs = tf.random.stateless_normal([2, 6, 4], [1, 2])
mask = tf.sequence_mask([6, 3], 6)
for steps in (6, None):
    @tf.function(
        input_signature=[
            tf.TensorSpec([None, steps, 4]),
            tf.TensorSpec([None, steps], tf.bool),
        ]
    )
    def gradients(x, m):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x, mask=m)[0])
        return tape.gradient(loss, [w.value for w in layer.weights])

    @tf.function
    def mirrored():
        def replica():
            n = tf.distribute.get_replica_context().replica_id_in_sync_group
            return gradients(inputs[n : n + 1], mask[n : n + 1])
        return [
            strategy.reduce("SUM", g, axis=None) for g in strategy.run(replica)
        ]

    for got, wanted in zip(mirrored(), gradients(inputs, mask)):
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
"""


@pytest.mark.slow
def test_two_devices_add_up_to_the_gradient_of_one():
    subprocess.run([sys.executable, "-c", TWO_DEVICES], check=True)

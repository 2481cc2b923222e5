import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers.lstm import LSTM
from keras_dialgan.layers.lstm_loop import Kept, carried_dtype
from tests.layers.contract import check_layer_contract

BATCH, STEPS, SIZE, UNITS = 3, 6, 4, 5
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
MASKS = {
    "none": None,
    "padding": np.arange(STEPS)[None] < np.array([[STEPS], [2], [0]]),
    "holes": np.array(
        [[1, 0, 1, 1, 0, 1], [0, 0, 1, 0, 1, 0], [0, 1, 1, 1, 1, 1]], bool
    ),
}


def random(*shape, dtype="float32", seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def twins(dtype, go_backwards=False):
    """Keras' layer and ours with the same weights."""
    stock = keras.layers.LSTM(
        UNITS,
        return_sequences=True,
        return_state=True,
        go_backwards=go_backwards,
        dtype=dtype,
    )
    ours = LSTM(UNITS, go_backwards=go_backwards, dtype=dtype)
    for layer in (stock, ours):
        layer.build((BATCH, STEPS, SIZE))
    ours.set_weights(
        [random(*w.shape, dtype=dtype, seed=9) for w in ours.get_weights()]
    )
    stock.set_weights(ours.get_weights())
    return stock, ours


def values_and_gradients(layer, mask, initial_state, reverse_result):
    """Outputs, and gradients of a function of every output."""
    dtype = layer.compute_dtype
    factors = [
        random(BATCH, STEPS, UNITS, dtype=dtype, seed=1),
        random(BATCH, UNITS, dtype=dtype, seed=2),
        random(BATCH, UNITS, dtype=dtype, seed=3),
    ]

    def run(inputs, state):
        with tf.GradientTape() as tape:
            tape.watch([inputs, *state])
            outputs = list(
                layer(inputs, mask=mask, initial_state=state or None)
            )
            if reverse_result:
                outputs[0] = tf.reverse(outputs[0], [1])
            loss = tf.add_n(
                [
                    tf.reduce_sum(o * f)
                    for o, f in zip(outputs, factors, strict=True)
                ]
            )
        sources = [inputs, *state, *(w.value for w in layer.weights)]
        return outputs + tape.gradient(loss, sources)

    inputs = tf.constant(random(BATCH, STEPS, SIZE, dtype=dtype, seed=4))
    state = []
    if initial_state:
        state = [
            tf.constant(random(BATCH, UNITS, dtype=dtype, seed=s))
            for s in (5, 6)
        ]
    return run, (inputs, state)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("initial_state", [False, True])
@pytest.mark.parametrize("mask", MASKS)
def test_values_states_and_gradients_are_those_of_keras(
    mask, initial_state, go_backwards, dtype
):
    stock, ours = twins(dtype, go_backwards)
    run, arguments = values_and_gradients(
        stock, MASKS[mask], initial_state, go_backwards
    )
    expected = run(*arguments)
    run, arguments = values_and_gradients(
        ours, MASKS[mask], initial_state, False
    )
    for got, wanted in zip(run(*arguments), expected, strict=True):
        np.testing.assert_allclose(
            got, wanted, atol=TOLERANCE[dtype], rtol=TOLERANCE[dtype]
        )


@pytest.mark.parametrize("go_backwards", [False, True])
@pytest.mark.parametrize("mask", MASKS)
def test_a_graph_of_unknown_length_gives_the_numbers_of_the_unrolled_one(
    mask, go_backwards
):
    _, ours = twins("float64", go_backwards)
    run, arguments = values_and_gradients(ours, MASKS[mask], True, False)
    state = tf.TensorSpec([None, UNITS], tf.float64)
    sequence = tf.TensorSpec([None, None, SIZE], tf.float64)
    looped = tf.function(run, input_signature=[sequence, [state, state]])
    for got, wanted in zip(looped(*arguments), run(*arguments), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_a_graph_of_unknown_length_is_traced_once():
    layer = LSTM(UNITS)
    layer.build((None, None, SIZE))
    traces = []

    @tf.function(input_signature=[tf.TensorSpec([None, None, SIZE])])
    def gradients(inputs):
        traces.append(1)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(inputs)[0])
        return tape.gradient(loss, [w.value for w in layer.weights])

    for batch, steps in [(1, 1), (3, 4), (2, 40)]:
        gradients(tf.ones([batch, steps, SIZE]))
    assert len(traces) == 1


def test_a_long_sequence_of_known_length_agrees_with_keras():
    stock, ours = twins("float64")
    inputs = random(2, 50, SIZE, dtype="float64")
    for got, wanted in zip(ours(inputs), stock(inputs), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-10)


def test_the_layer_keeps_the_contract_of_layers():
    check_layer_contract(
        lambda **arguments: LSTM(UNITS, go_backwards=True, **arguments),
        random(BATCH, STEPS, SIZE),
    )


def test_steps_one_after_another_give_the_sequence():
    _, layer = twins("float64")
    inputs = random(BATCH, STEPS, SIZE, dtype="float64")
    sequence, h, c = layer(inputs)
    states = [tf.zeros([BATCH, UNITS], tf.float64)] * 2
    for t in range(STEPS):
        output, states, _ = layer.step(inputs[:, t], states)
        np.testing.assert_allclose(output, sequence[:, t], atol=1e-12)
    np.testing.assert_allclose(states[0], h, atol=1e-12)
    np.testing.assert_allclose(states[1], c, atol=1e-12)


def steps_taken(layer, inputs, state):
    """What steps one after another kept, stacked."""
    kept = []
    for t in range(inputs.shape[1]):
        _, state, of_step = layer.step(inputs[:, t], state)
        kept.append(of_step)
    return tf.nest.map_structure(lambda *parts: tf.stack(parts), *kept)


def sequence_and_gradients(layer, run, inputs, state):
    factors = random(BATCH, STEPS, UNITS, dtype="float64", seed=1)
    with tf.GradientTape() as tape:
        tape.watch([inputs, *state])
        sequence = run(inputs, state)
        loss = tf.reduce_sum(sequence * tf.cast(factors, sequence.dtype))
    sources = [inputs, *state, *(w.value for w in layer.weights)]
    return [sequence, *tape.gradient(loss, sources)]


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float64", 1e-12), ("mixed_bfloat16", 0.03)]
)
def test_a_replay_has_the_values_and_gradients_of_a_call(dtype, tolerance):
    layer = LSTM(UNITS, dtype=dtype)
    layer.build((BATCH, STEPS, SIZE))
    layer.set_weights([random(*w.shape, seed=9) for w in layer.get_weights()])
    compute = layer.compute_dtype
    inputs = tf.cast(random(BATCH, STEPS, SIZE, seed=4), compute)
    state = [tf.cast(random(BATCH, UNITS, seed=s), compute) for s in (5, 6)]
    carried = [state[0], tf.cast(state[1], carried_dtype(state[1].dtype))]
    kept = steps_taken(layer, inputs, carried)
    replayed = sequence_and_gradients(
        layer, lambda x, s: layer.replay(x, s, kept), inputs, state
    )
    called = sequence_and_gradients(
        layer, lambda x, s: layer(x, initial_state=s)[0], inputs, state
    )
    for got, wanted in zip(replayed, called, strict=True):
        assert got.dtype == wanted.dtype
        got, wanted = (tf.cast(v, tf.float64).numpy() for v in (got, wanted))
        assert np.abs(got - wanted).max() < tolerance * np.abs(wanted).max()


def test_no_gradient_passes_steps_of_which_zeros_were_kept():
    _, layer = twins("float64")
    inputs = tf.constant(random(BATCH, STEPS, SIZE, dtype="float64", seed=4))
    state = [tf.zeros([BATCH, UNITS], tf.float64)] * 2
    kept = tf.nest.map_structure(
        lambda part: part.numpy(), steps_taken(layer, inputs, state)
    )
    for part in kept:
        part[2:, 1] = 0.0
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        sequence = layer.replay(inputs, state, Kept(*map(tf.constant, kept)))
    of_inputs = tape.gradient(sequence, inputs).numpy()
    np.testing.assert_array_equal(sequence[1, 2:], 0)
    np.testing.assert_array_equal(of_inputs[1, 2:], 0)
    assert np.isfinite(of_inputs).all()
    assert of_inputs[[0, 2]].all()


def test_bfloat16_carries_the_cell_in_float32_and_stays_near_float32():
    _, full = twins("float32")
    half = LSTM(UNITS, dtype="mixed_bfloat16")
    half.build((BATCH, STEPS, SIZE))
    half.set_weights(full.get_weights())
    run, arguments = values_and_gradients(full, MASKS["padding"], True, False)
    wanted = run(*arguments)
    inputs, state = arguments
    with tf.GradientTape() as tape:
        outputs = half(inputs, mask=MASKS["padding"], initial_state=state)
        loss = tf.reduce_sum(tf.cast(outputs[0], tf.float32))
    gradients = tape.gradient(loss, [w.value for w in half.weights])
    assert {o.dtype for o in outputs} == {tf.bfloat16}
    assert {g.dtype for g in gradients} == {tf.float32}
    for got, value in zip(outputs, wanted, strict=False):
        np.testing.assert_allclose(
            tf.cast(got, tf.float32), value, atol=0.03, rtol=0.03
        )


def test_a_step_keeps_the_type_of_the_states_it_is_given():
    layer = LSTM(UNITS, dtype="mixed_bfloat16")
    layer.build((None, None, SIZE))
    states = [tf.zeros([2, UNITS], tf.bfloat16), tf.zeros([2, UNITS])]
    output, (h, c), _ = layer.step(tf.ones([2, SIZE]), states)
    assert (output.dtype, h.dtype, c.dtype) == (
        tf.bfloat16,
        tf.bfloat16,
        tf.float32,
    )


def test_a_functional_model_takes_the_layer_and_passes_the_mask_on():
    ids = keras.Input([None], dtype="int32")
    embedded = keras.layers.Embedding(7, SIZE, mask_zero=True)(ids)
    sequence, h, c = LSTM(UNITS)(embedded)
    again, _, _ = LSTM(UNITS, go_backwards=True)(sequence, initial_state=[h, c])
    assert sequence.shape == (None, None, UNITS)
    assert h.shape == c.shape == (None, UNITS)
    assert again._keras_mask is not None
    assert getattr(h, "_keras_mask", None) is None
    model = keras.Model(ids, [again, h])
    padded, short = np.array([[3, 4, 0, 0]]), np.array([[3, 4]])
    for a, b in zip(model(padded), model(short), strict=True):
        length = b.shape[1]
        np.testing.assert_allclose(a[:, :length], b, atol=1e-6)


def test_a_model_with_the_layer_is_saved_and_loaded(tmp_path):
    inputs = keras.Input([None, SIZE])
    model = keras.Model(inputs, LSTM(UNITS, go_backwards=True)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = random(2, 3, SIZE)
    for got, wanted in zip(again(x), model(x), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_an_exported_model_runs_without_the_layer(tmp_path):
    inputs = keras.Input([None, SIZE])
    model = keras.Model(inputs, LSTM(UNITS)(inputs))
    model.export(tmp_path / "model", verbose=False)
    served = tf.saved_model.load(tmp_path / "model")
    x = random(2, 3, SIZE)
    for got, wanted in zip(served.serve(x), model(x), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-6)


def test_dropout_drops_the_same_inputs_at_every_step_in_training_only():
    layer = LSTM(UNITS, dropout=0.5, seed=1)
    inputs = tf.ones([2, STEPS, SIZE])
    plain = layer(inputs, training=False)[0]
    np.testing.assert_array_equal(plain, layer(inputs)[0])
    dropped = layer.input_dropout(inputs, training=True).numpy()
    assert (dropped == 0).any()
    np.testing.assert_array_equal(dropped, dropped[:, :1].repeat(STEPS, 1))
    assert not np.allclose(plain, layer(inputs, training=True)[0])
    assert len(layer.get_weights()) == 3


def test_initial_weights_follow_keras():
    keras.utils.set_random_seed(0)
    ours = LSTM(8)
    ours.build((None, None, SIZE))
    kernel, recurrent_kernel, bias = ours.get_weights()
    limit = np.sqrt(6 / (SIZE + 32))
    assert limit * 0.9 < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(
        recurrent_kernel @ recurrent_kernel.T, np.eye(8), atol=1e-5
    )
    np.testing.assert_array_equal(bias, [0] * 8 + [1] * 8 + [0] * 16)

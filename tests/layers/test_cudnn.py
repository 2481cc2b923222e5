"""The path of a GPU, on the CPU: Keras' layer without its cuDNN kernel."""

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers import LSTM, BidirectionalLSTM, cudnn

PADDING = np.arange(6)[None] < np.array([[6], [2], [1]])
INPUTS = np.random.default_rng(0).normal(size=(3, 6, 4))


def pair(monkeypatch, make):
    """A layer as on a machine with cuDNN, and one as without."""
    layers = []
    for available in (True, False):
        monkeypatch.setattr(cudnn, "is_available", lambda a=available: a)
        layer = make()
        layer.build(INPUTS.shape)
        layers.append(layer)
    layers[0].set_weights(layers[1].get_weights())
    return layers


def values_and_gradients(layer, mask):
    @tf.function
    def run(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(inputs, mask=mask)
            loss = tf.add_n([tf.reduce_sum(tf.sin(3 * o)) for o in outputs])
        sources = [inputs, *(w.value for w in layer.weights)]
        return [*outputs, *tape.gradient(loss, sources)]

    return run(tf.constant(INPUTS))


def test_without_a_gpu_the_loop_of_this_package_is_chosen():
    assert not cudnn.is_available()
    layer = LSTM(5)
    layer.build(INPUTS.shape)
    assert not isinstance(layer._recurrence, cudnn.StockRecurrence)


@pytest.mark.parametrize(
    ("make", "mask"),
    [
        (lambda: LSTM(5, dtype="float64"), None),
        (lambda: LSTM(5, go_backwards=True, dtype="float64"), None),
        (lambda: BidirectionalLSTM(5, dtype="float64"), None),
        (lambda: BidirectionalLSTM(5, dtype="float64"), PADDING),
    ],
)
def test_with_cudnn_the_layer_of_keras_works_on_the_same_weights(
    monkeypatch, make, mask
):
    calls = []
    call = cudnn.StockRecurrence.__call__
    monkeypatch.setattr(
        cudnn.StockRecurrence,
        "__call__",
        lambda self, *a, **k: calls.append(1) or call(self, *a, **k),
    )
    stock, ours = pair(monkeypatch, make)
    for got, wanted in zip(
        values_and_gradients(stock, mask),
        values_and_gradients(ours, mask),
        strict=True,
    ):
        np.testing.assert_allclose(got, wanted, atol=1e-10, rtol=1e-10)
    directions = 2 if isinstance(stock, BidirectionalLSTM) else 1
    assert len(calls) == directions
    assert len(stock.weights) == 3 * directions

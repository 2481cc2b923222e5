"""The recurrence on a GPU: Keras' own layer, which calls cuDNN."""

import keras
import tensorflow as tf


def is_available() -> bool:
    """Whether TensorFlow sees a GPU and was built with cuDNN."""
    return tf.test.is_built_with_cuda() and bool(
        tf.config.list_physical_devices("GPU")
    )


class StockRecurrence:
    """Does what `lstm_loop.run_lstm` does, by `keras.layers.LSTM`.

    cuDNN takes masks that pad on the right and rows of at least one step;
    the outputs of padded steps are zero.

    Args:
        units: size of the state.
        size: size of the inputs.
        dtype: of inputs and weights.
        reverse: whether to go from the last step to the first.
    """

    def __init__(self, units: int, size: int, dtype: str, reverse: bool):
        self.reverse = reverse
        self.layer = keras.layers.LSTM(
            units,
            return_sequences=True,
            return_state=True,
            go_backwards=reverse,
            dtype=dtype,
        )
        # It is called with the weights of another layer: its own are unused
        # and need not take the GPU's memory.
        with keras.device("cpu:0"):
            self.layer.build((None, None, size))

    def __call__(self, inputs, weights, mask=None, initial_state=None):
        """Runs over `[T, B, D]`; see `run_lstm`."""
        seeds = [
            tf.zeros(v.shape, v.dtype)
            for v in self.layer.non_trainable_variables
        ]
        (outputs, h, c), _ = self.layer.stateless_call(
            weights,
            seeds,
            tf.transpose(inputs, [1, 0, 2]),
            mask=mask,
            initial_state=initial_state,
        )
        if self.reverse:
            outputs = tf.reverse(outputs, [1])
        return tf.transpose(outputs, [1, 0, 2]), h, c

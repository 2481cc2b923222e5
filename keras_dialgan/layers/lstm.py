"""Long short-term memory with the input product outside of the time loop."""

import functools

import keras
import tensorflow as tf

from keras_dialgan.layers import cudnn
from keras_dialgan.layers.lstm_loop import (
    Kept,
    carried_dtype,
    hidden,
    lstm_cell,
    replay_lstm,
    run_lstm,
)


@keras.saving.register_keras_serializable(package="keras_dialgan")
class LSTM(keras.layers.Layer):
    """Long short-term memory, with the numbers of `keras.layers.LSTM`.

    The weights are those of `keras.layers.LSTM` (`kernel`,
    `recurrent_kernel`, `bias`; gates in the order input, forget, candidate,
    output), so `get_weights()` and `set_weights()` exchange them. It is
    faster because `x W + b` is one product for all steps and the gradient of
    the loop is written by hand. A second derivative is not defined.

    Where TensorFlow sees a GPU, `keras.layers.LSTM` does the work by cuDNN,
    with this layer's weights; masks must then pad on the right.

    The layer always returns the sequence and the final state. A masked step
    carries the state through and repeats the former output, which is zero
    before the first step that counts.

    Args:
        units: Size of the output and of the cell state.
        go_backwards: Whether to process the last step first. The sequence is
            returned in its original order all the same.
        dropout: Share of the inputs to drop in training; the same inputs at
            every step of a sequence.
        seed: Seed of the dropout.

    Call arguments:
        inputs: `[B, T, D]`.
        mask: `[B, T]` booleans, true where a step counts; by default the
            mask that the inputs carry, if any.
        initial_state: List `[h, c]`, each `[B, units]`; zeros if left out.
        training: Whether to apply dropout.

    Returns:
        Tuple `(sequence, h, c)`: `[B, T, units]`, `[B, units]`,
        `[B, units]`.

    Example:

    ```python
    sequence, h, c = LSTM(512)(embedded, mask=ids != 0)
    ```

    Reference:
        Hochreiter and Schmidhuber, 1997.
    """

    def __init__(
        self, units, go_backwards=False, dropout=0.0, seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.units = units
        self.go_backwards = go_backwards
        self.dropout = dropout
        self.seed = seed
        self.supports_masking = True
        if dropout:
            self.input_dropout = keras.layers.Dropout(
                dropout,
                noise_shape=(None, 1, None),
                seed=seed,
                dtype=self.dtype_policy,
            )

    def build(self, inputs_shape, initial_state_shape=None):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(inputs_shape[-1], 4 * self.units),
            initializer="glorot_uniform",
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, 4 * self.units),
            initializer="orthogonal",
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(4 * self.units,),
            initializer=_unit_forget_bias,
        )
        if cudnn.is_available():
            self._recurrence = cudnn.StockRecurrence(
                self.units,
                inputs_shape[-1],
                self.compute_dtype,
                self.go_backwards,
            )
        else:
            self._recurrence = functools.partial(
                run_lstm, reverse=self.go_backwards
            )

    def call(self, inputs, mask=None, initial_state=None, training=None):
        if mask is None:
            # Keras hands the mask over only if there is no second tensor
            # argument such as the initial state.
            mask = getattr(inputs, "_keras_mask", None)
        if self.dropout:
            inputs = self.input_dropout(inputs, training=training)
        outputs, h, c = self.run(
            tf.transpose(inputs, [1, 0, 2]), mask, initial_state
        )
        return tf.transpose(outputs, [1, 0, 2]), h, c

    def run(self, by_time, mask=None, initial_state=None):
        """Runs over sequences of which the steps come first.

        Args:
            by_time: `[T, B, D]` in the type of computation.
            mask: `[B, T]` booleans or `None`.
            initial_state: list `[h, c]`, each `[B, units]`, or `None`.

        Returns:
            Tuple `(outputs, h, c)`, the outputs `[T, B, units]`.
        """
        return self._recurrence(
            by_time,
            self.cast_weights(),
            mask=mask,
            initial_state=initial_state,
        )

    def step(self, inputs, states, weights=None):
        """Takes one step, as a decoding loop does.

        Args:
            inputs: `[B, D]`.
            states: List `[h, c]`, each `[B, units]`.
            weights: what `cast_weights` returned, if it was called once for
                all steps.

        Returns:
            Tuple `(output, [h, c], kept)`, the states in the types they came
            in, and what `replay` needs of the step.
        """
        kernel, recurrent_kernel, bias = weights or self.cast_weights()
        h, c = states
        inputs = tf.cast(inputs, self.compute_dtype)
        former = tf.cast(h, self.compute_dtype)
        z = tf.matmul(inputs, kernel) + tf.matmul(former, recurrent_kernel)
        z += bias
        kept = lstm_cell(z, tf.cast(c, carried_dtype(z.dtype)))
        output = hidden(kept, self.compute_dtype)
        states = [tf.cast(output, h.dtype), tf.cast(kept.cell, c.dtype)]
        return output, states, kept

    def room(self, steps) -> Kept:
        """Makes arrays for what a loop of so many steps keeps."""
        dtype = carried_dtype(tf.as_dtype(self.compute_dtype))
        return Kept(
            *(
                tf.TensorArray(dtype, steps, element_shape=[None, self.units])
                for _ in Kept._fields
            )
        )

    def replay(self, inputs, initial_state, kept: Kept):
        """Runs over a sequence of which each step was taken before.

        Args:
            inputs: `[B, T, D]`, those of the steps.
            initial_state: list `[h, c]`, each `[B, units]`.
            kept: what the steps kept, `[T, B, units]` each.

        Returns:
            The sequence, `[B, T, units]`, of the values that the steps found
            and with the gradient of a call, by no product but the gradient's.
        """
        outputs = replay_lstm(
            tf.transpose(inputs, [1, 0, 2]),
            self.cast_weights(),
            initial_state,
            kept,
        )
        return tf.transpose(outputs, [1, 0, 2])

    def compute_output_shape(self, inputs_shape, initial_state_shape=None):
        batch, steps, _ = inputs_shape
        state = (batch, self.units)
        return (batch, steps, self.units), state, state

    def compute_output_spec(
        self, inputs, mask=None, initial_state=None, training=None
    ):
        return tuple(
            keras.KerasTensor(shape, dtype=self.compute_dtype)
            for shape in self.compute_output_shape(inputs.shape)
        )

    def compute_mask(self, inputs, mask=None):
        return mask, None, None

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "go_backwards": self.go_backwards,
            "dropout": self.dropout,
            "seed": self.seed,
        }

    def cast_weights(self):
        """Kernel, recurrent kernel and bias in the type of computation."""
        return [
            tf.cast(keras.ops.convert_to_tensor(w), self.compute_dtype)
            for w in (self.kernel, self.recurrent_kernel, self.bias)
        ]


def _unit_forget_bias(shape, dtype=None):
    units = shape[0] // 4
    return tf.repeat(tf.constant([0, 1, 0, 0], dtype), units)

"""Two recurrent layers, one for each direction of time."""

import keras
import tensorflow as tf

from keras_dialgan.layers.lstm import LSTM


@keras.saving.register_keras_serializable(package="keras_dialgan")
class BidirectionalLSTM(keras.layers.Layer):
    """A forward and a backward `LSTM` with their outputs concatenated.

    Weights and numbers are those of
    `keras.layers.Bidirectional(keras.layers.LSTM(units,
    return_sequences=True))`: `get_weights()` and `set_weights()` exchange
    them, and the outputs of masked steps are zero. The loops of the two
    directions run side by side.

    Args:
        units: Size of the output of each direction.
        dropout: Share of the inputs to drop in training; the same inputs at
            every step of a sequence and in both directions.
        seed: Seed of the dropout.

    Call arguments:
        inputs: `[B, T, D]`.
        mask: `[B, T]` booleans, true where a step counts; by default the
            mask that the inputs carry, if any.
        initial_state: List `[h, c]`, each `[B, 2 * units]`, as returned;
            zeros if left out.
        training: Whether to apply dropout.

    Returns:
        Tuple `(sequence, h, c)`: `[B, T, 2 * units]`, `[B, 2 * units]`,
        `[B, 2 * units]`; the forward half comes first.

    Example:

    ```python
    sequence, h, c = BidirectionalLSTM(512)(embedded, mask=ids != 0)
    ```
    """

    def __init__(self, units, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.dropout = dropout
        self.seed = seed
        self.supports_masking = True
        self.forward_layer = LSTM(
            units, name="forward", dtype=self.dtype_policy
        )
        self.backward_layer = LSTM(
            units, go_backwards=True, name="backward", dtype=self.dtype_policy
        )
        if dropout:
            self.input_dropout = keras.layers.Dropout(
                dropout,
                noise_shape=(None, 1, None),
                seed=seed,
                dtype=self.dtype_policy,
            )

    def build(self, inputs_shape, initial_state_shape=None):
        self.forward_layer.build(inputs_shape)
        self.backward_layer.build(inputs_shape)

    def call(self, inputs, mask=None, initial_state=None, training=None):
        if mask is None:
            # Keras hands the mask over only if there is no second tensor
            # argument such as the initial state.
            mask = getattr(inputs, "_keras_mask", None)
        if self.dropout:
            inputs = self.input_dropout(inputs, training=training)
        by_time = tf.transpose(inputs, [1, 0, 2])
        states = [None, None]
        if initial_state is not None:
            halves = [tf.split(s, 2, axis=-1) for s in initial_state]
            states = list(zip(*halves, strict=True))
        ahead, h_ahead, c_ahead = self.forward_layer.run(
            by_time, mask, states[0]
        )
        behind, h_behind, c_behind = self.backward_layer.run(
            by_time, mask, states[1]
        )
        sequence = tf.transpose(tf.concat([ahead, behind], -1), [1, 0, 2])
        if mask is not None:
            sequence *= tf.cast(mask, sequence.dtype)[:, :, None]
        return (
            sequence,
            tf.concat([h_ahead, h_behind], -1),
            tf.concat([c_ahead, c_behind], -1),
        )

    def compute_output_shape(self, inputs_shape, initial_state_shape=None):
        batch, steps, _ = inputs_shape
        state = (batch, 2 * self.units)
        return (batch, steps, 2 * self.units), state, state

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
            "dropout": self.dropout,
            "seed": self.seed,
        }

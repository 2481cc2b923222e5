"""Adam as one fused pass over every weight."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_dialgan")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` with a fused update.

    Arguments, slots, checkpoints and numbers are those of
    `keras.optimizers.Adam`. The moments and the weight are updated in one
    pass by TensorFlow's kernel, instead of by some ten operations each of
    which reads and writes arrays of the weight's size. In float32 the kernel
    rounds `1 - beta_2` otherwise than Keras does, by 1e-5 of it, which
    changes an update by less than 1e-5 of itself.

    The gradient of looked-up rows (`tf.IndexedSlices`) has the rows that occur
    several times summed before clipping and squaring, where Keras squares
    them one by one. It then counts as a dense gradient, since the moments of
    all rows decay at every step.

    With `amsgrad` the update is that of Keras, which no kernel offers.
    """

    def apply(self, grads, trainable_variables=None):
        grads = [_with_distinct_rows(gradient) for gradient in grads]
        return super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        if self.amsgrad:
            super().update_step(gradient, variable, learning_rate)
            return
        index = self._get_variable_index(variable)
        weight, m, v = (
            _resource(x)
            for x in (
                variable,
                self._momentums[index],
                self._velocities[index],
            )
        )
        dtype = weight.dtype
        step = tf.cast(self.iterations + 1, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=m.handle,
            v=v.handle,
            # Like Keras, the powers are those of the rate in float32, in
            # float64 too; the rates themselves are exact.
            beta1_power=tf.pow(tf.cast(self.beta_1, dtype), step),
            beta2_power=tf.pow(tf.cast(self.beta_2, dtype), step),
            lr=tf.cast(learning_rate, dtype),
            beta1=tf.constant(self.beta_1, dtype),
            beta2=tf.constant(self.beta_2, dtype),
            epsilon=tf.constant(self.epsilon, dtype),
            grad=tf.cast(tf.convert_to_tensor(gradient), dtype),
        )


def _with_distinct_rows(gradient):
    if not isinstance(gradient, tf.IndexedSlices):
        return gradient
    rows, positions = tf.unique(gradient.indices)
    values = tf.math.unsorted_segment_sum(
        gradient.values, positions, tf.size(rows)
    )
    return tf.IndexedSlices(values, rows, gradient.dense_shape)


def _resource(variable):
    """The variable of this replica that holds the values."""
    if isinstance(variable, keras.Variable):
        variable = variable.value
    if isinstance(variable, tf.distribute.DistributedValues):
        variable = variable._get_on_device_or_primary()
    return variable

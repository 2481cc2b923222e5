"""Adam as one fused pass over every weight."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="keras_dialgan")
class Adam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` with a fused update.

    Numbers, slots and checkpoints are those of `keras.optimizers.Adam`. The
    moments and the weight are updated in one pass by TensorFlow's kernel,
    instead of by some ten operations each of which reads and writes
    arrays of the weight's size. The gradient of looked-up rows is summed into
    a dense one, because the moments of all rows decay at every step.
    """

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
        gradient = tf.cast(tf.convert_to_tensor(gradient), dtype)
        step = tf.cast(self.iterations + 1, dtype)
        beta_1 = tf.cast(self.beta_1, dtype)
        beta_2 = tf.cast(self.beta_2, dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=weight.handle,
            m=m.handle,
            v=v.handle,
            beta1_power=tf.pow(beta_1, step),
            beta2_power=tf.pow(beta_2, step),
            lr=tf.cast(learning_rate, dtype),
            beta1=beta_1,
            beta2=beta_2,
            epsilon=tf.cast(self.epsilon, dtype),
            grad=gradient,
        )


def _resource(variable):
    """The variable of this replica that holds the values."""
    if isinstance(variable, keras.Variable):
        variable = variable.value
    if isinstance(variable, tf.distribute.DistributedValues):
        variable = variable._get_on_device_or_primary()
    return variable

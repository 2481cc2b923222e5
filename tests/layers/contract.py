"""What every layer of this package owes to Keras."""

import keras
import numpy as np
import tensorflow as tf

POLICIES = ("float32", "mixed_bfloat16", "float64")


def check_layer_contract(make_layer, inputs, **call_arguments):
    """Checks serialisation, symbolic calls, training and precision policies.

    Args:
        make_layer: function of keyword arguments (`dtype`) to a new layer.
        inputs: NumPy arrays as the layer takes them (an array or a list).
        **call_arguments: passed on to each call.
    """
    _check_serialisation(make_layer, inputs, call_arguments)
    for policy in POLICIES:
        _check_policy(make_layer, inputs, call_arguments, policy)


def _check_serialisation(make_layer, inputs, call_arguments):
    layer = make_layer()
    # The copy, too, is called twice: a layer that draws goes on drawing.
    layer(inputs, **call_arguments)
    expected = layer(inputs, **call_arguments)
    described = keras.saving.serialize_keras_object(layer)
    assert described["registered_name"].startswith("keras_dialgan>")
    copy = keras.saving.deserialize_keras_object(described)
    assert copy.get_config() == layer.get_config()
    copy(inputs, **call_arguments)
    copy.set_weights(layer.get_weights())
    for first, second in zip(
        tf.nest.flatten(expected),
        tf.nest.flatten(copy(inputs, **call_arguments)),
        strict=True,
    ):
        np.testing.assert_array_equal(first, second)


def _check_policy(make_layer, inputs, call_arguments, policy):
    layer = make_layer(dtype=policy)
    with tf.GradientTape() as tape:
        outputs = tf.nest.flatten(layer(inputs, **call_arguments))
        total = sum(tf.reduce_sum(tf.cast(o, "float32")) for o in outputs)
    gradients = tape.gradient(total, layer.trainable_variables)
    assert gradients
    assert all(gradient is not None for gradient in gradients)

    symbolic_inputs = tf.nest.map_structure(
        lambda array: keras.Input(
            array.shape[1:], dtype=_symbolic_dtype(array, policy)
        ),
        inputs,
    )
    symbolic = tf.nest.flatten(layer(symbolic_inputs, **call_arguments))
    for eager, drawn in zip(outputs, symbolic, strict=True):
        assert tuple(eager.shape[1:]) == tuple(drawn.shape[1:])
        assert keras.backend.standardize_dtype(eager.dtype) == drawn.dtype


def _symbolic_dtype(array, policy):
    if np.issubdtype(array.dtype, np.integer):
        return "int32"
    return keras.DTypePolicy(policy).compute_dtype

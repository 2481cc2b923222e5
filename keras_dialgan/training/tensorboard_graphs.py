"""The graphs of generator and discriminator for TensorBoard."""

import tensorflow as tf
from tensorboard.plugins.graph.metadata import (
    PLUGIN_NAME_RUN_METADATA_WITH_GRAPH,
)

from keras_dialgan.models import Discriminator, Generator


def write_graphs(generator: Generator, discriminator: Discriminator) -> None:
    """Writes both graphs to the current `tf.summary` writer.

    `tf.summary.graph` shows one graph a run; each of these has a tag.

    Args:
        generator: shown under teacher forcing.
        discriminator: its opponent.
    """
    for model in (generator, discriminator):
        metadata = tf.compat.v1.RunMetadata()
        graphs = metadata.function_graphs.add()
        graphs.pre_optimization_graph.CopyFrom(_graph(model))
        summary = tf.compat.v1.SummaryMetadata()
        summary.plugin_data.plugin_name = PLUGIN_NAME_RUN_METADATA_WITH_GRAPH
        summary.plugin_data.content = b"1"  # the version of the format
        tf.summary.write(
            f"{model.name}_graph",
            metadata.SerializeToString(),
            metadata=summary,
        )


def _graph(model) -> tf.compat.v1.GraphDef:
    inputs = {
        name: tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in model.input.items()
    }
    traced = tf.function(model, autograph=False)
    return traced.get_concrete_function(inputs).graph.as_graph_def()

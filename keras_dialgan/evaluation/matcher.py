"""A dual encoder that knows which response belongs to which context."""

import dataclasses
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

from keras_dialgan.models import pad_rows
from keras_dialgan.models.sequences import valid_positions

_ENCODE_BATCH = 256


@dataclass(frozen=True)
class MatcherConfig:
    """Sizes of the matcher.

    Args:
        vocabulary_size: rows of its word matrix.
        embedding_dimension: columns of its word matrix.
        units: size of the vectors that stand for utterances, and filters of
            the convolution.
        width: tokens that a filter sees at once.
        dropout: share of the inputs set to zero in training.
    """

    vocabulary_size: int
    embedding_dimension: int = 128
    units: int = 256
    width: int = 3
    dropout: float = 0.2


class Tower(layers.Layer):
    """Turns word vectors of an utterance into a unit vector.

    A convolution, the maximum and the mean over the tokens, a dense layer.

    Args:
        config: the sizes.
        name: the layer's name.

    Call arguments:
        vectors: `[batch, time, D]`.
        mask: boolean `[batch, time]`.
        training: whether to drop inputs.

    Returns:
        Unit vectors, `[batch, units]`.
    """

    def __init__(self, config: MatcherConfig, name: str):
        super().__init__(name=name)
        self.dropout = layers.Dropout(config.dropout)
        self.convolution = layers.Conv1D(
            config.units, config.width, padding="same", activation="gelu"
        )
        self.summary = layers.Dense(config.units)

    def build(self, shape):
        self.convolution.build(shape)
        self.summary.build((None, 2 * self.convolution.filters))

    def call(self, vectors, mask, training=False):
        kept = ops.cast(mask[:, :, None], vectors.dtype)
        features = self.convolution(
            self.dropout(vectors, training=training) * kept
        )
        highest = ops.max(ops.where(kept > 0, features, -1e9), axis=1)
        mean = ops.sum(features * kept, axis=1) / ops.sum(kept, axis=1)
        joined = ops.concatenate([highest, mean], axis=-1)
        summary = self.summary(self.dropout(joined, training=training))
        return ops.normalize(summary, axis=-1)


class Matcher(keras.Model):
    """Scores pairs by the cosine of two towers' vectors.

    It has its own word matrix and shares nothing with generator and
    discriminator; convolutions and pooling instead of LSTMs, lest it should
    share their weaknesses.

    Args:
        config: its sizes.
        name: the model's name.

    Call arguments:
        inputs: a dictionary of token ids `context` and `response`,
            `[batch, time]`, each row ended by EOS.
        training: whether to drop inputs.

    Returns:
        Logits of which response belongs to which context, `[batch, batch]`.
    """

    def __init__(self, config: MatcherConfig, name: str = "matcher"):
        super().__init__(name=name)
        self.config = config
        self.words = layers.Embedding(
            config.vocabulary_size, config.embedding_dimension, name="words"
        )
        self.towers = {
            side: Tower(config, side) for side in ("context", "response")
        }
        self.log_scale = self.add_weight(
            name="log_scale",
            shape=(),
            initializer=keras.initializers.Constant(2.5),
        )
        shape = (None, None, config.embedding_dimension)
        self.words.build((None, None))
        for tower in self.towers.values():
            tower.build(shape)
        self.built = True

    def call(self, inputs, training=False):
        x, y = (
            self.vectors(side, inputs[side], training)
            for side in ("context", "response")
        )
        return ops.matmul(x, ops.transpose(y)) * ops.exp(self.log_scale)

    def vectors(self, side: str, tokens, training=False):
        """Returns the unit vectors of a batch of contexts or responses."""
        return self.towers[side](
            self.words(tokens), valid_positions(tokens), training=training
        )

    def encode_contexts(self, rows: list[list[int]]) -> np.ndarray:
        """Returns the unit vectors of contexts, without EOS, `[rows, D]`."""
        return self._encode("context", rows)

    def encode_responses(self, rows: list[list[int]]) -> np.ndarray:
        """Returns the unit vectors of responses, without EOS, likewise."""
        return self._encode("response", rows)

    def _encode(self, side: str, rows: list[list[int]]) -> np.ndarray:
        @tf.function(
            autograph=False,
            input_signature=[tf.TensorSpec([None, None], tf.int32)],
        )
        def encode(tokens):
            return self.vectors(side, tokens)

        # Each utterance once: equal ones must score equally to the last bit.
        places = {
            row: i
            for i, row in enumerate(sorted(set(map(tuple, rows)), key=len))
        }
        unique = list(places)
        found = [
            encode(pad_rows(unique[start : start + _ENCODE_BATCH])).numpy()
            for start in range(0, len(unique), _ENCODE_BATCH)
        ]
        return np.concatenate(found)[[places[tuple(row)] for row in rows]]

    def get_config(self) -> dict:
        return {"config": dataclasses.asdict(self.config), "name": self.name}

    @classmethod
    def from_config(cls, config: dict) -> "Matcher":
        return cls(MatcherConfig(**config["config"]), config["name"])


def matching_loss(logits):
    """In-batch negatives, from contexts to responses and back, averaged."""
    labels = tf.range(tf.shape(logits)[0])
    directions = (logits, tf.transpose(logits))
    return tf.add_n(
        [
            tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels, one)
            )
            for one in directions
        ]
    ) / len(directions)

"""The discriminator: was this response produced by a bot?"""

import dataclasses

import keras
from keras import layers, ops

from keras_dialgan.config import DiscriminatorConfig
from keras_dialgan.layers import BidirectionalLSTM


@keras.saving.register_keras_serializable(package="keras_dialgan")
class Discriminator(keras.Model):
    """A functional model from word vectors of a pair to a confidence.

    Two bidirectional LSTM stacks read the context and the response; their
    final states pass through a leaky-ReLU layer to one sigmoid unit. It
    reads word vectors, so that human responses (rows of W) and generated
    ones (top-k mixtures) enter by the same door.

    Inputs are a dictionary of `context` and `response`, float vectors
    `[batch, time, D]`, and `context_mask` and `response_mask`, booleans
    `[batch, time]`. Masked positions have no influence. The output is
    a = D(x, r), `[batch, 1]`, the confidence that a bot produced r.

    Args:
        config: sizes; `embedding_dimension` must be set.
        name: the model's name.

    Raises:
        ValueError: if the embedding dimension is not set.

    Reference:
    - [Lopez Zorrilla et al., 2019], section on the discriminator.
    """

    def __init__(
        self, config: DiscriminatorConfig, name: str = "discriminator"
    ):
        if config.embedding_dimension is None:
            raise ValueError(
                "discriminator.embedding_dimension must be set before building"
            )
        self.config = config
        self.context_encoder = _stack(config, "context_encoder")
        self.response_encoder = _stack(config, "response_encoder")
        self.hidden = layers.Dense(config.hidden_units, name="hidden")
        self.hidden_activation = layers.LeakyReLU(name="hidden_activation")
        self.dropout = layers.Dropout(config.dropout, name="dropout")
        # The logit and the confidence keep their digits in mixed precision.
        precise = keras.backend.result_type(
            keras.config.dtype_policy().compute_dtype, "float32"
        )
        self.output_layer = layers.Dense(1, name="output", dtype=precise)
        self.sigmoid = layers.Activation(
            "sigmoid", name="confidence", dtype=precise
        )
        dimension = config.embedding_dimension
        inputs = {
            "context": keras.Input((None, dimension), name="context"),
            "context_mask": keras.Input(
                (None,), dtype="bool", name="context_mask"
            ),
            "response": keras.Input((None, dimension), name="response"),
            "response_mask": keras.Input(
                (None,), dtype="bool", name="response_mask"
            ),
        }
        super().__init__(
            inputs=inputs, outputs=self.sigmoid(self.score(inputs)), name=name
        )

    def score(self, inputs: dict, training: bool = False):
        """Returns the logit of the confidence, `[batch, 1]`, in float32.

        Losses are computed from it, since a sigmoid near 1 has lost the
        digits that its logarithm needs.
        """
        context = self._summary(
            self.context_encoder,
            inputs["context"],
            inputs["context_mask"],
            training,
        )
        response = self._summary(
            self.response_encoder,
            inputs["response"],
            inputs["response_mask"],
            training,
        )
        hidden = self.hidden(ops.concatenate([context, response], axis=-1))
        hidden = self.hidden_activation(hidden)
        return self.output_layer(self.dropout(hidden, training=training))

    def _summary(self, stack: list, vectors, mask, training: bool):
        for layer in stack:
            vectors = self.dropout(vectors, training=training)
            vectors, state, _ = layer(vectors, mask=mask)
        return state

    def get_config(self) -> dict:
        return {
            "config": dataclasses.asdict(self.config),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict) -> "Discriminator":
        return cls(DiscriminatorConfig(**config["config"]), config["name"])


def build_discriminator(config: DiscriminatorConfig) -> Discriminator:
    """Builds the discriminator, a functional `keras.Model`."""
    return Discriminator(config)


def _stack(config: DiscriminatorConfig, name: str) -> list:
    return [
        BidirectionalLSTM(config.units, name=f"{name}_{i}")
        for i in range(config.layers)
    ]

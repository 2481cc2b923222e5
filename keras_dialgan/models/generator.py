"""The generator: a sequence-to-sequence model with attention."""

import dataclasses
from typing import Any, NamedTuple

import keras
from keras import layers, ops

from keras_dialgan.config import GeneratorConfig
from keras_dialgan.layers import (
    LSTM,
    BidirectionalLSTM,
    LuongAttention,
    TopKSoftmaxEmbedding,
    VocabularyProjection,
)
from keras_dialgan.models.sequences import shift_right, valid_positions
from keras_dialgan.text.vocabulary import BOS, PAD


class EncodedContext(NamedTuple):
    """What the decoder needs of a batch of contexts.

    Attributes:
        memory: the encoder's outputs h, `[batch, time, 2 * units]`.
        mask: boolean `[batch, time]`, the valid positions.
        states: the decoder's start state, a pair (h, c) for each layer.
    """

    memory: Any
    mask: Any
    states: list


class StepWeights(NamedTuple):
    """Weights as the steps of a decoding loop use them.

    Made once before the loop, they are neither cast nor transposed again at
    every step.

    Attributes:
        decoder: kernel, recurrent kernel and bias of each decoder layer.
        projection: kernel and bias of the projection to the vocabulary.
    """

    decoder: list
    projection: Any


@keras.saving.register_keras_serializable(package="keras_dialgan")
class Generator(keras.Model):
    """A functional model from (context, response) to logits.

    Inputs are a dictionary of `context`, the tokens x, and `response`, the
    tokens y that teacher forcing feeds shifted by one; the output are the
    logits f of each of the response's tokens, `[batch, time, V]`.

    Its methods are the parts of which decoding and the phases of training
    are made. There is no input feeding: the decoder reads W[y_{t-1}] only,
    so that all its outputs are computed in parallel under teacher forcing.

    Args:
        config: sizes; `vocabulary_size`, `embedding_dimension` and
            `max_length` must be set.
        k: words in the mixtures of the shared word matrix.
        name: the model's name.

    Raises:
        ValueError: if a size is not set.

    Reference:
    - [Lopez Zorrilla et al., 2019], Eq. 1 to 3.
    """

    def __init__(
        self, config: GeneratorConfig, k: int = 2, name: str = "generator"
    ):
        _check_complete(config)
        self.config = config
        self.word_embedding = TopKSoftmaxEmbedding(
            config.vocabulary_size,
            config.embedding_dimension,
            k=k,
            name="word_embedding",
        )
        self.encoder = [
            BidirectionalLSTM(config.encoder_units, name=f"encoder_{i}")
            for i in range(config.encoder_layers)
        ]
        self.decoder = [
            LSTM(config.decoder_units, name=f"decoder_{i}")
            for i in range(config.decoder_layers)
        ]
        self.bridge = _bridge(config)
        self.attention = LuongAttention(
            config.attention_score, config.attention_units, name="attention"
        )
        self.output_layer = layers.Dense(config.output_units, name="output")
        self.output_activation = layers.LeakyReLU(name="output_activation")
        self.projection = VocabularyProjection(
            config.vocabulary_size, (PAD, BOS), name="projection"
        )
        inputs = {
            key: keras.Input((None,), dtype="int32", name=key)
            for key in ("context", "response")
        }
        encoded = self.encode(inputs["context"])
        features = self.decode(inputs["response"], encoded)
        super().__init__(
            inputs=inputs, outputs=self.logits(features), name=name
        )

    def encode(self, context) -> EncodedContext:
        """Reads the contexts.

        Args:
            context: integer tokens `[batch, time]`, each row ended by EOS.
        """
        mask = valid_positions(context)
        memory = self.word_embedding(context)
        states = []
        for layer in self.encoder:
            memory, *state = layer(memory, mask=mask)
            states.append(state)
        return EncodedContext(memory, mask, self._start_states(states))

    def decode(self, response, encoded: EncodedContext, kept=None):
        """Runs the decoder over given responses, all steps in parallel.

        Args:
            response: integer tokens y, `[batch, time]`.
            encoded: the contexts, from `encode`.
            kept: what each layer kept when it took the same steps before,
                so that none is taken again.

        Returns:
            The features o~ before each token, `[batch, time, output_units]`.
        """
        outputs = self.word_embedding(shift_right(response))
        kept = kept or [None] * len(self.decoder)
        for layer, state, steps in zip(
            self.decoder, encoded.states, kept, strict=True
        ):
            if steps is not None:
                outputs = layer.replay(outputs, state, steps)
            else:
                # Steps after the end are computed and ignored: a mask would
                # only slow the loop down.
                outputs, *_ = layer(outputs, initial_state=state)
        context = self.attention(
            [outputs, encoded.memory], mask=[None, encoded.mask]
        )
        return self._features(outputs, context)

    def step_weights(self) -> StepWeights:
        """Prepares the weights for a decoding loop."""
        return StepWeights(
            [layer.cast_weights() for layer in self.decoder],
            self.projection.step_weights(),
        )

    def step(
        self,
        tokens,
        states: list,
        encoded: EncodedContext,
        keys,
        weights: StepWeights,
    ):
        """Runs one step of the decoder.

        Args:
            tokens: the former tokens y_{t-1}, `[batch]`.
            states: pairs (h, c), one for each layer.
            encoded: the contexts, from `encode`.
            keys: `attention.project_value(encoded.memory)`, computed once
                for all steps.
            weights: from `step_weights`, likewise.

        Returns:
            A tuple of the logits f_t, `[batch, V]`, the new states and what
            each layer kept of the step.
        """
        outputs = self.word_embedding(tokens)
        new_states, kept = [], []
        for layer, state, cast in zip(
            self.decoder, states, weights.decoder, strict=True
        ):
            outputs, state, steps = layer.step(outputs, state, cast)
            new_states.append(state)
            kept.append(steps)
        outputs = ops.expand_dims(outputs, 1)
        context, _ = self.attention.attend(
            outputs, encoded.memory, keys, encoded.mask
        )
        features = ops.squeeze(self._features(outputs, context), 1)
        logits = self.projection.step(features, weights.projection)
        return logits, new_states, kept

    def logits(self, features, indices=None):
        """Projects features to the logits of all tokens, or of `indices`."""
        return self.projection(features, indices=indices)

    def _start_states(self, states: list) -> list:
        top = len(states) - 1
        states = [states[min(i, top)] for i in range(len(self.decoder))]
        if not self.bridge:
            return states
        return [
            [layer(part) for layer, part in zip(bridge, state, strict=True)]
            for bridge, state in zip(self.bridge, states, strict=True)
        ]

    def _features(self, outputs, context):
        joined = ops.concatenate([outputs, context], axis=-1)
        return self.output_activation(self.output_layer(joined))

    def get_config(self) -> dict:
        return {
            "config": dataclasses.asdict(self.config),
            "k": self.word_embedding.k,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict) -> "Generator":
        sizes = GeneratorConfig(**config["config"])
        return cls(sizes, config["k"], config["name"])


def build_generator(config: GeneratorConfig, k: int = 2) -> Generator:
    """Builds the generator.

    Args:
        config: its sizes.
        k: words in the mixtures of the shared word matrix.

    Returns:
        A functional `keras.Model`, built.
    """
    return Generator(config, k)


def _bridge(config: GeneratorConfig) -> list:
    """Makes the layers from the encoder's final states to start states."""
    if config.decoder_units == 2 * config.encoder_units:
        return []  # equal sizes: the states pass as they are
    return [
        [
            layers.Dense(config.decoder_units, name=f"bridge_{i}_{state}")
            for state in ("h", "c")
        ]
        for i in range(config.decoder_layers)
    ]


def _check_complete(config: GeneratorConfig) -> None:
    for key in ("vocabulary_size", "embedding_dimension", "max_length"):
        if getattr(config, key) is None:
            raise ValueError(f"generator.{key} must be set before building")

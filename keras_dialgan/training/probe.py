"""A fixed set of inputs whose responses are watched during training."""

from collections import Counter
from functools import cached_property
from typing import Any

import tensorflow as tf

from keras_dialgan.models import Generator, Responder, pad_rows
from keras_dialgan.models.attention_weights import attention_weights
from keras_dialgan.models.nearest_word import KS, NearestWordRates
from keras_dialgan.text import Vocabulary, detokenize
from keras_dialgan.text.diversity import diversity
from keras_dialgan.text.vocabulary import PAD, SPECIAL_TOKENS
from keras_dialgan.training.pictures import AttentionMap

TABLE_1_UTTERANCES = (
    "hi!",
    "I love you.",
    "who is she?",
    "what's the color of the sky?",
    "see you",
)
# The exact search of the nearest word costs as much as their number.
_NEAREST_WORD_INPUTS = 64


class Probe:
    """Measures the responses to a fixed set of inputs.

    Args:
        generator: the generator that is trained.
        vocabulary: of its tokens.
        contexts: tokens of each input, without EOS.
        shown: pairs of an utterance as a person would type it and its
            tokens, whose responses are shown as text.
    """

    def __init__(
        self,
        generator: Generator,
        vocabulary: Vocabulary,
        contexts: list[list[int]],
        shown: list[tuple[str, list[int]]],
    ):
        self._generator = generator
        self._respond = Responder(generator)
        self._vocabulary = vocabulary
        self._contexts = contexts
        self._shown = shown

    def measure(self) -> dict:
        """Returns diversity metrics and the most frequent response."""
        if not self._contexts:
            return {}
        responses = [
            self._vocabulary.decode(tokens)
            for tokens in self._respond(self._contexts)
        ]
        most_frequent = Counter(map(tuple, responses)).most_common(1)[0][0]
        return {
            **diversity(responses),
            "most_frequent": detokenize(list(most_frequent)),
        }

    def samples(self) -> list[tuple[str, str]]:
        """Returns the shown utterances with their responses."""
        responses = self._respond([tokens for _, tokens in self._shown])
        return [
            (utterance, detokenize(self._vocabulary.decode(tokens)))
            for (utterance, _), tokens in zip(
                self._shown, responses, strict=True
            )
        ]

    def nearest_word_rates(self) -> dict[str, Any]:
        """Returns what Figure 3 shows, for a part of the inputs."""
        return self._nearest_word_rates(self._contexts[:_NEAREST_WORD_INPUTS])

    def attention_maps(self) -> list[AttentionMap]:
        """Returns what the decoder attends to in the shown responses."""
        contexts = [tokens for _, tokens in self._shown]
        rows = [pad_rows(contexts), pad_rows(self._respond(contexts))]
        return [
            self._map(*each)
            for each in zip(*rows, self._attention(*rows).numpy(), strict=True)
        ]

    def _map(self, context, response, weights) -> AttentionMap:
        columns, rows = (
            [self._vocabulary.tokens[i] for i in tokens if i != PAD]
            for tokens in (context, response)
        )
        return AttentionMap(columns, rows, weights[: len(rows), : len(columns)])

    @cached_property
    def _nearest_word_rates(self) -> NearestWordRates:
        possible = self._vocabulary.size - len(SPECIAL_TOKENS)
        return NearestWordRates(
            self._generator, [k for k in KS if k <= possible]
        )

    @cached_property
    def _attention(self):
        return tf.function(
            lambda *rows: attention_weights(self._generator, *rows),
            autograph=False,
            input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
        )

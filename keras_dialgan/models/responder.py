"""Answers for lists of token lists."""

import numpy as np
import tensorflow as tf

from keras_dialgan.models.decoding import decode
from keras_dialgan.models.decoding_strategies import Greedy
from keras_dialgan.models.generator import Generator
from keras_dialgan.text.vocabulary import EOS, PAD


class Responder:
    """Answers batches of encoded inputs with one compiled function.

    Args:
        generator: the generator; its current weights are used.
        strategy: a decoding strategy; `Greedy()` when None.
        batch_size: inputs decoded at once.
    """

    def __init__(
        self, generator: Generator, strategy=None, batch_size: int = 64
    ):
        self.batch_size = batch_size

        @tf.function(
            autograph=False,
            input_signature=[tf.TensorSpec([None, None], tf.int32)],
        )
        def respond(context):
            decoded = decode(
                generator, generator.encode(context), strategy or Greedy()
            )
            return decoded.tokens, decoded.log_probability

        self._respond = respond

    def __call__(self, contexts: list[list[int]]) -> list[list[int]]:
        """Answers inputs.

        Args:
            contexts: tokens of each input, without EOS.

        Returns:
            Tokens of each response, without EOS, in the order of the inputs.
        """
        return self.with_log_probabilities(contexts)[0]

    def with_log_probabilities(
        self, contexts: list[list[int]]
    ) -> tuple[list[list[int]], np.ndarray]:
        """Answers inputs and returns the responses' log-probabilities."""
        # Similar lengths together: padding is computed, too.
        order = sorted(range(len(contexts)), key=lambda i: len(contexts[i]))
        responses: list[list[int]] = [[]] * len(contexts)
        scores = np.zeros(len(contexts))
        for start in range(0, len(order), self.batch_size):
            chosen = order[start : start + self.batch_size]
            tokens, log_probabilities = self._respond(
                pad_rows([contexts[i] for i in chosen])
            )
            scores[chosen] = log_probabilities
            for index, row in zip(chosen, tokens.numpy(), strict=True):
                responses[index] = cut_at_end(row)
        return responses, scores


def pad_rows(rows: list[list[int]]) -> np.ndarray:
    """Ends each row with EOS and pads all to the longest, as int32."""
    width = max((len(row) for row in rows), default=0) + 1
    padded = np.full((len(rows), width), PAD, np.int32)
    for row, tokens in zip(padded, rows, strict=True):
        row[: len(tokens)] = tokens
        row[len(tokens)] = EOS
    return padded


def cut_at_end(row) -> list[int]:
    """Returns the tokens of a row before its EOS or its padding."""
    tokens = []
    for token in map(int, row):
        if token in (EOS, PAD):
            break
        tokens.append(token)
    return tokens

"""A chatbot in a graph: raw text in, text out."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from keras_dialgan.models import Generator, decode
from keras_dialgan.serving import graph_text
from keras_dialgan.serving.chatbot import CHARACTERS_PER_TOKEN
from keras_dialgan.serving.graph_responses import detokenize, fill_tags
from keras_dialgan.serving.graph_tagger import GraphTagger, TaggedBatch
from keras_dialgan.text.vocabulary import EOS, PAD, SPECIAL_TOKENS, UNK

# Hypotheses decoded at once; more are decoded in turns, in bounded memory.
ROWS_AT_ONCE = 64


class GraphResponder(tf.Module):
    """Answers raw utterances as `Chatbot` does.

    Args:
        generator: the generator.
        tagger: finds the entities of utterances.
        vocabulary: the vocabulary's file; it becomes an asset.
        max_length: the most tokens read of an utterance.
        fill_tags: whether tags become words; see
            `keras_dialgan.serving.fill_tags`.
        maps_unknown: whether tokens outside the vocabulary become the
            unknown token; otherwise they are deleted.

    Attributes:
        longest_response: the most tokens of a response, its end included.
    """

    def __init__(
        self,
        generator: Generator,
        tagger: GraphTagger,
        vocabulary: str | Path,
        max_length: int,
        fill_tags: bool = True,
        maps_unknown: bool = False,
    ):
        super().__init__()
        self.tagger = tagger
        self.max_length = max_length
        self.fill_tags = fill_tags
        self.longest_response = generator.config.max_length
        self.ids = _line_table(
            vocabulary,
            *(tf.string, tf.lookup.TextFileIndex.WHOLE_LINE),
            *(tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
            default=UNK if maps_unknown else PAD,
        )
        self.tokens = _line_table(
            vocabulary,
            *(tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER),
            *(tf.string, tf.lookup.TextFileIndex.WHOLE_LINE),
            default="",
        )
        self.weights = [weight.value for weight in generator.weights]
        # The model as such is not saved: only what the graph uses of it.
        self._generator = _Untracked(generator)
        self._traced_once = _Untracked(
            [
                tf.function(part, autograph=False)
                for part in (self._read, self._write)
            ]
        )

    def respond(
        self, raw, strategy: Callable, rows_per_input: int = 1
    ) -> dict[str, tf.Tensor]:
        """Answers utterances.

        Args:
            raw: string `[batch]`, any bytes.
            strategy: makes the decoding strategy of the utterances from a
                first one up to a last one, which it is called with.
            rows_per_input: of that strategy.

        Returns:
            `response`, string `[batch]`, and `log_probability`, float32
            `[batch]`.
        """
        read, write = self._traced_once.value
        contexts, utterances = read(raw)
        ids, scores = self._decode(contexts, strategy, rows_per_input)
        return {
            "response": write(ids, utterances),
            "log_probability": tf.cast(scores, tf.float32),
        }

    def _read(self, raw):
        """Contexts for the generator, and the utterances behind them."""
        utterances = self.tagger.analyse(
            graph_text.last_characters(
                raw, CHARACTERS_PER_TOKEN * self.max_length
            )
        )
        return self._contexts(utterances.tokens), utterances

    def _contexts(self, tokens):
        """Ids of the last tokens of each utterance that the model reads."""
        ids = tf.ragged.map_flat_values(self.ids.lookup, tokens)
        kept = tf.ragged.boolean_mask(ids, ids != PAD)
        return tf.cast(kept[:, -self.max_length :], tf.int32)

    def _decode(self, contexts, strategy, rows_per_input):
        generator = self._generator.value
        longest = self.longest_response
        rows = tf.cast(contexts.nrows(), tf.int32)
        at_once = max(1, ROWS_AT_ONCE // rows_per_input)
        turns = (rows + at_once - 1) // at_once

        def take_turn(turn, ids, scores):
            first = turn * at_once
            last = tf.minimum(first + at_once, rows)
            ends = tf.fill([last - first, 1], EOS)
            chunk = tf.concat([contexts[first:last], ends], axis=1)
            decoded = decode(
                generator,
                generator.encode(chunk.to_tensor(PAD)),
                strategy(first, last),
            )
            missing = longest - tf.shape(decoded.tokens)[1]
            padded = tf.pad(decoded.tokens, [[0, 0], [0, missing]])
            return (
                turn + 1,
                ids.write(turn, tf.ensure_shape(padded, [None, longest])),
                scores.write(turn, decoded.log_probability),
            )

        _, ids, scores = tf.while_loop(
            lambda turn, *_: turn < turns,
            take_turn,
            (
                0,
                _parts(tf.int32, turns, [None, longest]),
                _parts(generator.projection.logits_dtype, turns, [None]),
            ),
            parallel_iterations=1,
        )
        return ids.concat(), scores.concat()

    def _write(self, ids, utterances: TaggedBatch):
        """Responses as text."""
        responses = self._words(ids)
        if self.fill_tags:
            responses = fill_tags(responses, utterances)
        text = detokenize(responses)
        return tf.where(text == "", "...", text)

    def _words(self, ids):
        """Tokens of responses up to their ends, without special ones."""
        ended = tf.cumsum(tf.cast((ids == EOS) | (ids == PAD), tf.int32), 1)
        kept = (ended == 0) & (ids >= len(SPECIAL_TOKENS))
        ids = tf.ragged.boolean_mask(tf.cast(ids, tf.int64), kept)
        return tf.ragged.map_flat_values(self.tokens.lookup, ids)


class _Untracked:
    """Hides a value from the tracking of `tf.Module`."""

    def __init__(self, value):
        self.value = value


def _line_table(path, key_type, key, value_type, value, default):
    return tf.lookup.StaticHashTable(
        tf.lookup.TextFileInitializer(
            str(path), key_type, key, value_type, value
        ),
        default_value=default,
    )


def _parts(dtype, count, shape) -> tf.TensorArray:
    return tf.TensorArray(dtype, count, infer_shape=False, element_shape=shape)

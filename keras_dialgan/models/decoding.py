"""The decoding loop."""

from typing import Any, NamedTuple

import tensorflow as tf

from keras_dialgan.models.decoding_strategies import Greedy, Step
from keras_dialgan.models.generator import EncodedContext, Generator
from keras_dialgan.text.vocabulary import BOS, EOS, PAD


class Decoded(NamedTuple):
    """Responses.

    Attributes:
        tokens: int32 `[batch, time]`, each row ended by EOS unless it was
            cut at the maximum length, padded with PAD; no longer than the
            longest response.
        log_probability: `[batch]`, of the response under the model.
        candidates: int32 `[batch, time, n]`, the n most probable tokens of
            each step in falling order, or None.
    """

    tokens: Any
    log_probability: Any
    candidates: Any = None


class _Loop(NamedTuple):
    index: Any
    last: Any
    states: Any
    scores: Any
    finished: Any
    tokens: Any
    candidates: Any


def decode(
    generator: Generator,
    encoded: EncodedContext,
    strategy=None,
    max_length: int | None = None,
    candidates: int = 0,
    stop_at_end: bool = True,
) -> Decoded:
    """Generates responses to encoded contexts in one compiled loop.

    It ends as soon as every row has ended.

    Args:
        generator: the generator.
        encoded: the contexts, from `generator.encode`.
        strategy: how tokens are chosen; `Greedy()` when None.
        max_length: tokens of the longest response, the end-of-sequence token
            included; the generator's own when None.
        candidates: how many of each step's most probable tokens to return.
        stop_at_end: whether a row ends with its EOS; otherwise every row
            runs to `max_length`.

    Returns:
        The `Decoded` responses.

    Raises:
        ValueError: if candidates are asked of a strategy that reorders rows.
    """
    strategy = strategy or Greedy()
    rows_per_input = strategy.rows_per_input
    if candidates and rows_per_input > 1:
        raise ValueError("candidates need a strategy of one row per input")
    if max_length is None:
        max_length = generator.config.max_length
    if rows_per_input > 1:
        encoded = tf.nest.map_structure(
            lambda part: tf.repeat(part, rows_per_input, axis=0), encoded
        )
    keys = generator.attention.project_value(encoded.memory)

    def body(*values):
        loop = _Loop(*values)
        features, states = generator.step(loop.last, loop.states, encoded, keys)
        logits = generator.logits(features)
        selection = strategy.select(
            logits, Step(loop.index, loop.scores, loop.finished)
        )
        return _advance(
            loop, selection, states, _top(logits, candidates), stop_at_end
        )

    def goes_on(*values):
        loop = _Loop(*values)
        return tf.logical_and(
            loop.index < max_length, ~tf.reduce_all(loop.finished)
        )

    start = _start(encoded, generator, max_length, candidates)
    loop = _Loop(
        *tf.while_loop(goes_on, body, start, shape_invariants=_shapes(start))
    )
    return _finish(loop, strategy)


def _start(encoded, generator, max_length, candidates) -> _Loop:
    rows = tf.shape(encoded.memory)[0]
    dtype = generator.projection.logits_dtype
    return _Loop(
        index=tf.constant(0),
        last=tf.fill([rows], BOS),
        states=encoded.states,
        scores=tf.zeros([rows], dtype),
        finished=tf.zeros([rows], tf.bool),
        tokens=tf.fill([rows, max_length], PAD),
        candidates=tf.zeros([rows, max_length, candidates], tf.int32),
    )


def _shapes(start: _Loop) -> _Loop:
    # The batch is unknown to the loop: reordering rows loses it.
    return tf.nest.map_structure(
        lambda value: (
            value.shape
            if value.shape.rank == 0
            else tf.TensorShape([None, *value.shape[1:]])
        ),
        start,
    )


def _advance(loop, selection, states, top, stop_at_end) -> _Loop:
    finished, tokens, candidates = loop.finished, loop.tokens, loop.candidates
    scores = selection.scores
    if selection.parents is None:
        scores = tf.where(finished, loop.scores, scores)
    else:
        finished, tokens, states = tf.nest.map_structure(
            lambda part: tf.gather(part, selection.parents),
            (finished, tokens, states),
        )
    new = tf.where(finished, PAD, selection.tokens)
    here = tf.range(tf.shape(tokens)[1]) == loop.index
    tokens = tf.where(here, new[:, tf.newaxis], tokens)
    candidates = tf.where(here[:, tf.newaxis], top[:, tf.newaxis], candidates)
    if stop_at_end:
        finished = tf.logical_or(finished, new == EOS)
    return _Loop(
        loop.index + 1, new, states, scores, finished, tokens, candidates
    )


def _top(logits, count: int):
    return tf.math.top_k(logits, count).indices


def _finish(loop: _Loop, strategy) -> Decoded:
    tokens = loop.tokens[:, : loop.index]
    candidates = loop.candidates[:, : loop.index]
    scores = loop.scores
    best = strategy.best_rows(tokens, scores)
    if best is not None:
        tokens, scores = tf.gather(tokens, best), tf.gather(scores, best)
    return Decoded(tokens, scores, candidates)

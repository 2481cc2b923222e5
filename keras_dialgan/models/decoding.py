"""The decoding loop."""

from typing import Any, NamedTuple

import tensorflow as tf

from keras_dialgan.layers import cudnn
from keras_dialgan.layers.lstm_loop import carried_dtype
from keras_dialgan.layers.top_k import top_k_indices
from keras_dialgan.models.decoding_strategies import Greedy, Step
from keras_dialgan.models.generator import EncodedContext, Generator
from keras_dialgan.text.vocabulary import BOS, EOS, PAD


class Decoded(NamedTuple):
    """Responses.

    Attributes:
        tokens: int32 `[batch, time]`, each row ended by EOS unless it was
            cut at the maximum length, padded with PAD; no longer than the
            longest response.
        log_probability: `[batch]`, of the response under the model, or None.
        candidates: int32 `[batch, time, n]`, the n most probable tokens of
            each step in falling order, or None; those of the largest noisy
            logits, if the strategy adds noise.
        noise: `[batch, time, n]`, of the candidates' logits, or None.
        kept: what the decoder's layers kept of all steps, a `Kept` of
            `[time, batch, units]` for each, or None. `generator.decode`
            differentiates the responses from it.
    """

    tokens: Any
    log_probability: Any
    candidates: Any = None
    noise: Any = None
    kept: Any = None


class _Results(NamedTuple):
    """What is returned of every row.

    Attributes:
        candidates: a list of the candidates and their noise, or of less.
    """

    tokens: Any
    scores: Any
    candidates: list


class _Rows(NamedTuple):
    """What the loop holds of the rows that it still decodes.

    Attributes:
        numbers: the place of each row in the batch.
    """

    numbers: Any
    last: Any
    states: Any
    finished: Any
    results: _Results
    encoded: EncodedContext
    keys: Any


class _Loop(NamedTuple):
    """What a step of the loop is given.

    Attributes:
        kept: arrays of what each layer of the decoder keeps, or nothing.
    """

    index: Any
    rows: _Rows
    results: _Results
    kept: list


def decode(
    generator: Generator,
    encoded: EncodedContext,
    strategy=None,
    max_length: int | None = None,
    candidates: int = 0,
    stop_at_end: bool = True,
    log_probabilities: bool = True,
    keep: bool = False,
) -> Decoded:
    """Generates responses to encoded contexts in one compiled loop.

    It ends as soon as every row has ended. Whenever half of its inputs have,
    their rows leave it.

    Args:
        generator: the generator.
        encoded: the contexts, from `generator.encode`.
        strategy: how tokens are chosen; `Greedy()` when None.
        max_length: tokens of the longest response, the end-of-sequence token
            included; the generator's own when None.
        candidates: how many of each step's most probable tokens to return.
        stop_at_end: whether a row ends with its EOS; otherwise every row
            runs to `max_length`.
        log_probabilities: whether to return them: they cost a pass over the
            logits.
        keep: whether to return what the gradient of the decoder's layers
            needs. With cuDNN it is not: that differentiates only what it has
            computed itself.

    Returns:
        The `Decoded` responses.

    Raises:
        ValueError: if candidates, or to keep something, are asked of a
            strategy that reorders rows.
    """
    strategy = strategy or Greedy()
    rows_per_input = strategy.rows_per_input
    if (candidates or keep) and rows_per_input > 1:
        raise ValueError(
            "candidates and a gradient need a strategy of one row per input"
        )
    keep = keep and not cudnn.is_available()
    # Strategies that compare rows need the scores themselves.
    scored = log_probabilities or rows_per_input > 1
    if max_length is None:
        max_length = generator.config.max_length
    if rows_per_input > 1:
        encoded = tf.nest.map_structure(
            lambda part: tf.repeat(part, rows_per_input, axis=0), encoded
        )
    weights = generator.step_weights()

    def body(*values):
        index, rows, results, kept = _Loop(*values)
        if stop_at_end:
            rows, results = _dismiss(rows, results, rows_per_input)
        logits, states, of_step = generator.step(
            rows.last, rows.states, rows.encoded, rows.keys, weights
        )
        selection = strategy.select(
            logits,
            Step(
                index,
                rows.results.scores if scored else None,
                rows.finished,
                rows.numbers,
            ),
        )
        top = _candidates(logits, selection.noise, candidates)
        rows = _advance(index, rows, selection, states, top, stop_at_end)
        if keep:
            kept = _write(kept, of_step, index, rows, results)
        return _Loop(index + 1, rows, results, kept)

    def goes_on(*values):
        loop = _Loop(*values)
        running = tf.logical_not(tf.reduce_all(loop.rows.finished))
        return tf.logical_and(loop.index < max_length, running)

    noisy = strategy.is_noisy
    start = _start(generator, encoded, max_length, candidates, noisy, keep)
    loop = _Loop(
        *tf.while_loop(goes_on, body, start, shape_invariants=_shapes(start))
    )
    tokens, scores, chosen = _returned(loop.rows, loop.results)
    tokens = tokens[:, : loop.index]
    best = strategy.best_rows(tokens, scores)
    if best is not None:
        tokens, scores = tf.gather(tokens, best), tf.gather(scores, best)
    chosen = [part[:, : loop.index] for part in chosen]
    return Decoded(
        tokens,
        scores if log_probabilities else None,
        chosen[0] if candidates else None,
        chosen[1] if candidates and noisy else None,
        _read(loop.kept, loop.index) if keep else None,
    )


def _start(generator, encoded, max_length, candidates, noisy, keep) -> _Loop:
    size = tf.shape(encoded.memory)[0]
    dtype = generator.projection.logits_dtype
    of_candidates = [tf.int32, dtype] if noisy else [tf.int32]
    results = _Results(
        tokens=tf.fill([size, max_length], PAD),
        scores=tf.zeros([size], dtype),
        candidates=[
            tf.zeros([size, max_length, candidates], kind)
            for kind in (of_candidates if candidates else [])
        ],
    )
    rows = _Rows(
        numbers=tf.range(size),
        last=tf.fill([size], BOS),
        # The cells are carried as in a pass over all steps.
        states=[
            [h, tf.cast(c, carried_dtype(c.dtype))] for h, c in encoded.states
        ],
        finished=tf.zeros([size], tf.bool),
        results=results,
        # The states at the start need not be carried along.
        encoded=encoded._replace(states=[]),
        keys=generator.attention.project_value(encoded.memory),
    )
    keeping = generator.decoder if keep else []
    kept = [layer.room(max_length) for layer in keeping]
    return _Loop(tf.constant(0), rows, results, kept)


def _shapes(start: _Loop) -> _Loop:
    # The number of rows is unknown to the loop: some may leave.
    def shape(value):
        if isinstance(value, tf.TensorArray):
            return tf.TensorShape([])
        if value.shape.rank == 0:
            return value.shape
        return tf.TensorShape([None, *value.shape[1:]])

    return tf.nest.map_structure(shape, start)


def _dismiss(rows: _Rows, results: _Results, rows_per_input: int):
    """Lets the rows of finished inputs go, if they are half of all inputs."""
    finished = tf.reshape(rows.finished, [-1, rows_per_input])
    # All hypotheses of an input stay together.
    running = tf.logical_not(tf.reduce_all(finished, axis=1))
    count = tf.reduce_sum(tf.cast(running, tf.int32))

    def leave():
        stay = tf.where(tf.repeat(running, rows_per_input))[:, 0]
        remaining = tf.nest.map_structure(
            lambda part: tf.gather(part, stay), rows
        )
        return remaining, _returned(rows, results)

    return tf.cond(
        2 * count <= tf.size(running), leave, lambda: (rows, results)
    )


def _returned(rows: _Rows, results: _Results) -> _Results:
    """Writes what the loop holds of its rows to their places."""
    places = rows.numbers[:, tf.newaxis]
    return tf.nest.map_structure(
        lambda whole, part: tf.tensor_scatter_nd_update(whole, places, part),
        results,
        rows.results,
    )


def _write(kept: list, of_step: list, index, rows: _Rows, results: _Results):
    """Writes what a step kept of the rows to their places in the batch."""
    size, places = tf.shape(results.tokens)[0], rows.numbers[:, tf.newaxis]

    def write(array, part):
        # Zeros, where a row has left, are gates that stop the gradient.
        whole = tf.scatter_nd(places, part, [size, part.shape[1]])
        return array.write(index, whole)

    return tf.nest.map_structure(write, kept, of_step)


def _read(kept: list, steps) -> list:
    return tf.nest.map_structure(
        lambda array: array.gather(tf.range(steps)), kept
    )


def _candidates(logits, noise, count: int) -> list:
    if not count:
        return []
    if noise is None:
        return [top_k_indices(logits, count)]
    chosen = top_k_indices(logits + noise, count)
    return [chosen, tf.gather(noise, chosen, batch_dims=1)]


def _advance(index, rows, selection, states, top, stop_at_end) -> _Rows:
    finished, (tokens, scores, candidates) = rows.finished, rows.results
    if selection.parents is not None:
        scores = selection.scores
        finished, tokens, states = tf.nest.map_structure(
            lambda part: tf.gather(part, selection.parents),
            (finished, tokens, states),
        )
    elif selection.scores is not None:
        scores = tf.where(finished, scores, selection.scores)
    new = tf.where(finished, PAD, selection.tokens)
    here = tf.range(tf.shape(tokens)[1]) == index
    tokens = tf.where(here, new[:, tf.newaxis], tokens)
    candidates = [
        tf.where(here[:, tf.newaxis], new_ones[:, tf.newaxis], former)
        for former, new_ones in zip(candidates, top, strict=True)
    ]
    if stop_at_end:
        finished = tf.logical_or(finished, new == EOS)
    return rows._replace(
        last=new,
        states=states,
        finished=finished,
        results=_Results(tokens, scores, candidates),
    )

"""The time loop of the recurrent layers and its gradient."""

from typing import Any, NamedTuple

import tensorflow as tf

# Up to so many steps, if their number is known, the loop is unrolled.
UNROLL_LIMIT = 32

# The pre-activation that shuts a gate, and negated opens it, exactly.
SHUT = -1e4


class Kept(NamedTuple):
    """What the gradient needs of a step, or of a sequence.

    Attributes:
        cell: the cell state after the step, `[B, u]`; of a sequence
            `[T, B, u]` or a list of the steps. All are in the type in which
            it is carried.
        bent: its tanh. The others are the gates.
    """

    cell: Any
    bent: Any
    input: Any
    forget: Any
    candidate: Any
    output: Any


def lstm_cell(z, cell) -> Kept:
    """Takes one step.

    Args:
        z: the gates before they are squashed, `[B, 4u]`.
        cell: the former cell state, `[B, u]`, in the type it is carried in.

    Returns:
        What the gradient needs, and `hidden` makes the output of.
    """
    i, f, candidate, o = tf.split(tf.cast(z, cell.dtype), 4, axis=-1)
    i, f, o = tf.sigmoid(i), tf.sigmoid(f), tf.sigmoid(o)
    candidate = tf.tanh(candidate)
    cell = f * cell + i * candidate
    return Kept(cell, tf.tanh(cell), i, f, candidate, o)


def hidden(kept: Kept, dtype):
    """The output of a step or of a sequence, in the type of computation."""
    return tf.cast(kept.output * kept.bent, dtype)


def run_lstm(inputs, weights, mask=None, initial_state=None, reverse=False):
    """Runs one direction of an LSTM over a batch of sequences.

    Args:
        inputs: `[T, B, D]`, the steps first.
        weights: Kernel `[D, 4u]`, recurrent kernel `[u, 4u]` and bias `[4u]`
            in the type of `inputs`, gates in the order input, forget,
            candidate, output.
        mask: `[B, T]` booleans or `None`; a false step leaves the state as
            it is and repeats the former output.
        initial_state: List `[h, c]`, each `[B, u]`, or `None` for zeros.
        reverse: Whether to go from the last step to the first.

    Returns:
        Tuple `(outputs, h, c)` in the type of `inputs`: `[T, B, u]` in the
        order of time, and the state after the last step processed.
    """
    dtype = inputs.dtype
    if initial_state is None:
        units = weights[1].shape[0]
        h = tf.zeros([tf.shape(inputs)[1], units], dtype)
        c = tf.cast(h, carried_dtype(dtype))
    else:
        h = tf.cast(initial_state[0], dtype)
        c = tf.cast(initial_state[1], carried_dtype(dtype))
    if mask is not None:
        mask = tf.transpose(tf.cast(mask, tf.bool))[:, :, None]
    outputs, h, c = _differentiable_lstm(
        inputs, *weights, h, c, mask=mask, reverse=reverse
    )
    if mask is not None and initial_state is not None:
        # A given state is carried through leading masked steps, but is not
        # an output of theirs.
        counted = tf.cumsum(tf.cast(mask, tf.int32), reverse=reverse) > 0
        outputs *= tf.cast(counted, dtype)
    return outputs, h, tf.cast(c, dtype)


def carried_dtype(dtype):
    """The type in which the cell state is carried: at least float32."""
    return tf.float64 if dtype == tf.float64 else tf.float32


def _differentiable_lstm(inputs, *weights_and_state, mask, reverse):
    """An LSTM whose gradient is written by hand.

    Left to itself, automatic differentiation forms the gradients of the
    weights at every step. Here the loop backwards yields only the gradients
    of the gates, from which one product for all steps yields each weight's.
    """

    @tf.custom_gradient
    def run(inputs, kernel, recurrent_kernel, bias, h, c):
        projected = _project(inputs, kernel, bias)
        carried = None
        if mask is not None:
            # With input and output gates shut and the forget gate open, a
            # masked step keeps c, has no gradient, and adds nothing to h.
            idle = tf.constant([SHUT, -SHUT, 0.0, SHUT], projected.dtype)
            idle = tf.repeat(idle, recurrent_kernel.shape[0])
            projected = tf.where(mask, projected, idle)
            carried = _by_step(tf.cast(~mask, h.dtype))
        outputs, last, kept = _forward(
            _by_step(projected), recurrent_kernel, h, c, carried, reverse
        )

        def gradient(*upstream):
            return _gradient(
                upstream,
                (inputs, kernel, recurrent_kernel, h, c),
                outputs,
                kept,
                carried,
                reverse,
            )

        return (outputs, *last), gradient

    return run(inputs, *weights_and_state)


def replay_lstm(inputs, weights, initial_state, kept: Kept):
    """Does what `run_lstm` does, but for steps that were taken before.

    No step is taken again: the gradient starts from what was kept.

    Args:
        inputs: `[T, B, D]`, those of the steps.
        weights: As of `run_lstm`.
        initial_state: List `[h, c]`, each `[B, u]`.
        kept: What the steps returned, `[T, B, u]` each.

    Returns:
        The outputs, `[T, B, u]` in the type of `inputs`.
    """
    dtype = inputs.dtype

    @tf.custom_gradient
    def run(inputs, kernel, recurrent_kernel, bias, h, c):
        outputs = hidden(kept, dtype)

        def gradient(d_outputs):
            return _gradient(
                (d_outputs, tf.zeros_like(h), tf.zeros_like(c)),
                (inputs, kernel, recurrent_kernel, h, c),
                outputs,
                Kept(*map(_by_step, kept)),
                carried=None,
                reverse=False,
            )

        return outputs, gradient

    h, c = initial_state
    h, c = tf.cast(h, dtype), tf.cast(c, carried_dtype(dtype))
    return run(inputs, *weights, h, c)


def _gradient(upstream, arguments, outputs, kept, carried, reverse):
    """The gradients of the inputs, each weight and the state."""
    inputs, kernel, recurrent_kernel, h, c = arguments
    d_outputs, d_h, d_c = upstream
    d_outputs.set_shape(outputs.shape)
    # Nothing else would keep it from being made, and held, from the start of
    # the forward pass.
    with tf.control_dependencies([d_outputs]):
        transposed_kernel = _transposed(recurrent_kernel)
    d_projected, d_h, d_c = _backward(
        (_by_step(d_outputs), d_h, d_c),
        kept,
        transposed_kernel,
        c,
        carried,
        reverse,
    )
    d_inputs, d_kernel, d_bias = _project_gradient(d_projected, inputs, kernel)
    d_recurrent_kernel = _recurrent_kernel_gradient(
        d_projected, outputs, h, reverse
    )
    return d_inputs, d_kernel, d_recurrent_kernel, d_bias, d_h, d_c


def _transposed(kernel):
    """`[u, G]` to `[G, u]`, once, by a detour.

    A product of few rows with a transposed argument takes twice its time on
    a CPU, and a plain transposition in front of the products of an unrolled
    loop is what TensorFlow's graph optimiser turns into just that.
    """
    return tf.transpose(kernel[None], [0, 2, 1])[0]


def _project(inputs, kernel, bias):
    projected = tf.matmul(_rows(inputs), kernel)
    projected = tf.reshape(
        tf.nn.bias_add(projected, bias),
        tf.concat([tf.shape(inputs)[:2], tf.shape(bias)], axis=0),
    )
    projected.set_shape([*inputs.shape[:2], kernel.shape[1]])
    return projected


def _project_gradient(d_projected, inputs, kernel):
    d_rows = _rows(d_projected)
    d_inputs = tf.matmul(d_rows, kernel, transpose_b=True)
    d_kernel = tf.matmul(_rows(inputs), d_rows, transpose_a=True)
    # A product with ones takes half the time of a sum over rows.
    ones = tf.ones([1, tf.shape(d_rows)[0]], d_rows.dtype)
    d_bias = tf.squeeze(tf.matmul(ones, d_rows), axis=0)
    return tf.reshape(d_inputs, tf.shape(inputs)), d_kernel, d_bias


def _recurrent_kernel_gradient(d_projected, outputs, h, reverse):
    if reverse:
        followed, later, first = outputs[1:], d_projected[:-1], d_projected[-1]
    else:
        followed, later, first = outputs[:-1], d_projected[1:], d_projected[0]
    gradient = tf.matmul(_rows(followed), _rows(later), transpose_a=True)
    return gradient + tf.matmul(h, first, transpose_a=True)


def _rows(sequence):
    return tf.reshape(sequence, [-1, sequence.shape[-1]])


def _forward(projected, recurrent_kernel, h, c, carried, reverse):
    def step(state, t):
        h, c = state
        z = projected[t] + tf.matmul(h, recurrent_kernel)
        kept = lstm_cell(z, c)
        new = hidden(kept, h.dtype)
        h = new if carried is None else new + carried[t] * h
        return (h, kept.cell), (h, *kept)

    last, (outputs, *kept) = _scan(step, (h, c), projected, reverse)
    return _stack(outputs), last, Kept(*kept)


def _backward(upstream, kept, transposed_kernel, first_c, carried, reverse):
    d_outputs, d_h, d_c = upstream
    former_cells = _shifted(kept.cell, first_c, reverse)
    sigmoid_gradient = tf.raw_ops.SigmoidGrad
    tanh_gradient = tf.raw_ops.TanhGrad

    def step(state, t):
        d_h, d_c = state
        _, bent, i, f, candidate, o = (values[t] for values in kept)
        d_h = d_h + d_outputs[t]
        d_new = tf.cast(d_h, d_c.dtype)
        d_c = d_c + tanh_gradient(y=bent, dy=d_new * o)
        d_z = tf.concat(
            [
                sigmoid_gradient(y=i, dy=d_c * candidate),
                sigmoid_gradient(y=f, dy=d_c * former_cells[t]),
                tanh_gradient(y=candidate, dy=d_c * i),
                sigmoid_gradient(y=o, dy=d_new * bent),
            ],
            axis=-1,
        )
        d_z = tf.cast(d_z, d_h.dtype)
        d_former = tf.matmul(d_z, transposed_kernel)
        if carried is not None:
            d_former += carried[t] * d_h
        return (d_former, d_c * f), (d_z,)

    (d_h, d_c), (d_projected,) = _scan(step, (d_h, d_c), d_outputs, not reverse)
    return _stack(d_projected), d_h, d_c


def _by_step(sequence):
    """A list of the steps if the loop is unrolled, else the tensor itself."""
    steps = sequence.shape[0]
    if steps is None or steps > UNROLL_LIMIT:
        return sequence
    return tf.unstack(sequence)


def _shifted(sequence, first, reverse):
    """What was there before each step."""
    if isinstance(sequence, list):
        if reverse:
            return [*sequence[1:], first]
        return [first, *sequence[:-1]]
    if reverse:
        return tf.concat([sequence[1:], first[None]], axis=0)
    return tf.concat([first[None], sequence[:-1]], axis=0)


def _scan(step, state, sequence, reverse):
    """Runs `step(state, t) -> (state, results)` for every step of `sequence`.

    Returns:
        The last state and, for each result, its values by time: a list if the
        loop is unrolled, else a tensor.
    """
    if isinstance(sequence, list):
        order = range(len(sequence))
        columns = []
        for t in reversed(order) if reverse else order:
            state, results = step(state, t)
            columns.append(results)
        if reverse:
            columns.reverse()
        return state, [list(c) for c in zip(*columns, strict=True)]

    steps = tf.shape(sequence)[0]

    def at(n):
        return steps - 1 - n if reverse else n

    # The first step outside of the loop shows the shapes of the results.
    state, results = step(state, at(0))
    arrays = tuple(
        tf.TensorArray(r.dtype, steps, element_shape=r.shape).write(at(0), r)
        for r in results
    )

    def body(n, state, arrays):
        state, results = step(state, at(n))
        arrays = tuple(
            a.write(at(n), r) for a, r in zip(arrays, results, strict=True)
        )
        return n + 1, state, arrays

    _, state, arrays = tf.while_loop(
        lambda n, *_: n < steps, body, (1, state, arrays)
    )
    # A gradient that captured the arrays themselves could not be exported.
    return state, [a.stack() for a in arrays]


def _stack(column):
    return tf.stack(column) if isinstance(column, list) else column

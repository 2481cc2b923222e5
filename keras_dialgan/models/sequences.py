"""Masks and shifts of token sequences."""

from keras import ops

from keras_dialgan.text.vocabulary import BOS, EOS, PAD


def valid_positions(tokens):
    """Marks the tokens up to and including the first end of sequence.

    Args:
        tokens: integer tensor `[batch, time]`.

    Returns:
        Boolean tensor `[batch, time]`; False at padding and at whatever
        stands after the end-of-sequence token.
    """
    ends = ops.cast(ops.equal(tokens, EOS), "int32")
    ended_before = ops.cumsum(ends, axis=1) - ends
    return ops.logical_and(
        ops.equal(ended_before, 0), ops.not_equal(tokens, PAD)
    )


def shift_right(tokens):
    """Turns a response into the decoder's input: y_0 = BOS, y_1, y_2, ...

    Args:
        tokens: integer tensor `[batch, time]`.

    Returns:
        Integer tensor `[batch, time]`, the last token dropped.
    """
    first = ops.full_like(tokens[:, :1], BOS)
    return ops.concatenate([first, tokens[:, :-1]], axis=1)

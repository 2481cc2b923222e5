"""The three losses of the paper, per example."""

import tensorflow as tf

from keras_dialgan.models.sequences import valid_positions


def token_nll(generator, features, response):
    """Negative log-likelihood of each token of responses.

    Only valid positions are projected to the vocabulary: at real lengths
    about half of a padded batch never meets the largest product of the step.

    Args:
        generator: the `Generator` whose projection turns features to logits.
        features: o~ before each token, `[batch, time, output_units]`.
        response: integer tokens, `[batch, time]`.

    Returns:
        A tuple of -log p_t[s_t] for the n valid tokens, `[n]`, in float32 at
        least, and of their places, row and step, `[n, 2]`.
    """
    places = tf.where(valid_positions(response))
    losses = generator.projection.negative_log_likelihood(
        tf.gather_nd(features, places), tf.gather_nd(response, places)
    )
    return losses, places


def response_nll(generator, features, response):
    """Negative log-likelihood of each response's tokens (inside of Eq. 4).

    Args:
        generator: as of `token_nll`.
        features: as of `token_nll`.
        response: as of `token_nll`.

    Returns:
        A tuple of the sums over a response's tokens of -log p_t[s_t], and
        the numbers of tokens, both `[batch]`, in float32 at least.
    """
    losses, places = token_nll(generator, features, response)
    batch = tf.shape(response)[0]
    nll = tf.math.unsorted_segment_sum(losses, places[:, 0], batch)
    counts = tf.reduce_sum(
        tf.cast(valid_positions(response), losses.dtype), axis=1
    )
    return nll, counts


def mle_loss(nll, counts):
    """Eq. 4: the mean over a response's tokens, for each pair, `[batch]`."""
    return tf.math.divide_no_nan(nll, counts)


def discriminator_loss(scores, is_bot):
    """Eq. 5 for each pair: -[l log a + (1 - l) log(1 - a)], l = 1 for bot.

    Args:
        scores: logits of the confidence a, `[batch, 1]`.
        is_bot: labels l, `[batch]`.

    Returns:
        Losses, `[batch]`.
    """
    scores = tf.squeeze(scores, 1)
    return tf.nn.sigmoid_cross_entropy_with_logits(
        labels=tf.cast(is_bot, scores.dtype), logits=scores
    )


def adversarial_loss(scores):
    """Eq. 6 for each pair: a, the confidence that the response is a bot's.

    Args:
        scores: logits of a, `[batch, 1]`.

    Returns:
        Losses, `[batch]`.
    """
    return tf.sigmoid(tf.squeeze(scores, 1))

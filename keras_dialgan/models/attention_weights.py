"""What each step of the decoder attends to."""

from keras_dialgan.models.generator import Generator
from keras_dialgan.models.sequences import shift_right


def attention_weights(generator: Generator, context, response):
    """Computes what each step of the decoder attends to.

    Args:
        generator: the generator.
        context: integer tokens x, `[batch, context time]`.
        response: integer tokens y, `[batch, response time]`, which teacher
            forcing feeds.

    Returns:
        The weights a of Eq. 2, `[batch, response time, context time]`.
    """
    encoded = generator.encode(context)
    outputs = generator.word_embedding(shift_right(response))
    for layer, state in zip(generator.decoder, encoded.states, strict=True):
        outputs, *_ = layer(outputs, initial_state=state)
    _, weights = generator.attention(
        [outputs, encoded.memory],
        mask=[None, encoded.mask],
        return_attention_scores=True,
    )
    return weights

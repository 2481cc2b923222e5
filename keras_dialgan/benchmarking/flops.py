"""Floating-point operations of the phases' matrix products.

A product of `[m, k]` and `[k, n]` counts 2 m k n. Element-wise work is left
out: the count divided by the machine's product rate is the time that no
implementation of the same mathematics can undercut.
"""

from dataclasses import dataclass

from keras_dialgan.config import DiscriminatorConfig, GeneratorConfig


@dataclass(frozen=True)
class Shape:
    """A full-length batch.

    Attributes:
        rows: pairs.
        context: tokens of a context.
        response: tokens of a response.
    """

    rows: int
    context: int
    response: int


def encoder(config: GeneratorConfig, shape: Shape) -> int:
    """The encoder, with the bridge to the decoder's start states."""
    rows = shape.rows * shape.context
    units, size, total = config.encoder_units, config.embedding_dimension, 0
    for _ in range(config.encoder_layers):
        total += 2 * _lstm(rows, size, units)
        size = 2 * units
    if config.decoder_units != size:
        pairs = 2 * config.decoder_layers
        total += pairs * _product(shape.rows, size, config.decoder_units)
    if config.attention_score != "dot":
        keys = (
            config.attention_units
            if config.attention_score == "concat"
            else config.decoder_units
        )
        total += _product(rows, size, keys)
    return total


def decoder_layers(config: GeneratorConfig, shape: Shape) -> int:
    """The decoder's recurrent layers, for every step."""
    rows = shape.rows * shape.response
    size, total = config.embedding_dimension, 0
    for _ in range(config.decoder_layers):
        total += _lstm(rows, size, config.decoder_units)
        size = config.decoder_units
    return total


def decoder(config: GeneratorConfig, shape: Shape) -> int:
    """The decoder and its attention up to o~, for every step."""
    rows = shape.rows * shape.response
    total = decoder_layers(config, shape)
    size, memory = config.decoder_units, 2 * config.encoder_units
    if config.attention_score == "concat":
        total += _product(rows, size, config.attention_units)
        total += _product(rows * shape.context, config.attention_units, 1)
    else:
        total += _product(rows, size, shape.context)
    total += _product(rows, shape.context, memory)
    return total + _product(rows, size + memory, config.output_units)


def projection(config: GeneratorConfig, shape: Shape) -> int:
    """From o~ to the logits of the whole vocabulary, for every step."""
    return _product(
        shape.rows * shape.response,
        config.output_units,
        config.vocabulary_size,
    )


def discriminator(config: DiscriminatorConfig, shape: Shape) -> int:
    """Both encoders and the layers above them."""
    total = 0
    for steps in (shape.context, shape.response):
        size = config.embedding_dimension
        for _ in range(config.layers):
            total += 2 * _lstm(shape.rows * steps, size, config.units)
            size = 2 * config.units
    total += _product(shape.rows, 4 * config.units, config.hidden_units)
    return total + _product(shape.rows, config.hidden_units, 1)


def of_phases(
    generator: GeneratorConfig,
    judge: DiscriminatorConfig,
    shape: Shape,
    k: int,
) -> dict[str, int]:
    """Counts what each phase has to compute.

    A gradient costs two further products for each product forward. The
    adversarial phase decodes once without gradient, then differentiates the
    decoder and k logits of each step, and what the decoder's layers found is
    not computed again; the discriminator, whose weights it leaves alone, and
    whose reading of the context needs no gradient, passes one product back
    for the response.

    Args:
        generator: sizes of the generator.
        judge: sizes of the discriminator.
        shape: the batch.
        k: words of a mixture.
    """
    read = encoder(generator, shape)
    spoken = decoder(generator, shape)
    chosen = _product(shape.rows * shape.response, generator.output_units, k)
    everything = projection(generator, shape)
    empty = Shape(shape.rows, shape.context, 0)
    judged = discriminator(judge, shape)
    judged_response = judged - discriminator(judge, empty)
    both = Shape(2 * shape.rows, shape.context, shape.response)
    return {
        "mle": 3 * (read + spoken + everything),
        "adversarial": spoken
        + everything
        + 3 * (read + spoken + chosen)
        - decoder_layers(generator, shape)
        + judged
        + judged_response,
        "sample": read + spoken + everything,
        # The products that would reach the word vectors are not needed.
        "discriminator": 3 * discriminator(judge, both)
        - _first_inputs(judge, both),
    }


def _first_inputs(config: DiscriminatorConfig, shape: Shape) -> int:
    rows = shape.rows * (shape.context + shape.response)
    return 2 * _product(rows, config.embedding_dimension, 4 * config.units)


def _lstm(rows: int, size: int, units: int) -> int:
    return _product(rows, size + units, 4 * units)


def _product(m: int, k: int, n: int) -> int:
    return 2 * m * k * n

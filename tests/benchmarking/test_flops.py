import dataclasses

from keras_dialgan.benchmarking import flops
from keras_dialgan.config import DiscriminatorConfig, GeneratorConfig

GENERATOR = GeneratorConfig(
    vocabulary_size=11,
    embedding_dimension=3,
    encoder_layers=2,
    encoder_units=2,
    decoder_layers=1,
    decoder_units=5,
    attention_units=6,
    output_units=7,
)
JUDGE = DiscriminatorConfig(
    embedding_dimension=3, layers=1, units=2, hidden_units=4
)
SHAPE = flops.Shape(rows=1, context=1, response=1)


def test_the_encoder_counts_both_directions_bridge_and_keys():
    # An LSTM of u cells on d inputs: 2 * (d + u) * 4u; two directions.
    first, second = 2 * (2 * (3 + 2) * 8), 2 * (2 * (4 + 2) * 8)
    bridge, keys = 2 * (2 * 4 * 5), 2 * 4 * 6
    assert flops.encoder(GENERATOR, SHAPE) == first + second + bridge + keys


def test_the_decoder_counts_attention_and_features():
    lstm = 2 * (3 + 5) * 20
    attention = 2 * 5 * 6 + 2 * 6 * 1 + 2 * 1 * 4
    features = 2 * (5 + 4) * 7
    assert flops.decoder(GENERATOR, SHAPE) == lstm + attention + features


def test_the_projection_counts_every_word():
    assert flops.projection(GENERATOR, SHAPE) == 2 * 7 * 11


def test_the_discriminator_counts_both_sequences():
    lstm = 2 * (2 * (3 + 2) * 8)
    assert flops.discriminator(JUDGE, SHAPE) == (
        2 * lstm + 2 * 8 * 4 + 2 * 4 * 1
    )


def test_a_gradient_costs_twice_the_pass_forward():
    counts = flops.of_phases(GENERATOR, JUDGE, SHAPE, k=2)
    assert counts["mle"] == 3 * counts["sample"]


def test_only_chosen_words_are_differentiated_adversarially():
    two = flops.of_phases(GENERATOR, JUDGE, SHAPE, k=2)
    four = flops.of_phases(GENERATOR, JUDGE, SHAPE, k=4)
    assert four["adversarial"] - two["adversarial"] == 3 * (2 * 7 * 2)


def test_the_decoders_layers_run_forward_once_adversarially():
    """With no words to choose from, only the pass that decodes differs."""
    wordless = dataclasses.replace(GENERATOR, vocabulary_size=0)
    counts = flops.of_phases(wordless, JUDGE, SHAPE, k=0)
    layers = 2 * (3 + 5) * 20
    again = flops.decoder(wordless, SHAPE) - layers
    judged = flops.discriminator(JUDGE, SHAPE)
    judged_response = 2 * (2 * (3 + 2) * 8)
    assert counts["adversarial"] == (
        counts["mle"] + again + judged + judged_response
    )


def test_operations_grow_with_the_batch():
    once = flops.of_phases(GENERATOR, JUDGE, flops.Shape(1, 4, 4), 2)
    twice = flops.of_phases(GENERATOR, JUDGE, flops.Shape(2, 4, 4), 2)
    assert twice == {phase: 2 * count for phase, count in once.items()}

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.layers import cudnn
from keras_dialgan.models import (
    BeamSearch,
    Greedy,
    NucleusSampling,
    Sampling,
    TopKSampling,
    decode,
)
from keras_dialgan.models.decoding_strategies import MixedWithTruth, Step
from keras_dialgan.models.objectives.sampling import GumbelTopK
from keras_dialgan.models.random_rows import RandomRows
from keras_dialgan.text.vocabulary import BOS, EOS, PAD

from .small_models import V, make_batch, make_generator, randomise


@pytest.fixture(scope="module")
def generator():
    generator = make_generator()
    randomise(generator, scale=0.8, seed=2)
    bias = generator.projection.bias.numpy()
    bias[EOS] += 1.0
    generator.projection.bias.assign(bias)
    return generator


@pytest.fixture(scope="module")
def encoded(generator):
    return generator.encode(make_batch(9, seed=4)["context"])


def row_of(encoded, row):
    return tf.nest.map_structure(lambda part: part[row : row + 1], encoded)


def log_probability(generator, encoded, row, tokens):
    """The log-probability of one response, under teacher forcing."""
    response = np.array([tokens])
    features = generator.decode(response, row_of(encoded, row))
    logits = generator.logits(features)
    logs = tf.nn.log_softmax(logits).numpy()[0]
    return sum(logs[t, token] for t, token in enumerate(tokens))


def without_padding(row):
    return [int(token) for token in row if token != PAD]


def test_greedy_takes_the_argmax_of_every_step(generator, encoded):
    decoded = decode(generator, encoded, Greedy())
    for row, tokens in enumerate(decoded.tokens.numpy()):
        tokens = without_padding(tokens)
        features = generator.decode(np.array([tokens]), row_of(encoded, row))
        logits = generator.logits(features)
        best = np.argmax(logits.numpy()[0], axis=-1)
        np.testing.assert_array_equal(tokens, best)
        assert tokens[-1] == EOS or len(tokens) == generator.config.max_length
        assert EOS not in tokens[:-1]


@pytest.mark.parametrize(
    "strategy",
    [
        Greedy(),
        Sampling(0.8, seed=1),
        TopKSampling(4, seed=1),
        NucleusSampling(0.7, seed=1),
        BeamSearch(3),
        GumbelTopK(RandomRows([1, 2], 9), scale=0.7),
    ],
)
def test_the_log_probability_is_that_of_teacher_forcing(
    generator, encoded, strategy
):
    decoded = decode(generator, encoded, strategy)
    for row, tokens in enumerate(decoded.tokens.numpy()):
        expected = log_probability(
            generator, encoded, row, without_padding(tokens)
        )
        found = float(decoded.log_probability[row])
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_the_candidates_are_the_most_probable_tokens(generator, encoded):
    decoded = decode(generator, encoded, candidates=3)
    tokens, candidates = decoded.tokens.numpy(), decoded.candidates.numpy()
    assert candidates.shape == (*tokens.shape, 3)
    logits = generator.logits(generator.decode(tokens, encoded)).numpy()
    valid = tokens != PAD
    expected = np.argsort(-logits, axis=-1, kind="stable")[..., :3]
    np.testing.assert_array_equal(candidates[valid], expected[valid])
    np.testing.assert_array_equal(candidates[valid][:, 0], tokens[valid])


def test_noisy_candidates_are_those_of_the_largest_noisy_logits(
    generator, encoded
):
    random = RandomRows(tf.constant([1, 2]), tf.shape(encoded.memory)[0])
    decoded = decode(
        generator,
        encoded,
        GumbelTopK(random, scale=2.0),
        candidates=3,
        log_probabilities=False,
    )
    tokens, candidates = decoded.tokens.numpy(), decoded.candidates.numpy()
    logits = generator.logits(generator.decode(tokens, encoded)).numpy()
    rows, steps, _ = logits.shape
    noise = 2.0 * np.stack(
        [random.gumbel(step, tf.range(rows), V) for step in range(steps)], 1
    )
    valid = tokens != PAD
    expected = np.argsort(-(logits + noise), axis=-1)[..., :3]
    np.testing.assert_array_equal(candidates[valid], expected[valid])
    np.testing.assert_array_equal(candidates[valid][:, 0], tokens[valid])
    np.testing.assert_allclose(
        decoded.noise.numpy()[valid],
        np.take_along_axis(noise, candidates, axis=-1)[valid],
        rtol=1e-6,
    )
    greedy = np.argmax(logits, axis=-1)
    assert (tokens != greedy)[valid].any()


def test_the_loop_ends_when_every_row_has_ended(generator, encoded):
    decoded = decode(generator, encoded)
    ended = (decoded.tokens.numpy() == EOS).any(axis=1)
    lengths = (decoded.tokens.numpy() != PAD).sum(axis=1)
    assert decoded.tokens.shape[1] == lengths.max()
    short = np.flatnonzero(ended & (lengths < generator.config.max_length))
    assert len(short)
    some = tf.nest.map_structure(lambda part: tf.gather(part, short), encoded)
    decoded = decode(generator, some)
    assert decoded.tokens.shape[1] == lengths[short].max()


class Counting(MixedWithTruth):
    """The truth, remembering how many rows each step had."""

    def __init__(self, truth):
        super().__init__(tf.constant(truth), probability=0.0)
        self.rows = []

    def choose(self, logits, step):
        self.rows.append(logits.shape[0])
        return super().choose(logits, step)


def test_rows_leave_the_loop_when_half_have_ended(generator, encoded):
    truth = make_batch(9, seed=4)["response"]
    strategy = Counting(truth)
    decoded = decode(generator, encoded, strategy)
    lengths = (truth != PAD).sum(axis=1)
    held, expected = len(lengths), []
    for step in range(lengths.max()):
        running = (lengths > step).sum()
        held = running if 2 * running <= held else held
        expected.append(held)
    assert strategy.rows == expected
    assert expected[-1] < expected[0]
    np.testing.assert_array_equal(decoded.tokens, truth[:, : lengths.max()])
    for row, tokens in enumerate(truth):
        probability = log_probability(
            generator, encoded, row, without_padding(tokens)
        )
        found = float(decoded.log_probability[row])
        assert found == pytest.approx(probability, rel=1e-4)


@pytest.mark.parametrize("strategy", [Greedy(), BeamSearch(3)])
def test_a_response_is_the_same_alone_and_among_rows_that_leave(strategy):
    generator = make_generator()
    randomise(generator, scale=1.5, seed=2)
    encoded = generator.encode(make_batch(12, seed=4)["context"])
    together = decode(generator, encoded, strategy)
    lengths = (together.tokens.numpy() != PAD).sum(axis=1)
    assert 2 * (lengths < lengths.max()).sum() > len(lengths)
    for row, tokens in enumerate(together.tokens.numpy()):
        alone = decode(generator, row_of(encoded, row), strategy)
        assert without_padding(alone.tokens[0].numpy()) == without_padding(
            tokens
        )
        np.testing.assert_allclose(
            alone.log_probability[0],
            together.log_probability[row],
            rtol=1e-4,
        )


def test_log_probabilities_are_left_out_on_demand(generator, encoded):
    for strategy in (Greedy(), BeamSearch(2)):
        full = decode(generator, encoded, strategy)
        bare = decode(generator, encoded, strategy, log_probabilities=False)
        np.testing.assert_array_equal(bare.tokens, full.tokens)
        assert bare.log_probability is None


def test_a_batch_of_no_rows_gives_no_responses(generator, encoded):
    none = tf.nest.map_structure(lambda part: part[:0], encoded)
    assert decode(generator, none).tokens.shape[0] == 0


def test_a_shorter_maximum_cuts_responses(generator, encoded):
    full = decode(generator, encoded).tokens.numpy()
    cut = decode(generator, encoded, max_length=2).tokens.numpy()
    np.testing.assert_array_equal(cut, full[:, :2])


def test_padding_and_beginning_are_never_generated(generator, encoded):
    decoded = decode(generator, encoded, Sampling(50.0, seed=3))
    tokens = decoded.tokens.numpy()
    assert (tokens != BOS).all()
    for row in tokens:
        used = np.flatnonzero(row != PAD)
        np.testing.assert_array_equal(used, np.arange(len(used)))


def test_sampling_follows_the_softmax_at_its_temperature():
    logits = np.tile(np.array([0.0, 1.0, 2.0, -1.0]), (40_000, 1))
    step = Step(tf.constant(0), tf.zeros(40_000), tf.zeros(40_000, bool))
    tokens = Sampling(2.0, seed=5).choose(tf.constant(logits, tf.float32), step)
    expected = np.exp(logits[0] / 2)
    np.testing.assert_allclose(
        np.bincount(tokens, minlength=4) / 40_000,
        expected / expected.sum(),
        atol=0.01,
    )


def test_sampling_repeats_with_its_seed_and_changes_with_another(
    generator, encoded
):
    first, again, other = (
        decode(generator, encoded, Sampling(2.0, seed)).tokens.numpy()
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()


def test_top_k_sampling_keeps_the_k_largest_logits():
    logits = tf.constant([[3.0, 1.0, 2.0, 0.0]])
    kept = TopKSampling(2).restrict(logits).numpy()
    np.testing.assert_array_equal(kept > -1e30, [[True, False, True, False]])


def test_nucleus_sampling_keeps_the_fewest_tokens_that_hold_p():
    logits = tf.math.log([[0.5, 0.3, 0.15, 0.05], [0.9, 0.05, 0.03, 0.02]])
    kept = NucleusSampling(0.7).restrict(logits).numpy() > -1e30
    np.testing.assert_array_equal(kept, [[1, 1, 0, 0], [1, 0, 0, 0]])


def test_a_wide_beam_finds_the_most_probable_response():
    generator = make_generator(vocabulary_size=8, max_length=3)
    randomise(generator, scale=1.0, seed=6)
    batch = make_batch(3, seed=1, v=8)
    encoded = generator.encode(batch["context"])
    decoded = decode(generator, encoded, BeamSearch(200, length_penalty=0.0))
    words = range(3, 8)
    responses = [
        [*body, EOS]
        for n in range(3)
        for body in itertools.product(words, repeat=n)
    ] + [list(body) for body in itertools.product(words, repeat=3)]
    for row, tokens in enumerate(decoded.tokens.numpy()):
        scores = [
            log_probability(generator, encoded, row, response)
            for response in responses
        ]
        best = responses[int(np.argmax(scores))]
        assert without_padding(tokens) == best


def test_a_beam_of_one_is_greedy(generator, encoded):
    greedy = decode(generator, encoded, Greedy())
    beam = decode(generator, encoded, BeamSearch(1))
    np.testing.assert_array_equal(greedy.tokens, beam.tokens)


def test_a_beam_is_at_least_as_probable_as_greedy(generator, encoded):
    greedy = decode(generator, encoded, Greedy()).log_probability.numpy()
    beam = decode(
        generator, encoded, BeamSearch(8, length_penalty=0.0)
    ).log_probability.numpy()
    assert (beam >= greedy - 1e-4).all()


def test_what_belongs_to_rows_is_refused_where_they_are_reordered(
    generator, encoded
):
    for wish in ({"candidates": 2}, {"keep": True}):
        with pytest.raises(ValueError, match="one row per input"):
            decode(generator, encoded, BeamSearch(2), **wish)


def test_what_a_gradient_needs_is_kept_on_demand(generator, encoded):
    assert decode(generator, encoded).kept is None
    decoded = decode(generator, encoded, keep=True)
    time = decoded.tokens.shape[1]
    assert len(decoded.kept) == len(generator.decoder)
    for kept, layer in zip(decoded.kept, generator.decoder, strict=True):
        assert {part.shape for part in kept} == {(time, 9, layer.units)}


def test_what_was_kept_gives_the_features_of_the_responses(generator, encoded):
    """Of rows that leave the loop, too, but for what follows their end."""
    truth = make_batch(9, seed=4)["response"]
    strategy = Counting(truth)
    decoded = decode(generator, encoded, strategy, keep=True)
    assert len(set(strategy.rows)) > 1
    valid = decoded.tokens.numpy() != PAD
    found = generator.decode(decoded.tokens, encoded, decoded.kept).numpy()
    expected = generator.decode(decoded.tokens, encoded).numpy()
    np.testing.assert_allclose(
        found[valid], expected[valid], rtol=1e-4, atol=1e-6
    )
    assert np.isfinite(found).all()


def test_nothing_is_kept_where_cudnn_runs_the_layers(
    generator, encoded, monkeypatch
):
    monkeypatch.setattr(cudnn, "is_available", lambda: True)
    assert decode(generator, encoded, keep=True).kept is None


def test_the_graph_and_eager_execution_agree(generator, encoded):
    compiled = tf.function(
        lambda: decode(generator, encoded).tokens, autograph=False
    )
    np.testing.assert_array_equal(compiled(), decode(generator, encoded).tokens)


def test_scheduled_sampling_mixes_truth_with_own_tokens(generator, encoded):
    truth = make_batch(9, seed=4)["response"]
    arguments = {"max_length": truth.shape[1], "stop_at_end": False}

    def mixed(probability):
        strategy = MixedWithTruth(tf.constant(truth), probability, seed=1)
        return decode(generator, encoded, strategy, **arguments).tokens

    np.testing.assert_array_equal(mixed(0.0), truth)
    own = decode(generator, encoded, Greedy(), **arguments).tokens.numpy()
    np.testing.assert_array_equal(mixed(1.0), own)
    half = mixed(0.5).numpy()
    assert 0.2 < (half == truth).mean() < 0.9


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Sampling(0.0), "temperature"),
        (lambda: TopKSampling(0), "k must be positive"),
        (lambda: NucleusSampling(0.0), "p must be within"),
        (lambda: NucleusSampling(1.5), "p must be within"),
        (lambda: BeamSearch(0), "width"),
    ],
)
def test_an_impossible_strategy_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_all_tokens_stay_within_the_vocabulary(generator, encoded):
    tokens = decode(generator, encoded, Sampling(10.0)).tokens.numpy()
    assert tokens.max() < V

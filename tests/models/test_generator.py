import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.config import GeneratorConfig
from keras_dialgan.models import build_generator
from keras_dialgan.text.vocabulary import BOS, EOS

from .small_models import V, make_batch, make_generator, randomise


def test_it_is_a_functional_model_from_a_pair_to_logits():
    generator = make_generator()
    assert isinstance(generator, keras.Model)
    assert set(generator.input) == {"context", "response"}
    batch = make_batch(5)
    assert generator(batch).shape == (5, 7, V)


def test_the_logits_equal_those_of_its_parts():
    generator = make_generator()
    batch = make_batch(5)
    encoded = generator.encode(batch["context"])
    features = generator.decode(batch["response"], encoded)
    np.testing.assert_allclose(
        generator(batch), generator.logits(features), rtol=1e-6
    )


def test_steps_equal_teacher_forcing(float64):
    generator = make_generator()
    randomise(generator)
    batch = make_batch(5)
    encoded = generator.encode(batch["context"])
    expected = generator.logits(generator.decode(batch["response"], encoded))
    weights = generator.step_weights()
    keys = generator.attention.project_value(encoded.memory)
    states, last = encoded.states, tf.fill([5], BOS)
    for t in range(batch["response"].shape[1]):
        logits, states, _ = generator.step(last, states, encoded, keys, weights)
        np.testing.assert_allclose(logits, expected[:, t], rtol=1e-10)
        last = batch["response"][:, t]


def test_a_token_has_no_influence_on_the_logits_before_it(float64):
    generator = make_generator()
    batch = make_batch(5)
    changed = batch["response"].copy()
    changed[:, 3] = (changed[:, 3] + 1) % V
    first = generator(batch).numpy()
    second = generator({**batch, "response": changed}).numpy()
    np.testing.assert_array_equal(first[:, :4], second[:, :4])
    assert (first[:, 4] != second[:, 4]).any()


def test_what_stands_after_the_contexts_end_has_no_influence():
    generator = make_generator()
    batch = make_batch(5)
    context = batch["context"].copy()
    ended = np.cumsum(context == EOS, axis=1) - (context == EOS) > 0
    assert ended.any()
    context[ended] = 9
    np.testing.assert_array_equal(
        generator(batch), generator({**batch, "context": context})
    )


def test_more_padding_has_no_influence():
    generator = make_generator()
    batch = make_batch(5)
    wider = {
        key: np.pad(tokens, [[0, 0], [0, 3]]) for key, tokens in batch.items()
    }
    np.testing.assert_allclose(
        generator(wider)[:, :7], generator(batch), rtol=1e-5, atol=1e-6
    )


def test_permuting_a_batch_permutes_its_logits():
    generator = make_generator()
    batch = make_batch(5)
    order = np.array([3, 1, 4, 0, 2])
    permuted = {key: tokens[order] for key, tokens in batch.items()}
    np.testing.assert_allclose(
        generator(permuted),
        generator(batch).numpy()[order],
        rtol=1e-5,
        atol=1e-6,
    )


def test_one_word_matrix_serves_encoder_and_decoder():
    generator = make_generator()
    matrices = [w for w in generator.weights if w.shape == (V, 6)]
    names = [matrix.path for matrix in matrices]
    assert len([n for n in names if "embeddings" in n]) == 1


@pytest.mark.parametrize(("units", "bridges"), [(8, 0), (5, 4)])
def test_a_bridge_exists_only_where_sizes_differ(units, bridges):
    generator = make_generator(decoder_units=units)
    found = {
        w.path.split("/")[-2] for w in generator.weights if "bridge" in w.path
    }
    assert len(found) == bridges
    assert generator(make_batch(2)).shape == (2, 7, V)


@pytest.mark.parametrize("layers", [1, 3])
def test_encoder_and_decoder_may_differ_in_depth(layers):
    generator = make_generator(decoder_layers=layers)
    assert generator(make_batch(2)).shape == (2, 7, V)


def test_configuration_and_weights_rebuild_the_same_model(tmp_path):
    generator = make_generator(k=3)
    copy = type(generator).from_config(generator.get_config())
    assert copy.get_config() == generator.get_config()
    generator.save_weights(tmp_path / "generator.weights.h5")
    copy.load_weights(tmp_path / "generator.weights.h5")
    batch = make_batch(3)
    np.testing.assert_array_equal(generator(batch), copy(batch))


def test_a_size_left_open_is_refused():
    with pytest.raises(ValueError, match="vocabulary_size"):
        build_generator(GeneratorConfig())

import keras
import numpy as np
import pytest

from keras_dialgan.config import DiscriminatorConfig
from keras_dialgan.models import build_discriminator

from .small_models import D, make_discriminator

rng = np.random.default_rng(0)


def make_inputs(rows=4, time=5):
    mask = np.arange(time) < np.array([[5], [2], [3], [1]])
    return {
        "context": rng.normal(size=(rows, time, D)).astype("float32"),
        "context_mask": mask,
        "response": rng.normal(size=(rows, time, D)).astype("float32"),
        "response_mask": mask[::-1],
    }


def test_it_is_a_functional_model_whose_output_is_a_confidence():
    discriminator = make_discriminator()
    assert isinstance(discriminator, keras.Model)
    confidence = discriminator(make_inputs()).numpy()
    assert confidence.shape == (4, 1)
    assert ((confidence > 0) & (confidence < 1)).all()


def test_the_confidence_is_the_sigmoid_of_the_score():
    discriminator = make_discriminator()
    inputs = make_inputs()
    score = discriminator.score(inputs).numpy()
    np.testing.assert_allclose(
        discriminator(inputs), 1 / (1 + np.exp(-score)), rtol=1e-6
    )


@pytest.mark.parametrize("side", ["context", "response"])
def test_masked_vectors_never_influence_the_confidence(side):
    discriminator = make_discriminator()
    inputs = make_inputs()
    changed = inputs[side].copy()
    changed[~inputs[f"{side}_mask"]] = 100.0
    np.testing.assert_array_equal(
        discriminator(inputs), discriminator({**inputs, side: changed})
    )


@pytest.mark.parametrize("side", ["context", "response"])
def test_every_valid_vector_influences_the_confidence(side):
    discriminator = make_discriminator()
    inputs = make_inputs()
    before = discriminator(inputs).numpy()
    for row, step in np.argwhere(inputs[f"{side}_mask"]):
        changed = inputs[side].copy()
        changed[row, step] += 1.0
        after = discriminator({**inputs, side: changed}).numpy()
        assert set(np.flatnonzero(before != after)) == {row}


def test_dropout_acts_in_training_only():
    discriminator = make_discriminator(dropout=0.5)
    inputs = make_inputs()
    quiet = [discriminator.score(inputs).numpy() for _ in range(2)]
    noisy = [
        discriminator.score(inputs, training=True).numpy() for _ in range(2)
    ]
    np.testing.assert_array_equal(*quiet)
    assert (noisy[0] != noisy[1]).any()


def test_a_dimension_left_open_is_refused():
    with pytest.raises(ValueError, match="embedding_dimension"):
        build_discriminator(DiscriminatorConfig())

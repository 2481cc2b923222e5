import numpy as np
import pytest

from keras_dialgan.evaluation import HeldOutPairs
from keras_dialgan.evaluation.likelihood import perplexity_statistics
from keras_dialgan.text import EOS
from tests.models.small_models import make_generator, randomise

random = np.random.default_rng(0)
CONTEXTS, RESPONSES = (
    [random.integers(4, 13, random.integers(1, 6)).tolist() for _ in range(20)]
    for _ in range(2)
)
PAIRS = HeldOutPairs(CONTEXTS, RESPONSES, None)


@pytest.fixture(autouse=True)
def several_batches(monkeypatch):
    monkeypatch.setattr("keras_dialgan.evaluation.likelihood.BATCH", 8)


def perplexity(generator, weights=None):
    return perplexity_statistics(generator, PAIRS)["perplexity"](weights)


def reference(generator, weights):
    """Pair by pair from the full logits, in NumPy."""
    losses = []
    for context, response, weight in zip(
        CONTEXTS, RESPONSES, weights, strict=True
    ):
        tokens = np.array([[*response, EOS]])
        logits = generator(
            {"context": np.array([[*context, EOS]]), "response": tokens}
        )
        logits = np.asarray(logits[0], np.float64)
        shifted = logits - logits.max(axis=1, keepdims=True)
        normaliser = np.log(np.exp(shifted).sum(axis=1))
        rows = np.arange(tokens.shape[1])
        losses.extend([*(normaliser - shifted[rows, tokens[0]])] * weight)
    return np.exp(np.mean(losses))


def test_perplexity_is_that_of_all_tokens_under_the_full_logits():
    generator = make_generator()
    randomise(generator)
    weights = np.arange(20) % 3
    for found, each in (
        (perplexity(generator), np.ones(20, int)),
        (perplexity(generator, weights), weights),
    ):
        assert found == pytest.approx(reference(generator, each), rel=1e-5)


def test_a_uniform_model_has_the_number_of_its_words_as_perplexity():
    generator = make_generator()
    for weight in generator.trainable_variables:
        weight.assign(np.zeros(weight.shape))
    found = perplexity(generator)
    assert found == pytest.approx(13 - 2, rel=1e-5)  # no padding, no begin

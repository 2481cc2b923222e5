import numpy as np
import pytest

from keras_dialgan.evaluation import HeldOutPairs
from keras_dialgan.evaluation.nearest_word import nearest_word_rates
from keras_dialgan.models import Responder, nearest_word
from keras_dialgan.models.nearest_word import mixtures, own_is_nearest
from keras_dialgan.text.vocabulary import BOS, EOS, PAD
from tests.models.small_models import V, make_generator, randomise


def brute_force(vectors, tokens, W):
    """Every distance in double precision."""
    found = []
    for vector, token in zip(vectors, tokens, strict=True):
        distances = np.linalg.norm(W.astype(float) - vector, axis=1)
        distances[[PAD, BOS]] = np.inf
        found.append(np.argmin(distances) == token)
    return np.array(found)


@pytest.mark.parametrize("blocks", [(1_024, 4_096), (7, 5), (1, 1)])
def test_the_search_over_blocks_is_exact(blocks, monkeypatch):
    monkeypatch.setattr(nearest_word, "_QUERIES", blocks[0])
    monkeypatch.setattr(nearest_word, "_WORDS", blocks[1])
    random = np.random.default_rng(0)
    W = random.normal(size=(33, 4)).astype(np.float32)
    tokens = random.integers(2, 33, 50)
    noise = random.normal(size=(50, 4)) * 0.5
    vectors = (W[tokens] + noise).astype(np.float32)
    found = own_is_nearest(vectors, tokens, W)
    np.testing.assert_array_equal(found, brute_force(vectors, tokens, W))
    assert 0 < found.mean() < 1


def test_pad_and_bos_are_never_the_nearest():
    W = np.array([[0, 0], [1, 0], [5, 5], [9, 9]], np.float32)
    vectors = W[[PAD, BOS]] + 0.01
    assert own_is_nearest(vectors, np.array([2, 2]), W).all()


def test_a_mixture_is_the_softmax_weighted_mean_of_word_vectors():
    W = np.array([[1, 0], [0, 1], [4, 4]], np.float32)
    logits = np.log(np.array([[3.0, 1.0]]))
    found = mixtures(W, np.array([[2, 0]]), logits)
    np.testing.assert_allclose(found, [[13 / 4, 12 / 4]], rtol=1e-6)


@pytest.fixture(scope="module")
def generator():
    generator = make_generator()
    randomise(generator, scale=1.0)
    return generator


CONTEXTS = [[4, 5, 6], [7], [8, 9, 10, 11, 12], [4, 4]]


def one_by_one(generator, k):
    """Rates step by step from the full logits of each response."""
    W = generator.word_embedding.embeddings.numpy()
    right = {}
    for context, response in zip(
        CONTEXTS, Responder(generator)(CONTEXTS), strict=True
    ):
        limit = generator.config.max_length
        tokens = [*response, EOS][:limit]
        logits = generator(
            {
                "context": np.array([[*context, EOS]]),
                "response": np.array([tokens]),
            }
        )
        for token, row in zip(tokens, np.asarray(logits)[0], strict=True):
            best = np.argsort(-row)[:k]
            weights = np.exp(row[best] - row[best].max())
            vector = weights @ W[best] / weights.sum()
            (is_right,) = brute_force([vector], [token], W)
            right.setdefault(token, []).append(is_right)
    everything = np.concatenate(list(right.values()))
    return everything.mean(), np.mean([np.mean(r) for r in right.values()])


def test_rates_are_those_of_every_generated_token(generator):
    pairs = HeldOutPairs(CONTEXTS, CONTEXTS, None)
    found = nearest_word_rates(generator, pairs, ks=(2, 3, 5))
    for rate in found["rates"]:
        every, distinct = one_by_one(generator, rate["k"])
        assert rate["all"] == pytest.approx(every)
        assert rate["distinct"] == pytest.approx(distinct)
    assert found["distinct_tokens"] <= min(V, found["tokens"])
    assert 0 < found["rates"][0]["all"] < 1

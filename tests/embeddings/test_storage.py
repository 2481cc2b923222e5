import numpy as np
import pytest

from keras_dialgan.embeddings import equalise_norms, load_word_vectors
from keras_dialgan.embeddings.storage import fill_absent, store_word_vectors
from keras_dialgan.errors import UserError
from tests.embeddings.vectors import corpus_of


@pytest.fixture
def corpus(tmp_path):
    return corpus_of(tmp_path / "corpus", "cat", "dog", "plum")


@pytest.fixture
def vectors(corpus):
    shape = (corpus.vocabulary.size, 4)
    vectors = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    store_word_vectors(corpus, vectors, "drawn", {"seed": 0})
    return vectors


def test_stored_vectors_are_read_back(corpus, vectors):
    loaded = load_word_vectors(corpus.directory, corpus.vocabulary)
    np.testing.assert_array_equal(loaded, vectors)


def test_absent_rows_are_as_long_as_the_others_on_average():
    vectors = np.array([[0, 0], [0, 0], [3, 4], [0, 1], [0, 0]], float)
    fill_absent(vectors, {1, 4}, seed=0)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [0, 3, 5, 1, 3])
    again = np.array([[0, 0], [0, 0], [3, 4], [0, 1], [0, 0]], float)
    fill_absent(again, {4, 1}, seed=0)
    np.testing.assert_array_equal(again, vectors)


def test_equal_norms_keep_directions_zeros_and_the_mean_length():
    vectors = np.array([[0, 0], [3, 4], [0, -1]], np.float32)
    equal = equalise_norms(vectors)
    assert equal.dtype == np.float32
    np.testing.assert_allclose(equal, [[0, 0], [1.8, 2.4], [0, -3]], rtol=1e-6)


def test_the_nearest_to_a_mixture_of_equal_norms_is_its_greater_part():
    random = np.random.default_rng(0)
    # Directions have much in common, as those of words do.
    vectors = random.normal(size=(500, 32)) + 2
    vectors *= random.uniform(0.3, 3, (500, 1))
    weights = random.uniform(0.55, 1, (499, 1))

    def rate(W):
        mixed = weights * W[:-1] + (1 - weights) * W[1:]
        distances = np.linalg.norm(mixed[:, np.newaxis] - W, axis=2)
        return np.mean(distances.argmin(axis=1) == np.arange(499))

    assert rate(equalise_norms(vectors)) > 0.99
    assert rate(vectors) < 0.95


def test_without_training_there_are_no_vectors(corpus, tmp_path):
    assert load_word_vectors(tmp_path, corpus.vocabulary) is None


def damage_nan(vectors):
    vectors[3, 1] = np.nan
    return vectors


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_nan, "not finite"),
        (lambda vectors: vectors[:-1], "is expected"),
        (lambda vectors: vectors.astype(np.float64), "is expected"),
    ],
)
def test_damaged_vectors_are_refused(
    corpus, vectors, tmp_path, damage, message
):
    source = corpus.directory / "word_vectors"
    folder = tmp_path / "word_vectors"
    folder.mkdir()
    (folder / "metadata.json").write_bytes(
        (source / "metadata.json").read_bytes()
    )
    np.save(folder / "vectors.npy", damage(vectors.copy()))
    with pytest.raises(UserError, match=f"{message}.*; train them again"):
        load_word_vectors(tmp_path, corpus.vocabulary)
    (folder / "vectors.npy").write_bytes(b"nothing")
    with pytest.raises(UserError, match="unreadable"):
        load_word_vectors(tmp_path, corpus.vocabulary)


def test_vectors_of_another_vocabulary_are_refused(corpus, vectors):
    other = type(corpus.vocabulary)([*corpus.vocabulary.tokens, "more"])
    with pytest.raises(UserError, match="another vocabulary"):
        load_word_vectors(corpus.directory, other)

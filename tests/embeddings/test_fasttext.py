import json
import random

import numpy as np
import pytest

from keras_dialgan.corpus import (
    MemorySource,
    PreparationSettings,
    PreparedCorpus,
    prepare,
)
from keras_dialgan.embeddings import (
    bucket_size,
    default_epochs,
    load_word_vectors,
    pretrain_word_vectors,
)
from keras_dialgan.text import BOS, EOS, PAD, UNK

SETTINGS = PreparationSettings(entity_tagger="rules", validation_fraction=0.0)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    draw = random.Random(0)
    pets, fruits = ["cat", "dog", "rabbit"], ["apple", "plum", "melon"]
    dialogues = []
    for _ in range(600):
        pet, fruit = draw.choice(pets), draw.choice(fruits)
        dialogues.append(
            [f"Anna feeds the {pet} at home", f"then she eats a ripe {fruit}"]
        )
    directory = tmp_path_factory.mktemp("corpus") / "prepared"
    prepare([MemorySource(dialogues)], directory, SETTINGS)
    return PreparedCorpus(directory)


@pytest.fixture(scope="module")
def vectors(corpus):
    return pretrain_word_vectors(corpus, dimension=16, epochs=3, seed=4)


def test_rows_are_in_the_order_of_the_vocabulary(corpus, vectors):
    assert vectors.shape == (corpus.vocabulary.size, 16)
    assert vectors.dtype == np.float32
    loaded = load_word_vectors(corpus.directory, corpus.vocabulary)
    np.testing.assert_array_equal(loaded, vectors)


def test_special_rows_are_defined(corpus, vectors):
    norms = np.linalg.norm(vectors, axis=1)
    assert norms[PAD] == 0
    place = corpus.vocabulary.id("<place>")
    random_rows = [BOS, UNK, place, corpus.vocabulary.id("<number>")]
    trained = np.delete(norms, [PAD, *random_rows])
    np.testing.assert_allclose(norms[random_rows], trained.mean(), rtol=1e-5)
    assert norms[EOS] > 0.3 * trained.mean()
    assert (trained > 0).all()


def test_equal_seeds_give_equal_vectors(corpus, vectors):
    again = pretrain_word_vectors(corpus, dimension=16, epochs=3, seed=4)
    np.testing.assert_array_equal(again, vectors)
    other = pretrain_word_vectors(corpus, dimension=16, epochs=3, seed=5)
    assert not np.allclose(other, vectors)
    pretrain_word_vectors(corpus, dimension=16, epochs=3, seed=4)


def test_only_vectors_and_their_description_are_stored(corpus, vectors):
    folder = corpus.directory / "word_vectors"
    assert sorted(path.name for path in folder.iterdir()) == [
        "metadata.json",
        "vectors.npy",
    ]
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["dimension"] == 16
    assert metadata["vocabulary_digest"] == corpus.vocabulary.digest
    assert metadata["settings"]["epochs"] == 3
    PreparedCorpus(corpus.directory).verify()


def test_progress_is_shown_for_each_epoch(corpus):
    class Bar:
        shown = 0

        def __init__(self, title, total):
            Bar.total = total

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def update(self, count):
            Bar.shown += count

    pretrain_word_vectors(corpus, dimension=16, epochs=3, seed=4, progress=Bar)
    assert Bar.shown == Bar.total == 3


def test_small_corpora_are_read_more_often():
    assert default_epochs(10**9) == 5
    assert default_epochs(1_000_000) == 8
    assert default_epochs(0) == 20


def test_buckets_follow_the_number_of_n_grams(monkeypatch):
    # "<ab>" has the n-grams "<ab", "ab>", "<ab>".
    assert bucket_size(["ab"]) == 8
    monkeypatch.setattr("keras_dialgan.embeddings.fasttext._MAX_BUCKET", 100)
    assert bucket_size(map(str, range(1000))) == 100

import numpy as np

from keras_dialgan.embeddings import nearest_neighbours
from keras_dialgan.text import BOS
from tests.embeddings.vectors import corpus_of


def test_neighbours_point_the_same_way(tmp_path):
    vocabulary = corpus_of(tmp_path, "cat", "dog", "plum").vocabulary
    rows = np.zeros((vocabulary.size, 2))
    rows[BOS] = [1, 0]
    rows[vocabulary.id("cat")] = [1, 0]
    rows[vocabulary.id("dog")] = [5, 1]
    rows[vocabulary.id("plum")] = [1, 5]
    near = nearest_neighbours(rows, vocabulary, ["cat", "absent"], 2)
    assert near == {"cat": ["dog", "plum"]}

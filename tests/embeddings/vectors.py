"""A vocabulary with a directory, all that word vectors need of a corpus."""

from types import SimpleNamespace

from keras_dialgan.text import Vocabulary
from keras_dialgan.text.vocabulary import FIRST_TOKENS


def corpus_of(directory, *words):
    """Stands for a prepared corpus of some words."""
    vocabulary = Vocabulary((*FIRST_TOKENS, *words))
    return SimpleNamespace(directory=directory, vocabulary=vocabulary)

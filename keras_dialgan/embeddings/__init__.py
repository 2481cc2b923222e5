"""Word vectors: pre-trained on a prepared corpus, or imported."""

from keras_dialgan.embeddings.fasttext import (
    bucket_size,
    default_epochs,
    pretrain_word_vectors,
)
from keras_dialgan.embeddings.importing import import_word_vectors
from keras_dialgan.embeddings.neighbours import nearest_neighbours
from keras_dialgan.embeddings.storage import (
    FOLDER,
    equalise_norms,
    load_word_vectors,
)

__all__ = [
    "FOLDER",
    "bucket_size",
    "default_epochs",
    "equalise_norms",
    "import_word_vectors",
    "load_word_vectors",
    "nearest_neighbours",
    "pretrain_word_vectors",
]

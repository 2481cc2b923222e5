"""Word vectors beside the prepared corpus that they belong to."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_dialgan.corpus.storage import PreparedCorpus
from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_directory, read_manifest, write_json
from keras_dialgan.text import Vocabulary

KIND = "word vectors"
FORMAT_VERSION = 1
FOLDER = "word_vectors"
VECTORS = "vectors.npy"
METADATA = "metadata.json"


def fill_absent(vectors: np.ndarray, absent: Iterable[int], seed: int) -> None:
    """Gives random directions to tokens that have no vector.

    They are as long as the other vectors are on average: a tiny vector would
    lie beside that of the padding token, which is zero.

    Args:
        vectors: rows in the order of the vocabulary, filled in place.
        absent: the ids of the tokens.
        seed: of the directions.
    """
    random = np.random.default_rng(seed)
    mean_norm = _mean_norm(vectors)
    for i in sorted(absent):
        row = random.standard_normal(vectors.shape[1])
        vectors[i] = row * mean_norm / np.linalg.norm(row)


def equalise_norms(vectors: np.ndarray) -> np.ndarray:
    """Scales word vectors to one length, the mean of theirs.

    Between two vectors of one length lies a mixture that is shorter than
    both, and vectors that are short for other reasons, such as those of rare
    words, are often nearer to it.

    Args:
        vectors: float array `[V, D]`; rows of zeros stay as they are.

    Returns:
        `[V, D]`, a new array of the same dtype.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scales = np.divide(
        _mean_norm(vectors), norms, out=np.zeros_like(norms), where=norms > 0
    )
    return vectors * scales


def _mean_norm(vectors: np.ndarray) -> float:
    norms = np.linalg.norm(vectors, axis=1)
    return norms[norms > 0].mean()


def store_word_vectors(
    corpus: PreparedCorpus,
    vectors: np.ndarray,
    method: str,
    settings: dict[str, Any],
) -> None:
    """Writes word vectors into the corpus's directory.

    Args:
        corpus: the prepared corpus.
        vectors: rows in the order of its vocabulary, float32.
        method: how they were made.
        settings: what is to be known about that.
    """
    with atomic_directory(corpus.directory / FOLDER) as folder:
        np.save(folder / VECTORS, vectors, allow_pickle=False)
        write_json(
            folder / METADATA,
            {
                "kind": KIND,
                "format_version": FORMAT_VERSION,
                "method": method,
                "dimension": vectors.shape[1],
                "vocabulary_digest": corpus.vocabulary.digest,
                "settings": settings,
            },
        )


def load_word_vectors(
    corpus_directory: str | Path, vocabulary: Vocabulary
) -> np.ndarray | None:
    """Reads the word vectors of a prepared corpus.

    Args:
        corpus_directory: the directory of the prepared corpus.
        vocabulary: the vocabulary that the vectors must belong to.

    Returns:
        Vectors in the order of the vocabulary, float32; `None` if none have
        been trained.

    Raises:
        UserError: if they belong to another vocabulary or are damaged.
    """
    folder = Path(corpus_directory) / FOLDER
    if not folder.exists():
        return None
    remedy = (
        f"train them again (scripts/pretrain_embeddings.py --corpus "
        f"{corpus_directory})"
    )
    metadata = read_manifest(folder / METADATA, KIND, FORMAT_VERSION)
    path = folder / VECTORS
    if metadata["vocabulary_digest"] != vocabulary.digest:
        raise UserError(f"{path}: made for another vocabulary; {remedy}")
    try:
        vectors = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{path}: unreadable ({error}); {remedy}") from None
    shape = (vocabulary.size, metadata["dimension"])
    if vectors.shape != shape or vectors.dtype != np.float32:
        raise UserError(
            f"{path}: holds {vectors.dtype} {vectors.shape} where float32 "
            f"{shape} is expected; {remedy}"
        )
    if not np.isfinite(vectors).all():
        raise UserError(f"{path}: holds values that are not finite; {remedy}")
    return vectors

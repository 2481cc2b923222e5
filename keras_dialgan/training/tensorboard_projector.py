"""Word vectors for TensorBoard's projector."""

from pathlib import Path

import numpy as np
from google.protobuf import text_format
from tensorboard.plugins.projector import EmbeddingInfo, ProjectorConfig
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from keras_dialgan.files import atomic_write
from keras_dialgan.text import Vocabulary

# The projector's own methods take no more points into account.
MOST_WORDS = 10_000


def write_word_vectors(
    logs: Path, name: str, vectors: np.ndarray, vocabulary: Vocabulary
) -> None:
    """Adds a state of the word vectors to the projector.

    Args:
        logs: TensorBoard's directory.
        name: the choice that the projector offers; a former state of that
            name is replaced.
        vectors: W, `[V, D]`; its first rows, of the most frequent words, are
            written.
        vocabulary: the tokens of its rows.
    """
    vectors = vectors[:MOST_WORDS].astype(np.float32)
    file, labels = f"projector/{name}.bytes", "projector/tokens.tsv"
    with atomic_write(logs / file, "wb") as opened:
        opened.write(vectors.tobytes())
    with atomic_write(logs / labels) as opened:
        opened.writelines(f"{t}\n" for t in vocabulary.tokens[: len(vectors)])
    config = _read(logs / PROJECTOR_FILENAME)
    others = [each for each in config.embeddings if each.tensor_name != name]
    added = EmbeddingInfo(
        tensor_name=name,
        tensor_shape=vectors.shape,
        tensor_path=file,
        metadata_path=labels,
    )
    with atomic_write(logs / PROJECTOR_FILENAME) as opened:
        opened.write(
            text_format.MessageToString(
                ProjectorConfig(embeddings=[*others, added])
            )
        )


def _read(path: Path) -> ProjectorConfig:
    config = ProjectorConfig()
    if path.exists():
        text_format.Parse(path.read_text(encoding="utf-8"), config)
    return config

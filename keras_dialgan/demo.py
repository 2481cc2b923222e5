"""The demo's model, for whoever needs a trained one at hand.

`make demo` leaves it in `runs/demo`. Where it is missing it is made here, by
the same recipe.
"""

from collections.abc import Sequence
from pathlib import Path

from keras_dialgan.config import load_preset
from keras_dialgan.corpus import (
    PreparationSettings,
    PreparedCorpus,
    SmallTalkSource,
    prepare,
)
from keras_dialgan.embeddings import FOLDER, pretrain_word_vectors
from keras_dialgan.training import ModelDirectory, train

PAIRS = 40_000
DIMENSION = 64
VALIDATION_FRACTION = 0.03


def demo_model(
    folder: str | Path, pairs: int = PAIRS, overrides: Sequence[str] = ()
) -> tuple[ModelDirectory, PreparedCorpus]:
    """Opens the demo's model and corpus, made first where they are missing.

    Training takes minutes; one that was interrupted goes on. What is there
    is taken as it is, whatever its settings.

    Args:
        folder: holds, or receives, `corpus` and `model`.
        pairs: of small talk.
        overrides: settings that replace those of the preset `tiny`, as
            `section.key=value`.

    Returns:
        The model directory with the stages A to D, and the corpus.

    Example:

    ```python
    directory, corpus = demo_model("runs/demo")
    generator, discriminator = directory.load_stage("final")
    ```
    """
    folder = Path(folder)
    corpus = _corpus(folder / "corpus", pairs)
    path = folder / "model"
    if (path / "stages" / "final").is_dir():
        return ModelDirectory(path), corpus
    config = load_preset("tiny", list(overrides))
    return train(config, corpus, path, resume=True), corpus


def _corpus(path: Path, pairs: int) -> PreparedCorpus:
    if not (path / "manifest.json").exists():
        settings = PreparationSettings(
            format="small-talk",
            entity_tagger="rules",
            validation_fraction=VALIDATION_FRACTION,
        )
        prepare([SmallTalkSource(pairs)], path, settings)
    corpus = PreparedCorpus(path)
    if not (path / FOLDER).is_dir():
        pretrain_word_vectors(corpus, DIMENSION)
    return corpus

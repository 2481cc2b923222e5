"""Word vectors, pre-trained with FastText on a prepared corpus."""

import hashlib
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from keras_dialgan.corpus.split import Split
from keras_dialgan.corpus.storage import PreparedCorpus
from keras_dialgan.embeddings.storage import fill_absent, store_word_vectors
from keras_dialgan.text import BOS, ENTITY_TAGS, EOS, PAD, UNK, Vocabulary

_MIN_NGRAM, _MAX_NGRAM = 3, 6
_MAX_BUCKET = 2_000_000
# A small corpus is read more often, to see about this many tokens.
_TOKENS_TO_SEE = 8_000_000
_MIN_EPOCHS, _MAX_EPOCHS = 5, 20


def default_epochs(tokens: int) -> int:
    """Epochs for a corpus of so many tokens: more for a small one."""
    wanted = round(_TOKENS_TO_SEE / max(tokens, 1))
    return min(max(wanted, _MIN_EPOCHS), _MAX_EPOCHS)


def bucket_size(words: Iterable[str]) -> int:
    """Hash buckets for the character n-grams of the words.

    The power of two above twice the number of distinct n-grams, so that few
    collide and no memory is wasted; at most 2,000,000.
    """
    ngrams = set()
    for word in words:
        word = f"<{word}>"
        for n in range(_MIN_NGRAM, _MAX_NGRAM + 1):
            ngrams.update(word[i : i + n] for i in range(len(word) - n + 1))
    return min(1 << (2 * len(ngrams)).bit_length(), _MAX_BUCKET)


def pretrain_word_vectors(
    corpus: PreparedCorpus,
    dimension: int = 300,
    epochs: int | None = None,
    workers: int = 1,
    seed: int = 0,
    progress: Callable[[str, int], Any] | None = None,
) -> np.ndarray:
    """Trains FastText vectors and stores them in the corpus's directory.

    Utterances are the training split's, each with the end token, so that
    the end token gets a vector like a word's. The row of the padding token
    is zero; those of tokens that no utterance holds (begin, unknown, perhaps
    a tag) are random, as long as the others are on average. With one worker
    the same seed gives the same vectors.

    Args:
        corpus: the prepared corpus.
        dimension: of the vectors.
        epochs: passes over the corpus; `None` chooses by its size.
        workers: training threads.
        seed: of the initial values.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)`; it is updated once an epoch.

    Returns:
        Vectors in the order of the vocabulary, float32.

    Reference:

    - Bojanowski et al., *Enriching Word Vectors with Subword Information*,
      TACL 2017.
    """
    split = corpus.split("train")
    tokens = corpus.manifest["splits"]["train"]["tokens"]
    settings = {
        "epochs": epochs or default_epochs(tokens),
        "workers": workers,
        "seed": seed,
        "window": 5,
        "negative": 5,
        "bucket": bucket_size(corpus.vocabulary.tokens),
    }
    vocabulary = corpus.vocabulary
    with tempfile.TemporaryDirectory(dir=corpus.directory) as folder:
        text = Path(folder) / "utterances.txt"
        _write_text(split, vocabulary, text)
        keyed_vectors = _train(text, dimension, settings, progress)
    vectors = _in_vocabulary_order(keyed_vectors, vocabulary, seed)
    store_word_vectors(corpus, vectors, "FastText skip-gram", settings)
    return vectors


def _write_text(split: Split, vocabulary: Vocabulary, path: Path) -> None:
    words = np.array(vocabulary.tokens, object)
    end = f" {vocabulary.tokens[EOS]}\n"
    with open(path, "w", encoding="utf-8") as file:
        for utterance in split.utterances():
            file.write(" ".join(words[utterance]) + end)


def _stable_hash(text: str) -> int:
    """A hash that does not differ between processes, as `hash` does."""
    return int.from_bytes(hashlib.blake2b(text.encode()).digest()[:8], "big")


def _train(text, dimension, settings, progress):
    # Imported here: gensim takes seconds that readers of vectors can save.
    from gensim.models import FastText
    from gensim.models.callbacks import CallbackAny2Vec

    class EpochBar(CallbackAny2Vec):
        def __init__(self, bar):
            self._bar = bar

        def on_epoch_end(self, model):
            self._bar.update(1)

    model = FastText(
        vector_size=dimension,
        window=settings["window"],
        negative=settings["negative"],
        sg=1,
        min_count=1,
        min_n=_MIN_NGRAM,
        max_n=_MAX_NGRAM,
        bucket=settings["bucket"],
        workers=settings["workers"],
        seed=settings["seed"],
        hashfxn=_stable_hash,
    )
    model.build_vocab(corpus_file=str(text))
    arguments = {
        "corpus_file": str(text),
        "total_examples": model.corpus_count,
        "total_words": model.corpus_total_words,
        "epochs": settings["epochs"],
    }
    if progress is None:
        model.train(**arguments)
    else:
        with progress("FastText", settings["epochs"]) as bar:
            model.train(**arguments, callbacks=[EpochBar(bar)])
    return model.wv


def _in_vocabulary_order(keyed_vectors, vocabulary, seed) -> np.ndarray:
    """Rows for all tokens: trained, made of n-grams, random, zero."""
    # A word of which only dropped pairs made use still has its n-grams, but
    # those of a tag mean nothing.
    absent = {
        vocabulary.id(tag)
        for tag in ENTITY_TAGS
        if tag not in keyed_vectors.key_to_index
    } | {BOS, UNK}
    vectors = np.zeros((vocabulary.size, keyed_vectors.vector_size), np.float32)
    for i, token in enumerate(vocabulary.tokens):
        if i != PAD and i not in absent:
            vectors[i] = keyed_vectors[token]
    fill_absent(vectors, absent, seed)
    return vectors

"""Ready-made word vectors for the tokens of a prepared corpus."""

from pathlib import Path
from typing import Any

import numpy as np

from keras_dialgan.corpus.disk import Progress, file_digest
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.corpus.storage import PreparedCorpus
from keras_dialgan.embeddings.storage import fill_absent, store_word_vectors
from keras_dialgan.embeddings.vector_files import VectorFile, open_vector_file
from keras_dialgan.errors import UserError
from keras_dialgan.text import PAD, SPECIAL_TOKENS, Vocabulary, normalise
from keras_dialgan.text.normalisation import fold

# A file with more than this share of lines that are not vectors is not one
# with a few blemishes.
_MOST_MALFORMED = 0.01
_FEWEST_MALFORMED = 10
# Beyond these a vector is damaged, or no better than that of the padding.
_SHORTEST, _LONGEST = 1e-6, 1e6
_RECORDS_PER_REPORT = 10_000
_UNMATCHED, _FOLDED, _EXACT = range(3)


def import_word_vectors(
    corpus: PreparedCorpus,
    path: str | Path,
    dimension: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[np.ndarray, dict[str, Any]]:
    """Takes the vectors of a file and stores them in the corpus's directory.

    A token gets the vector of the first word that equals it, or else of the
    first that equals it without regard to case, accents and the typography of
    apostrophes ("Don't" for `don't`). Only those vectors are held in memory.
    The row of the padding token is zero; those of the other special tokens,
    and of tokens that the file does not hold, are random, as long as the
    others are on average.

    Args:
        corpus: the prepared corpus.
        path: a file of word2vec (text or binary), fastText (`.vec`) or GloVe,
            plain or gzip.
        dimension: what the file must have; `None` takes what it has.
        seed: of the random rows.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)`, called with numbers of bytes.

    Returns:
        Vectors in the order of the vocabulary, float32, and what was stored
        about them: file, checksum, format, how many tokens are covered, and
        the problems met.

    Raises:
        UserError: if the file cannot be used, or holds none of the tokens.
    """
    path = Path(path)
    problems = Problems()
    with open_vector_file(path) as (source, position):
        if dimension not in (None, source.dimension):
            raise UserError(
                f"{path}: the vectors have {source.dimension} numbers where "
                f"--dimension {dimension} is asked for"
            )
        taker = _Taker(source, corpus.vocabulary, problems)
        if progress is None:
            taker.take_all(lambda: None)
        else:
            with progress("importing", path.stat().st_size) as bar:
                taker.take_all(_Reporter(bar, position))
    covered = int((taker.match > _UNMATCHED).sum())
    if not covered:
        raise UserError(
            f"{path}: holds none of the tokens of {corpus.directory}; vectors "
            f"of words of its language are needed"
        )
    absent = np.flatnonzero(taker.match == _UNMATCHED)
    fill_absent(taker.vectors, set(absent.tolist()) - {PAD}, seed)
    tokens = corpus.vocabulary.size - len(SPECIAL_TOKENS)
    settings = {
        "file": path.name,
        "sha256": file_digest(path, progress),
        "format": source.format,
        "vectors": source.read,
        "tokens": tokens,
        "covered": covered,
        "share_covered": round(covered / tokens, 4),
        "seed": seed,
        "problems": problems.to_json(),
    }
    store_word_vectors(corpus, taker.vectors, "imported", settings)
    return taker.vectors, settings


class _Reporter:
    """Moves a progress bar to where a file is read."""

    def __init__(self, bar, position):
        self._bar = bar
        self._position = position
        self._shown = 0

    def __call__(self):
        position = self._position()
        self._bar.update(position - self._shown)
        self._shown = position


class _Taker:
    """Keeps the vectors of a file that belong to a vocabulary.

    Attributes:
        vectors: rows in the order of the vocabulary.
        match: for each row, whether and how a word matched it.
    """

    def __init__(
        self, source: VectorFile, vocabulary: Vocabulary, problems: Problems
    ):
        self._source = source
        self._problems = problems
        self._ids = {
            token: i
            for i, token in enumerate(vocabulary.tokens)
            if i >= len(SPECIAL_TOKENS)
        }
        shape = (vocabulary.size, source.dimension)
        self.vectors = np.zeros(shape, np.float32)
        self.match = np.full(vocabulary.size, _UNMATCHED, np.int8)
        self._malformed = 0

    def take_all(self, report) -> None:
        """Reads the file to its end."""
        for number, word, numbers in self._source.records():
            self._take(number, word, numbers)
            if number % _RECORDS_PER_REPORT == 0:
                report()
        report()
        read = self._source.read
        most = max(_FEWEST_MALFORMED, _MOST_MALFORMED * read)
        if self._malformed > most:
            reason, problem = next(iter(self._problems.to_json().items()))
            raise UserError(
                f"{self._source.path}: {self._malformed:,} of {read:,} "
                f"vectors are malformed (such as {problem['first'][0]}: "
                f"{reason}); get the file again, or mend it"
            )

    def _take(self, number: int, word: bytes, numbers: bytes) -> None:
        try:
            text = word.decode()
        except UnicodeDecodeError:
            return self._note("invalid UTF-8", number)
        if not self._source.fits(numbers):
            return self._note("wrong number of columns", number)
        row, kind = self._find(text)
        if row is None or self.match[row] >= kind:
            return None
        vector = self._source.parse(numbers)
        if vector is None:
            return self._note("not numbers", number)
        norm = np.linalg.norm(vector.astype(np.float64))
        if not norm <= _LONGEST:
            return self._note("numbers too large", number)
        if norm < _SHORTEST:
            return self._note("zero vector", number)
        self.vectors[row] = vector
        self.match[row] = kind
        return None

    def _find(self, word: str) -> tuple[int | None, int]:
        """The token that a word stands for, and how it matches."""
        if word in self._ids:
            return self._ids[word], _EXACT
        return self._ids.get(fold(normalise(word)).casefold()), _FOLDED

    def _note(self, reason: str, number: int) -> None:
        self._malformed += 1
        self._problems.add(reason, self._source.path.name, number)

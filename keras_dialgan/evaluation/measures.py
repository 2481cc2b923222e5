"""Everything that is measured of a set of responses."""

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.embeddings import load_word_vectors
from keras_dialgan.evaluation.dullness import dull_statistics
from keras_dialgan.evaluation.embedding_similarity import embedding_statistics
from keras_dialgan.evaluation.held_out import HeldOutPairs
from keras_dialgan.evaluation.matcher import Matcher
from keras_dialgan.evaluation.oracle import oracle_statistics
from keras_dialgan.evaluation.overlap import (
    bleu_statistics,
    self_bleu_statistics,
)
from keras_dialgan.evaluation.relevance import (
    CANDIDATES,
    relevance_statistics,
)
from keras_dialgan.text.diversity import Statistic, diversity_statistics


class Measures:
    """Measures responses to the same held-out inputs.

    Embedding metrics use the corpus' FastText vectors, which no model
    trains further, and are left out where it has none; the oracle's shares
    belong to the small-talk corpus only.

    Args:
        corpus: the prepared corpus.
        pairs: its held-out pairs.
        matcher: judges the relevance, which is left out when None or when
            there are too few pairs to choose from.
    """

    def __init__(
        self,
        corpus: PreparedCorpus,
        pairs: HeldOutPairs,
        matcher: Matcher | None = None,
    ):
        self._pairs = pairs
        self._contexts = pairs.words(pairs.contexts)
        self._human = pairs.words(pairs.responses)
        self._vectors = load_word_vectors(corpus.directory, corpus.vocabulary)
        self._vocabulary_size = corpus.vocabulary.size
        self._small_talk = corpus.manifest["settings"]["format"] == "small-talk"
        enough = len(pairs.contexts) >= CANDIDATES
        self._matcher = matcher if enough else None

    def human(self) -> dict[str, Statistic]:
        """Measures the human responses, for comparison."""
        return self._alone(self._pairs.responses)

    def generated(self, responses: list[list[int]]) -> dict[str, Statistic]:
        """Measures generated responses.

        Args:
            responses: token ids of the response to each input, without EOS.

        Returns:
            Metric name to statistic.
        """
        words = self._pairs.words(responses)
        statistics = {
            **self._alone(responses),
            **dull_statistics(words, self._human),
            **bleu_statistics(words, self._human),
        }
        if self._vectors is not None:
            statistics |= embedding_statistics(
                responses, self._pairs.responses, self._vectors
            )
        return statistics

    def frontier(self, responses: list[list[int]]) -> dict[str, Statistic]:
        """Measures only what the frontier is drawn from."""
        words = self._pairs.words(responses)
        return {**diversity_statistics(words), **self._relevance(responses)}

    def _alone(self, responses: list[list[int]]) -> dict[str, Statistic]:
        words = self._pairs.words(responses)
        statistics = {
            **diversity_statistics(words, self._vocabulary_size),
            **self._relevance(responses),
        }
        if len(words) > 1:
            statistics |= self_bleu_statistics(words)
        if self._small_talk:
            statistics |= oracle_statistics(self._contexts, words)
        return statistics

    def _relevance(self, responses: list[list[int]]) -> dict[str, Statistic]:
        if self._matcher is None:
            return {}
        return relevance_statistics(
            self._matcher,
            self._pairs.contexts,
            responses,
            self._pairs.responses,
        )

"""From raw text to token ids, as the corpus was prepared."""

from collections.abc import Sequence

from keras_dialgan.text.tagging import EntityTagger, TaggedUtterance
from keras_dialgan.text.vocabulary import Vocabulary


class TextPipeline:
    """Entity tagging, tokenisation and vocabulary in one.

    Args:
        tagger: an entity tagger; `get_tagger(manifest["entity_tagger"])`
            gives that of a prepared corpus.
        vocabulary: the vocabulary.
        max_length: the most tokens of an utterance; a longer one keeps its
            last tokens, as contexts do in a prepared corpus.

    Example:

    ```python
    corpus = PreparedCorpus("corpus")
    pipeline = TextPipeline(
        get_tagger(corpus.entity_tagger), corpus.vocabulary, corpus.max_length
    )
    ids = pipeline.encode(["do you know anna?"])
    ```
    """

    def __init__(
        self,
        tagger: EntityTagger,
        vocabulary: Vocabulary,
        max_length: int | None = None,
    ):
        self.tagger = tagger
        self.vocabulary = vocabulary
        self.max_length = max_length

    def analyse(self, texts: Sequence[str]) -> list[TaggedUtterance]:
        """Tokens and surface forms of raw utterances."""
        return list(self.tagger.analyse(texts))

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of raw utterances, unknown ones included."""
        return list(self.tagger.tag(texts))

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of raw utterances, without special tokens.

        An utterance without any known word gives an empty list.
        """
        ids = [self.vocabulary.encode(tokens) for tokens in self.tokens(texts)]
        if self.max_length is None:
            return ids
        return [row[-self.max_length :] for row in ids]

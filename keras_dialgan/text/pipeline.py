"""From raw text to token ids, as the corpus was prepared."""

from collections.abc import Sequence

from keras_dialgan.text.tagging import EntityTagger, TaggedUtterance
from keras_dialgan.text.vocabulary import UNK, Vocabulary


class TextPipeline:
    """Entity tagging, tokenisation and vocabulary in one.

    Args:
        tagger: an entity tagger; `get_tagger(manifest["entity_tagger"])`
            gives that of a prepared corpus.
        vocabulary: the vocabulary.
        max_length: the most tokens of an utterance; a longer one keeps its
            last tokens, as contexts do in a prepared corpus.
        maps_unknown: whether tokens outside the vocabulary become the
            unknown token; otherwise they are deleted.

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
        maps_unknown: bool = False,
    ):
        self.tagger = tagger
        self.vocabulary = vocabulary
        self.max_length = max_length
        self.maps_unknown = maps_unknown

    def analyse(self, texts: Sequence[str]) -> list[TaggedUtterance]:
        """Tokens and surface forms of raw utterances."""
        return list(self.tagger.analyse(texts))

    def tokens(self, texts: Sequence[str]) -> list[list[str]]:
        """Tokens of raw utterances, unknown ones included."""
        return list(self.tagger.tag(texts))

    def ids(self, tokens: Sequence[str]) -> list[int]:
        """Ids of the tokens of an utterance, without special tokens."""
        if self.maps_unknown:
            ids = [self.vocabulary.id_or(token, UNK) for token in tokens]
        else:
            ids = self.vocabulary.encode(tokens)
        return ids if self.max_length is None else ids[-self.max_length :]

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of raw utterances, without special tokens.

        An utterance without any known word gives an empty list, or one of
        unknown tokens.
        """
        return [self.ids(tokens) for tokens in self.tokens(texts)]

"""Settings of the preparation of a corpus."""

from dataclasses import dataclass

from keras_dialgan.corpus.preparation.encoding import EncodingRules
from keras_dialgan.errors import UserError
from keras_dialgan.text.vocabulary import FIRST_TOKENS

# Surface forms to remember of each tag.
MAX_ENTITIES = 20_000
UNKNOWN_WORDS = ("delete", "token", "drop")
LONG_UTTERANCES = ("drop", "truncate")


@dataclass(frozen=True)
class PreparationSettings:
    """How to prepare a corpus.

    Args:
        format: what the dialogues were read from; recorded only.
        vocabulary_size: the most tokens of the vocabulary, special tokens
            and tags included.
        max_length: the most tokens of an utterance.
        entity_tagger: what `get_tagger` takes; `None` for its default.
        validation_fraction: the share of the dialogues set apart.
        unknown_words: what becomes of tokens outside the vocabulary:
            `"delete"`, replace by the unknown `"token"`, or `"drop"` pairs
            whose response holds one and delete them from contexts.
        long_contexts: `"truncate"` to the last tokens, or `"drop"` the pair.
        long_responses: `"drop"` the pair, or `"truncate"` to the first
            tokens.
        drop_duplicates: whether to use a dialogue that occurs several times
            only once.
        shard_parts: the parts of a shard, each about 20,000 utterances.

    Raises:
        UserError: if a value is impossible.
    """

    format: str = "auto"
    vocabulary_size: int = 30_000
    max_length: int = 20
    entity_tagger: str | None = None
    validation_fraction: float = 0.01
    unknown_words: str = "delete"
    long_contexts: str = "truncate"
    long_responses: str = "drop"
    drop_duplicates: bool = True
    shard_parts: int = 50

    def __post_init__(self):
        if self.vocabulary_size <= len(FIRST_TOKENS):
            raise UserError(
                f"a vocabulary of {self.vocabulary_size} tokens has no place "
                f"for words; it needs more than {len(FIRST_TOKENS)}"
            )
        for name, choices in (
            ("unknown_words", UNKNOWN_WORDS),
            ("long_contexts", LONG_UTTERANCES),
            ("long_responses", LONG_UTTERANCES),
        ):
            if getattr(self, name) not in choices:
                raise UserError(
                    f"{name}: {getattr(self, name)!r} is none of "
                    f"{', '.join(choices)}"
                )

    def encoding_rules(self) -> EncodingRules:
        """What the second stage needs of the settings."""
        return EncodingRules(
            self.max_length,
            self.unknown_words,
            self.long_contexts,
            self.long_responses,
            self.validation_fraction,
        )

"""Cleaning, entity tagging, tokenisation and the vocabulary."""

from keras_dialgan.text.normalisation import normalise
from keras_dialgan.text.pipeline import TextPipeline
from keras_dialgan.text.taggers import default_tagger_name, get_tagger
from keras_dialgan.text.tagging import EntityTagger, TaggedUtterance
from keras_dialgan.text.tokenisation import (
    PUNCTUATION,
    detokenize,
    tokenize,
)
from keras_dialgan.text.vocabulary import (
    BOS,
    ENTITY_TAGS,
    EOS,
    PAD,
    SPECIAL_TOKENS,
    UNK,
    Vocabulary,
)

__all__ = [
    "BOS",
    "ENTITY_TAGS",
    "EOS",
    "PAD",
    "PUNCTUATION",
    "SPECIAL_TOKENS",
    "UNK",
    "EntityTagger",
    "TaggedUtterance",
    "TextPipeline",
    "Vocabulary",
    "default_tagger_name",
    "detokenize",
    "get_tagger",
    "normalise",
    "tokenize",
]

"""The built-in corpus: a seeded grammar of small talk, and its oracle."""

from keras_dialgan.corpus.small_talk.grammar import (
    DULL_RESPONSES,
    generate_pairs,
    load_situations,
)
from keras_dialgan.corpus.small_talk.oracle import Judgement, Oracle

__all__ = [
    "DULL_RESPONSES",
    "Judgement",
    "Oracle",
    "generate_pairs",
    "load_situations",
]

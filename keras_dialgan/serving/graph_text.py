"""The text processing of `keras_dialgan.text` as graph ops.

Every pattern is that of `keras_dialgan.text.patterns`. TensorFlow's core
string ops do the work, with two ops of TensorFlow Text: `NormalizeUTF8` and
`RegexSplitWithOffsets`. Offsets count bytes.
"""

from typing import Any, NamedTuple

import tensorflow as tf
import tensorflow_text as tf_text

from keras_dialgan.text import patterns
from keras_dialgan.text.vocabulary import ENTITY_TAGS

# What stands for a tag while the text around it is tokenised: control
# characters, which normalised text never holds.
MARKERS = ("\x01", "\x02", "\x03")
_LONGEST_CHARACTER = 4
# An empty group becomes nothing: what is no token becomes a space.
_TOKEN_OR_ANYTHING = f"(?s)({patterns.TOKEN}|[{''.join(MARKERS)}])|."
_WORD_OR_SYMBOL = f"{patterns.WORD}|{patterns.SYMBOL}"
_WORD_OR_INK = f"{patterns.WORD}|[^A-Za-z0-9 ]"


class Words(NamedTuple):
    """The words and symbols of a batch of texts, without spaces, in order.

    Attributes:
        tokens: string `[words]`.
        starts: int64 `[words]`, offsets of first bytes.
        ends: int64 `[words]`, offsets behind last bytes.
        rows: int64 `[words]`, the text that each belongs to.
    """

    tokens: Any
    starts: Any
    ends: Any
    rows: Any


def last_characters(texts, count: int):
    """Decodes raw bytes, and keeps the last characters of long texts.

    Args:
        texts: string `[batch]`; bytes that are no UTF-8 become U+FFFD.
        count: the most characters to keep.
    """
    # First by bytes: the work for a text of any length is bounded. A
    # character that this cuts is not among the last ones.
    texts = _last_units(texts, (count + 1) * _LONGEST_CHARACTER, "BYTE")
    texts = tf.strings.unicode_transcode(
        texts, "UTF-8", "UTF-8", errors="replace"
    )
    return _last_units(texts, count, "UTF8_CHAR")


def _last_units(texts, count: int, unit: str):
    lengths = tf.strings.length(texts, unit=unit)
    starts = tf.maximum(lengths - count, 0)
    return tf.strings.substr(texts, starts, lengths - starts, unit=unit)


def normalise(texts):
    """`keras_dialgan.text.normalise` of valid UTF-8, string `[batch]`."""
    texts = _substitute(texts, patterns.QUOTE_SUBSTITUTIONS)
    texts = tf_text.normalize_utf8(texts, "NFKC")
    texts = _substitute(texts, patterns.SPACE_SUBSTITUTIONS)
    return tf.strings.regex_replace(texts, "^ +| +$", "")


def fold(texts):
    """Strips accents from normalised texts, as `normalisation.fold`."""
    texts = tf_text.normalize_utf8(texts, "NFKD")
    return _substitute(texts, patterns.FOLD_SUBSTITUTIONS)


def tokenize(texts):
    """Splits texts as `keras_dialgan.text.tokenize`, knowing tags.

    Args:
        texts: string `[batch]`, normalised and folded, `MARKERS` for tags.

    Returns:
        Ragged string tensor `[batch, None]` of tokens and tags.
    """
    # Folding leaves no letters that only Unicode could make small.
    texts = _substitute(tf.strings.lower(texts), patterns.TOKEN_SUBSTITUTIONS)
    texts = tf.strings.regex_replace(texts, _TOKEN_OR_ANYTHING, r"\1 ")
    tokens = tf.strings.split(texts)
    return tokens.with_values(_tags_of_markers(tokens.values))


def split_words(texts) -> Words:
    """Splits folded texts as the rules tagger does.

    Args:
        texts: string `[batch]`.
    """
    tokens, starts, ends = tf_text.regex_split_with_offsets(
        texts, _WORD_OR_SYMBOL, _WORD_OR_INK
    )
    return Words(
        tokens.values, starts.values, ends.values, tokens.value_rowids()
    )


def find_numbers(texts):
    """Finds numbers, as `keras_dialgan.text.numbers.find_numbers`.

    Args:
        texts: string `[batch]`, folded.

    Returns:
        A tuple of int64 `[numbers]` each: rows, starts and ends.
    """
    pieces, starts, ends = tf_text.regex_split_with_offsets(
        texts, patterns.NUMBER, patterns.NUMBER
    )
    found = tf.strings.regex_full_match(pieces.values, patterns.NUMBER)
    return tuple(
        tf.boolean_mask(values, found)
        for values in (pieces.value_rowids(), starts.values, ends.values)
    )


def _tags_of_markers(tokens):
    for marker, tag in zip(MARKERS, ENTITY_TAGS, strict=True):
        tokens = tf.where(tokens == marker, tag, tokens)
    return tokens


def _substitute(texts, pairs):
    for pattern, replacement in pairs:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return texts

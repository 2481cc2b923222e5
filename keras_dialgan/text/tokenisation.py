"""Words and punctuation marks of an utterance, and back."""

import re
from collections.abc import Iterable
from itertools import chain

from keras_dialgan.text import patterns
from keras_dialgan.text.normalisation import (
    compile_substitutions,
    fold,
    normalise,
    substitute,
)

_SUBSTITUTIONS = compile_substitutions(patterns.TOKEN_SUBSTITUTIONS)
_TOKEN = re.compile(patterns.TOKEN, re.ASCII)
# Entries of about 200 bytes; a corpus repeats most of its chunks soon.
_MAX_CACHED_CHUNKS = 200_000

_CLITICS = frozenset(patterns.CLITICS)
PUNCTUATION = frozenset(patterns.PUNCTUATION)
_SENTENCE_ENDS = frozenset(patterns.SENTENCE_ENDS)
_CAPITALISED = re.compile(patterns.CAPITALISED)


def tokenize(text: str) -> list[str]:
    """Splits text into lower-case words and punctuation marks.

    Contractions stay whole; `.`, `,`, `!`, `?` and `...` are tokens; every
    other symbol only separates. A tag that is typed, such as `<person>`, is
    text like any other and gives the word `person`.

    Args:
        text: raw or normalised text.

    Returns:
        The tokens.

    Example:

    >>> tokenize("Don't go\u2026 Renée!!")
    ["don't", 'go', '...', 'renee', '!']
    """
    return tokenize_normalised(normalise(text))


def tokenize_normalised(text: str) -> list[str]:
    """`tokenize` for text that is normalised already."""
    if not text.isascii():
        text = fold(text).casefold()
    if " ' " in text:
        # A contraction that a corpus splits reaches over spaces.
        return _tokenize_folded(text)
    return list(chain.from_iterable(map(_tokens_of, text.split(" "))))


def _tokenize_folded(text: str) -> list[str]:
    return _TOKEN.findall(substitute(text.casefold(), _SUBSTITUTIONS))


class _Chunks(dict):
    """Remembers the tokens of what stands between two spaces.

    No pattern but that of split contractions reaches over a space, so an
    utterance's tokens are those of its chunks.
    """

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        if len(self) >= _MAX_CACHED_CHUNKS:
            self.clear()
        tokens = _plain_word(chunk) or tuple(_tokenize_folded(chunk))
        self[chunk] = tokens
        return tokens


def _plain_word(chunk: str) -> tuple[str, ...] | None:
    """The tokens of letters and digits with at most one mark behind them.

    Most chunks are such, and the patterns would only find the same.
    """
    if not chunk.isascii():
        return None
    if chunk.isalnum():
        return (chunk.lower(),)
    word, mark = chunk[:-1], chunk[-1:]
    if mark in PUNCTUATION and word.isalnum():
        word = word.lower()
        # The full stop of a title is no token.
        return None if word in patterns.ABBREVIATIONS else (word, mark)
    return None


_CHUNKS = _Chunks()
_tokens_of = _CHUNKS.__getitem__


def detokenize(tokens: Iterable[str]) -> str:
    """Writes tokens as a sentence.

    Punctuation joins the word before it, sentences start with a capital, and
    so does the pronoun I.

    Example:

    >>> detokenize(["i", "don't", "know", "."])
    "I don't know."
    """
    pieces = []
    starts_sentence = True
    for token in tokens:
        joins = token in PUNCTUATION or token in _CLITICS
        if pieces and not joins:
            pieces.append(" ")
        if token in PUNCTUATION:
            starts_sentence = starts_sentence or token in _SENTENCE_ENDS
            pieces.append(token)
            continue
        if _CAPITALISED.fullmatch(token) or (
            starts_sentence and not token.startswith("<")
        ):
            token = token[:1].upper() + token[1:]
        pieces.append(token)
        starts_sentence = False
    return "".join(pieces)

"""Words and punctuation marks of an utterance, and back."""

import re
from collections.abc import Iterable

from keras_dialgan.text import patterns
from keras_dialgan.text.normalisation import (
    compile_substitutions,
    fold,
    normalise,
    substitute,
)

_SUBSTITUTIONS = compile_substitutions(patterns.TOKEN_SUBSTITUTIONS)
# No substitution changes a text without one of these.
_NEEDS_SUBSTITUTION = re.compile(r"[!?.][!?.]|[rsf]\.| ' ", re.ASCII)
_TOKEN = re.compile(patterns.TOKEN, re.ASCII)

_CLITICS = frozenset(["'s", "'d", "'ll", "'re", "'ve"])
PUNCTUATION = frozenset([".", ",", "!", "?", "..."])
_SENTENCE_ENDS = frozenset([".", "!", "?", "..."])
_CAPITALISED = re.compile(r"i(?:'[a-z]+)?")


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
    return tokenize_folded(fold(normalise(text)))


def tokenize_folded(text: str) -> list[str]:
    """`tokenize` for text that is normalised and folded already."""
    text = text.casefold()
    if _NEEDS_SUBSTITUTION.search(text):
        text = substitute(text, _SUBSTITUTIONS)
    return _TOKEN.findall(text)


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

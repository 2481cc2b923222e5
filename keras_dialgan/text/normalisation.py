"""Unicode normalisation and folding of raw text."""

import re
import unicodedata

from keras_dialgan.text import patterns


def compile_substitutions(pairs):
    """Compiles pairs of pattern and replacement for `substitute`."""
    return tuple((re.compile(p, re.ASCII), r) for p, r in pairs)


def substitute(text, substitutions):
    """Applies compiled substitutions in order."""
    for pattern, replacement in substitutions:
        text = pattern.sub(replacement, text)
    return text


_QUOTES = compile_substitutions(patterns.QUOTE_SUBSTITUTIONS)
_SPACES = compile_substitutions(patterns.SPACE_SUBSTITUTIONS)
_FOLDS = compile_substitutions(patterns.FOLD_SUBSTITUTIONS)


def normalise(text: str) -> str:
    """Gives equal text one spelling, keeping case and accents.

    Quotes and apostrophes become ASCII, characters their NFKC form, control
    and zero-width characters disappear, white space becomes single spaces.

    Example:

    >>> normalise("  It\u2019s\\tme ")
    "It's me"
    """
    if text.isascii():
        # isprintable is false for every ASCII control character.
        if not text.isprintable() or "  " in text or "`" in text:
            text = substitute(text.replace("`", "'"), _SPACES)
        return text.strip(" ")
    text = unicodedata.normalize("NFKC", substitute(text, _QUOTES))
    return substitute(text, _SPACES).strip(" ")


def fold(text: str) -> str:
    """Strips accents from normalised text, keeping case.

    Example:

    >>> fold("José Łódź")
    'Jose Lodz'
    """
    if text.isascii():
        return text
    return substitute(unicodedata.normalize("NFKD", text), _FOLDS)

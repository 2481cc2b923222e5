"""Preparation as the tests of small talk need it."""

from keras_dialgan.corpus.small_talk.slots import FORMS
from keras_dialgan.text import tokenize

_TAGS = {
    form.values[index].lower(): form.tag
    for form in FORMS.values()
    if form.tag
    for index in form.choices
}


def prepare(text: str) -> list[str]:
    """Tokens of a text, with tags for people, places and numbers."""
    return [_TAGS.get(token, token) for token in tokenize(text)]

"""What stands in a response where the model wrote a tag."""

from collections.abc import Sequence

from keras_dialgan.text import ENTITY_TAGS, TaggedUtterance
from keras_dialgan.text.vocabulary import NUMBER, PERSON, PLACE

# Chosen to read well after prepositions, as subjects and, the first one, in
# an address: "Welcome, my friend!", "I live in the city", "ten o'clock".
NEUTRAL_WORDS = {PERSON: "my friend", NUMBER: "ten", PLACE: "the city"}


def fill_tags(
    tokens: Sequence[str], utterance: TaggedUtterance | None = None
) -> list[str]:
    """Replaces the tags of a response by words.

    The first `<person>` becomes the first person of the user's utterance,
    the second one the second, and likewise places and numbers. A tag without
    a counterpart becomes a neutral word.

    Args:
        tokens: the response.
        utterance: what the response answers.

    Returns:
        The tokens; one that replaces a tag may hold several words.

    Example:

    >>> asked = TaggedUtterance(["i", "am", "<person>"], ["anna"])
    >>> fill_tags(["hi", "<person>", ",", "<person>", "!"], asked)
    ['hi', 'Anna', ',', 'my friend', '!']
    """
    found = {tag: iter(forms) for tag, forms in _surfaces(utterance).items()}
    return [
        next(found[token], NEUTRAL_WORDS[token]) if token in found else token
        for token in tokens
    ]


def _surfaces(utterance: TaggedUtterance | None) -> dict[str, list[str]]:
    """Lists what stood behind the tags of an utterance, by tag."""
    forms = {tag: [] for tag in ENTITY_TAGS}
    if utterance is None:
        return forms
    tags = [token for token in utterance.tokens if token in forms]
    for tag, form in zip(tags, utterance.surfaces, strict=True):
        forms[tag].append(form if tag == NUMBER else _as_name(form))
    return forms


def _as_name(form: str) -> str:
    if not form.islower():
        return form
    return " ".join(word[:1].upper() + word[1:] for word in form.split(" "))

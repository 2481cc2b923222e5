"""What the rules tagger knows, as data.

`keras_dialgan.text.rules` applies it to Python strings and
`keras_dialgan.serving.graph_tagger` to string tensors: neither holds a rule
of its own.
"""

import functools
from dataclasses import dataclass
from importlib import resources

from keras_dialgan.text.vocabulary import PERSON, PLACE

# Changes with every change of the rules or gazetteers that can be noticed.
VERSION = "2"

# Each gazetteer and the label of its phrases. A phrase of several gazetteers
# has the label of the first one.
GAZETTEERS = {
    "given_names": "GIVEN",
    "ambiguous_given_names": "GIVEN_IF_CLEAR",
    "surnames": "SURNAME",
    "places": "PLACE",
    "ambiguous_places": "PLACE_IF_CLEAR",
    "titles": "TITLE",
}

# What can be known of a phrase in an utterance. It starts with a capital; the
# utterance has none at all; a name ends one space before it; or its capital
# can only be that of a name: other letters of the utterance are small and no
# sentence starts here, or someone is addressed ("Will, ..." or "Mark!").
CAPITALISED, NO_CAPITALS, AFTER_NAME, CLEAR = 1, 2, 4, 8

# Between the end of a sentence and the first word of the next one.
SKIPPED_BEFORE = " \"'-"
SENTENCE_ENDS = ".!?:"
ADDRESS_MARKS = ",!?"


@dataclass(frozen=True)
class LabelRule:
    """When a phrase of a gazetteer is an entity.

    Attributes:
        tag: of the entity.
        alternatives: sets of facts, each the sum of constants above; all
            facts of one of them must hold.
    """

    tag: str
    alternatives: tuple[int, ...]

    def accepts(self, facts: int) -> bool:
        """Whether the facts, a sum of constants, suffice."""
        return any(facts & needed == needed for needed in self.alternatives)


# Titles are not here: they are no entities, but make the next word a name.
TITLE = "TITLE"
_IF_CLEAR = (CAPITALISED | AFTER_NAME, CAPITALISED | CLEAR)
LABEL_RULES = {
    "GIVEN": LabelRule(PERSON, (CAPITALISED, NO_CAPITALS)),
    "GIVEN_IF_CLEAR": LabelRule(PERSON, _IF_CLEAR),
    "SURNAME": LabelRule(PERSON, (CAPITALISED | AFTER_NAME,)),
    "PLACE": LabelRule(PLACE, (CAPITALISED, NO_CAPITALS)),
    "PLACE_IF_CLEAR": LabelRule(PLACE, _IF_CLEAR),
}


@functools.cache
def gazetteer(name: str) -> tuple[str, ...]:
    """The lower-case phrases of one of the package's gazetteers."""
    path = resources.files("keras_dialgan.text") / f"gazetteers/{name}.txt"
    return tuple(path.read_text(encoding="utf-8").splitlines())


def labelled_phrases() -> dict[str, str]:
    """The label of every phrase of the gazetteers."""
    labels: dict[str, str] = {}
    for name, label in GAZETTEERS.items():
        for phrase in gazetteer(name):
            labels.setdefault(phrase, label)
    return labels

import pytest

from keras_dialgan.text.entity_rules import (
    AFTER_NAME,
    CAPITALISED,
    CLEAR,
    LABEL_RULES,
    NO_CAPITALS,
    gazetteer,
    labelled_phrases,
)

COMMON_NAMES = (
    "james john robert michael william david mary patricia jennifer linda "
    "george frank charles ernest clarence edward joseph thomas henry adam "
    "ethel florence mildred dorothy margaret helen ruth virginia elizabeth "
    "emma olivia sophia amelia isla freya avery harper liam noah oliver "
    "archie finley arlo jasper axel jaxon jim dan ken tom bob kate lucy"
).split()


def test_common_given_names_are_known():
    known = {
        *gazetteer("given_names"),
        *gazetteer("ambiguous_given_names"),
        *gazetteer("places"),
    }
    assert [name for name in COMMON_NAMES if name not in known] == []


@pytest.mark.parametrize("name", ["james", "adam", "jim", "john", "emma"])
def test_names_that_are_no_words_need_no_capital(name):
    assert labelled_phrases()[name] == "GIVEN"


@pytest.mark.parametrize(
    ("label", "facts", "accepted"),
    [
        ("GIVEN", CAPITALISED, True),
        ("GIVEN", NO_CAPITALS, True),
        ("GIVEN", CLEAR | AFTER_NAME, False),
        ("SURNAME", CAPITALISED | CLEAR, False),
        ("SURNAME", CAPITALISED | AFTER_NAME, True),
        ("PLACE_IF_CLEAR", CAPITALISED, False),
        ("PLACE_IF_CLEAR", CAPITALISED | CLEAR, True),
    ],
)
def test_one_alternative_must_hold_whole(label, facts, accepted):
    assert LABEL_RULES[label].accepts(facts) == accepted

from keras_dialgan.serving import NEUTRAL_WORDS, fill_tags
from keras_dialgan.text import ENTITY_TAGS, TaggedUtterance, detokenize

ASKED = TaggedUtterance(
    ["i'm", "<person>", "and", "<person>", "is", "<number>", "in", "<place>"],
    ["anna", "Tom", "30", "New York"],
)


def filled(text, utterance=ASKED):
    return detokenize(fill_tags(text.split(), utterance))


def test_tags_become_what_the_user_named_of_that_kind_in_order():
    assert filled("<person> and <person> in <place> .") == (
        "Anna and Tom in New York."
    )
    assert filled("only <number> ?") == "Only 30?"


def test_a_tag_without_a_counterpart_becomes_a_neutral_word():
    assert filled("<person> , <person> , <person> !") == "Anna, Tom, my friend!"
    plain = TaggedUtterance(["hi"], [])
    assert filled("in <place> at <number> .", plain) == "In the city at ten."
    assert filled("<person> 's dog .", None) == "My friend's dog."


def test_names_typed_in_small_letters_get_capitals():
    asked = TaggedUtterance(["<place>", "<person>"], ["new york", "McCoy"])
    assert filled("<place> or <person>", asked) == "New York or McCoy"


def test_every_tag_has_a_neutral_word_and_words_stay():
    assert set(NEUTRAL_WORDS) == set(ENTITY_TAGS)
    assert fill_tags(["a", "<b>", "."], ASKED) == ["a", "<b>", "."]

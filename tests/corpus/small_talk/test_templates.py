import random

import pytest

from keras_dialgan.corpus.small_talk.templates import expand


def patterns(template):
    return [phrase.pattern for phrase in expand(template)]


def test_optional_parts_and_alternatives_give_every_reading():
    assert patterns("(hi|hello) [there|again]!") == [
        "Hi!",
        "Hi there!",
        "Hi again!",
        "Hello!",
        "Hello there!",
        "Hello again!",
    ]


def test_brackets_nest():
    assert patterns("see you [(very|really) soon]") == [
        "See you",
        "See you very soon",
        "See you really soon",
    ]


def test_readings_that_look_the_same_count_once():
    assert patterns("(hi|hi)") == ["Hi"]


def test_every_sentence_gets_a_capital():
    assert patterns("[well.] how? {animals}!") == [
        "How? %s!",
        "Well. How? %s!",
    ]
    (phrase,) = expand("how? {animals}!")
    assert phrase.realise(lambda: 0.0, {}) == "How? Dogs!"


def test_an_article_suits_its_value():
    (phrase,) = expand("I am {a job}.")
    texts = {phrase.realise(random.Random(i).random, {}) for i in range(99)}
    assert {"I am a teacher.", "I am an engineer."} <= texts


def test_forms_of_a_slot_share_their_value():
    (phrase,) = expand("{a animal} is as good as two {animals}.")
    assert phrase.realise(lambda: 0.0, {}) == "A dog is as good as two dogs."


@pytest.mark.parametrize(
    "template", ["{food} or {another food}", "{another food} or {food}"]
)
def test_another_value_differs_from_the_value(template):
    (phrase,) = expand(template)
    generator = random.Random(0)
    for _ in range(200):
        first, second = phrase.realise(generator.random, {}).split(" or ")
        assert first.lower() != second.lower()


def test_a_bound_slot_keeps_its_value():
    asked, answered = expand("(do you like {food}?|{food} is great.)")
    bound = {}
    assert asked.realise(lambda: 0.3, bound) == "Do you like soup?"
    assert answered.realise(lambda: 0.9, bound) == "Soup is great."


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("hi (there", "missing"),
        ("hi [there)", "missing"),
        ("hi there]", "unmatched"),
        ("I like {nonsense}", "unknown slot"),
    ],
)
def test_a_broken_template_is_refused(template, message):
    with pytest.raises(ValueError, match=message):
        expand(template)

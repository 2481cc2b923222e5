import pytest

from keras_dialgan.text.numbers import find_numbers


def found(text):
    return [text[start:end] for start, end in find_numbers(text)]


@pytest.mark.parametrize(
    "number",
    [
        "7",
        "1,000.50",
        "5:30",
        "2nd",
        "1990s",
        "20%",
        "5 pm",
        "6 a.m.",
        "555-1234",
        "5 million",
        "two",
        "Twenty-five",
        "two hundred",
        "two hundred and five",
        "a hundred and one"[2:],
        "one million",
        "seventeen",
    ],
)
def test_a_number_is_found_whole(number):
    assert found(f"say {number}, then") == [number]


@pytest.mark.parametrize(
    "text", ["no one", "one", "someone often weighs it", "M16", "9mm", "tent"]
)
def test_other_words_are_no_numbers(text):
    assert found(text) == []


def test_and_joins_only_what_follows_a_hundred():
    assert found("two and three") == ["two", "three"]

import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.text import (
    BOS,
    EOS,
    PAD,
    SPECIAL_TOKENS,
    UNK,
    Vocabulary,
)

WORDS = ["c", "a", "b"]


def test_special_tokens_come_first_then_tags_then_words():
    vocabulary = Vocabulary.of_words(WORDS)
    assert vocabulary.tokens == (
        *SPECIAL_TOKENS,
        "<person>",
        "<number>",
        "<place>",
        "c",
        "a",
        "b",
    )
    assert (PAD, BOS, EOS, UNK) == (0, 1, 2, 3)
    assert vocabulary.id("<person>") == 4
    assert vocabulary.size == len(vocabulary) == 10


def test_tokens_outside_the_vocabulary_are_deleted():
    vocabulary = Vocabulary.of_words(WORDS)
    ids = vocabulary.encode(["c", "rare", "<place>", "<eos>", "a"])
    assert ids == [7, 6, 8]


def test_decoding_stops_at_the_end_token_and_skips_padding():
    vocabulary = Vocabulary.of_words(WORDS)
    assert vocabulary.decode([BOS, 7, PAD, 6, EOS, 8]) == ["c", "<place>"]


def test_a_saved_vocabulary_is_read_back(tmp_path):
    vocabulary = Vocabulary.of_words(WORDS)
    path = tmp_path / "vocabulary.txt"
    vocabulary.save(path)
    again = Vocabulary.load(path)
    assert again == vocabulary
    assert again.digest == vocabulary.digest
    assert path.read_text().splitlines()[0] == "<pad>"


def test_another_order_has_another_digest():
    tokens = Vocabulary.of_words(WORDS).tokens
    other = Vocabulary([*tokens[:-2], tokens[-1], tokens[-2]])
    assert other.digest != Vocabulary(tokens).digest


@pytest.mark.parametrize(
    "text", ["", "<pad>\n<bos>\n", "hello\nworld\n"], ids=repr
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path, text):
    path = tmp_path / "vocabulary.txt"
    path.write_text(text)
    with pytest.raises(UserError, match=r"vocabulary\.txt"):
        Vocabulary.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        Vocabulary.load(tmp_path / "none.txt")


def test_repeated_tokens_and_tokens_with_spaces_are_refused():
    first = Vocabulary.of_words(WORDS).tokens
    for extra in (["x", "x"], ["x y"], [""]):
        with pytest.raises(ValueError, match="token"):
            Vocabulary([*first, *extra])

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_dialgan.text import detokenize, patterns, tokenisation, tokenize
from keras_dialgan.text.normalisation import fold, normalise


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't go.", "don't go ."),
        ("It\u2019s ten o\u2019clock", "it's ten o'clock"),
        ("y'all'd've known", "y'all'd've known"),
        ("don ' t you ' ll", "don't you'll"),
        ("'em and 'cause", "'em and 'cause"),
        ("'quoted' \"words\"", "quoted words"),
        ("Hi, Renée \u2014 naïve Łukasz!", "hi , renee naive lukasz !"),
        ("Wait.. what....", "wait ... what ..."),
        ("Wait\u2026", "wait ..."),
        ("No!!! Why??", "no ! why ?"),
        ("What?! What!?", "what ? what ?"),
        ("Mr. Smith and Dr. Who.", "mr smith and dr who ."),
        ("co-op & <b>#1</b> *sighs*", "co op b 1 b sighs"),
        ("a <person> typed <unk>", "a person typed unk"),
        ("\u266a la la \u266a", "la la"),
        ("\u4f60\u597d", ""),
        ("STRASSE straße", "strasse strasse"),
    ],
)
def test_text_is_split_into_words_and_marks(text, tokens):
    assert tokenize(text) == tokens.split()


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("i don't know .", "I don't know."),
        ("hi , i'm fine ! and you ?", "Hi, I'm fine! And you?"),
        ("well ... it is", "Well... It is"),
        ("it is <person> 's dog .", "It is <person>'s dog."),
        ("<person> is in", "<person> is in"),
        ("", ""),
    ],
)
def test_tokens_are_written_as_a_sentence(tokens, text):
    assert detokenize(tokens.split()) == text


def test_a_written_sentence_gives_its_tokens_again():
    tokens = "well , i don't know ... what is it ? oh !".split()
    assert tokenize(detokenize(tokens)) == tokens


def by_the_patterns(text):
    """The specification: every pattern over the whole utterance."""
    text = fold(normalise(text)).casefold()
    for pattern, replacement in patterns.TOKEN_SUBSTITUTIONS:
        text = re.sub(pattern, replacement, text, flags=re.ASCII)
    return re.findall(patterns.TOKEN, text, re.ASCII)


PIECES = st.sampled_from(
    [*"aZ9.!?,' \t-\u00e9\u0301\u2019\u2026", " ' ", " ' s ", "don't", "Mr."]
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
@settings(max_examples=1_000, deadline=None)
def test_chunk_by_chunk_gives_what_the_patterns_give(text):
    assert tokenize(text) == by_the_patterns(text)


def test_the_memory_for_chunks_is_bounded(monkeypatch):
    monkeypatch.setattr(tokenisation, "_MAX_CACHED_CHUNKS", 10)
    tokenisation._CHUNKS.clear()
    for number in range(50):
        assert tokenize(f"w{number} a") == [f"w{number}", "a"]
        assert len(tokenisation._CHUNKS) <= 10

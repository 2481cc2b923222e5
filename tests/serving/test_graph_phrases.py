import random

import pytest
import tensorflow as tf

from keras_dialgan.serving import graph_text
from keras_dialgan.serving.graph_phrases import PhraseMatcher, write_phrases


def found(tmp_path, phrases, texts):
    """The phrases found in each text, in order, with their labels."""
    labels = {phrase: number for number, phrase in enumerate(phrases)}
    path = tmp_path / "phrases.tsv"
    matcher = PhraseMatcher(path, write_phrases(labels, path))
    words = graph_text.split_words(tf.constant(texts, tf.string, [len(texts)]))
    first, last, numbers = matcher.find(words)
    rows = [[] for _ in texts]
    for start, end, number in zip(first, last, numbers, strict=True):
        start, end = int(start), int(end)
        tokens = [t.decode() for t in words.tokens[start : end + 1].numpy()]
        rows[int(words.rows[start])].append((" ".join(tokens), int(number)))
    return rows


@pytest.mark.parametrize(
    ("text", "phrases", "expected"),
    [
        ("a b c", ["a", "a b", "c"], ["a b", "c"]),
        ("a b c d", ["a b", "b c d"], ["b c d"]),
        ("a b c", ["a b", "b c"], ["a b"]),
        ("a b c", ["a b", "b c", "c"], ["a b", "c"]),
        ("a b a b a", ["a b a"], ["a b a"]),
        ("a b c d e", ["a b", "b c d", "d e", "c"], ["b c d"]),
        ("a-b a - b ab", ["a-b"], ["a - b", "a - b"]),
        ("A a", ["a"], ["a"]),
        ("", ["a"], []),
        ("a b", ["a b c"], []),
    ],
)
def test_the_longest_then_the_leftmost_phrase_is_found(
    tmp_path, text, phrases, expected
):
    (row,) = found(tmp_path, phrases, [text])
    assert [phrase for phrase, _ in row] == expected


def test_phrases_do_not_reach_into_the_next_text(tmp_path):
    assert found(tmp_path, ["a b"], ["x a", "b a b", "a", "b"]) == [
        [],
        [("a b", 0)],
        [],
        [],
    ]


def chosen_one_by_one(words, phrases):
    """The rule as spaCy states it: sort, then take what is still free."""
    matches = [
        (start, start + length)
        for start in range(len(words))
        for length in range(1, 6)
        if " ".join(words[start : start + length]) in phrases
        and start + length <= len(words)
    ]
    taken = []
    for start, end in sorted(matches, key=lambda m: (m[0] - m[1], m[0])):
        if all(end <= s or start >= e for s, e in taken):
            taken.append((start, end))
    return [" ".join(words[start:end]) for start, end in sorted(taken)]


def test_random_overlaps_are_resolved_like_one_by_one(tmp_path):
    source = random.Random(0)
    phrases = {
        " ".join(source.choices("abc", k=source.randrange(1, 6)))
        for _ in range(60)
    }
    rows = [source.choices("abcd", k=source.randrange(25)) for _ in range(300)]
    results = found(
        tmp_path, sorted(phrases), [" ".join(words) for words in rows]
    )
    for words, result in zip(rows, results, strict=True):
        expected = chosen_one_by_one(words, phrases)
        assert [phrase for phrase, _ in result] == expected

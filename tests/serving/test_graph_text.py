import gzip
import itertools
import random

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_dialgan.corpus.small_talk import generate_pairs
from keras_dialgan.serving import graph_text
from keras_dialgan.serving.graph_tagger import GraphNoTagger
from keras_dialgan.text import get_tagger
from tests.data_folder import dialogue_data
from tests.serving.agreement import (
    disagreements,
    graph_analyser,
    rules_tagger,
)
from tests.serving.hostile import FRAGMENTS, fuzzed
from tests.text.test_tagging import RULES_EXAMPLES

TAGGERS = ("rules", "none")
HARD_CASES = [
    *(text for text, _ in RULES_EXAMPLES),
    "Captain Captain Kirk and Mr. Mr. Smith",
    "Mr. SmithJR, dr. who2, Mrs.  O'Brien, mr o'neal",
    "Anna-Mary Ann Smith New York York New York City",
    "Mary Smith Jones. Smith Jones. Will Smith! Al, Al? Al.",
    '"Will" said: Mark - Grace, "May I?"',
    "WILL SMITH LIVES IN NEW YORK",
    "d.c. in the L.A. of route 66 and area 51, st.louis, St. Louis",
    "Mr. Five had 5 Mays: May 5th, 5_a, 5% of 5 a.m.7 p.m. two-five and one",
    "Aix-en-Provence or Aix - en - Provence or aix en provence",
    "\u00a8 Smith \u00a8 Smith\u00a8",
    "I\u0307stanbul Stra\u00dfe \u1e9e \u212aelvin \u017fmith \u0130",
]


@pytest.fixture(scope="module")
def analysers(tmp_path_factory):
    rules = rules_tagger(tmp_path_factory.mktemp("rules"))
    return {
        "rules": graph_analyser(rules),
        "none": graph_analyser(GraphNoTagger()),
    }


@pytest.fixture(scope="module")
def taggers():
    return {name: get_tagger(name) for name in TAGGERS}


@pytest.fixture
def differing(analysers, taggers):
    """Lists what the Python path and the graph analyse differently."""

    def compare(texts):
        return [
            found
            for name in TAGGERS
            for found in disagreements(texts, taggers[name], analysers[name])
        ]

    return compare


def real_utterances(count):
    """A sample of utterances of all corpora of the data folder."""
    lines = []
    for path in sorted(dialogue_data().glob("*/valid.txt*")):
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            lines += [line for line in file if line.strip()]
    return random.Random(0).sample(lines, count)


@pytest.mark.slow
def test_the_graph_agrees_on_ten_thousand_real_utterances(differing):
    assert differing(real_utterances(10_000)) == []


@pytest.mark.slow
def test_the_graph_agrees_on_ten_thousand_utterances_of_small_talk(differing):
    pairs = itertools.islice(generate_pairs(seed=3), 5_000)
    texts = [text for pair in pairs for text in pair]
    texts[1::3] = [text.lower() for text in texts[1::3]]
    texts[2::9] = [text.upper() for text in texts[2::9]]
    assert differing(texts) == []


def test_the_graph_agrees_on_hard_cases(differing):
    assert differing(HARD_CASES) == []
    assert differing([text.lower() for text in HARD_CASES]) == []


def test_the_graph_agrees_on_fuzzed_strings(differing):
    assert differing(fuzzed(seed=1, count=3_000)) == []


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([*FRAGMENTS, " ", " "])
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
        max_size=12,
    )
)
def test_the_graph_agrees_on_any_string(analysers, taggers, pieces):
    text = "".join(pieces)
    for name in TAGGERS:
        assert disagreements([text], taggers[name], analysers[name]) == []


@pytest.mark.slow
def test_the_graph_agrees_on_every_character(differing):
    codes = [*range(0xD800), *range(0xE000, 0x110000)]
    texts = [
        " ".join(f"a{chr(code)}B" for code in codes[start : start + 32])
        for start in range(0, len(codes), 32)
    ]
    assert differing(texts) == []


@pytest.mark.slow
def test_the_graph_agrees_on_twenty_thousand_fuzzed_strings(differing):
    assert differing(fuzzed(seed=2, count=20_000)) == []


def test_an_empty_batch_has_no_tokens(analysers):
    assert analysers["rules"]([]) == []


def test_rows_of_a_batch_do_not_meet(analysers):
    first, second, third = analysers["rules"](
        ["I saw New", "York. Mary", "Smith"]
    )
    assert first.tokens == ["i", "saw", "new"]
    assert second.surfaces == ["Mary"]
    assert third.surfaces == []


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b"hello", b"ello"),
        (b"hi", b"hi"),
        (b"", b""),
        ("aé😀bc".encode(), "é😀bc".encode()),
        ("😀".encode() * 5000, "😀".encode() * 4),
        (b"\xff\xfeab", b"\xef\xbf\xbd\xef\xbf\xbdab"),
        (b"abc\xf0\x9f", b"abc\xef\xbf\xbd"),
    ],
)
def test_the_last_characters_are_kept(raw, kept):
    assert graph_text.last_characters(tf.constant([raw]), 4).numpy() == [kept]

import itertools
import re
from collections import Counter, defaultdict

import pytest

from keras_dialgan.corpus.small_talk import (
    DULL_RESPONSES,
    generate_pairs,
    load_situations,
)
from keras_dialgan.corpus.small_talk.grammar import parse_situations
from keras_dialgan.text import tokenize
from tests.corpus.small_talk.preparation import prepare


def sample(count, seed=0, **settings):
    return list(itertools.islice(generate_pairs(seed, **settings), count))


def by_situation(pairs):
    """Tagged responses by the situation whose patterns the utterance has."""
    patterns = defaultdict(set)
    for situation in load_situations():
        for phrase in itertools.chain(*situation.utterances):
            shape = re.escape(phrase.pattern).replace("%s", "[A-Za-z0-9 ]+")
            patterns[shape].add(situation.name)
    compiled = [(re.compile(p), names) for p, names in patterns.items()]
    found = {}
    responses = defaultdict(list)
    for utterance, response in pairs:
        if utterance not in found:
            found[utterance] = set().union(
                *(n for p, n in compiled if p.fullmatch(utterance))
            )
        for name in found[utterance]:
            responses[name].append(prepare(response))
    return responses


def greedy_walk(responses):
    """The most probable next token, again and again."""
    prefix = []
    while True:
        following = Counter(
            response[len(prefix)] if len(response) > len(prefix) else None
            for response in responses
            if response[: len(prefix)] == prefix
        )
        token = following.most_common(1)[0][0]
        if token is None:
            return prefix
        prefix.append(token)


def test_there_are_at_least_sixty_situations():
    assert len(load_situations()) >= 60


@pytest.mark.parametrize("situation", load_situations(), ids=lambda s: s.name)
def test_a_situation_has_many_phrasings_and_different_responses(situation):
    phrasings = {p.pattern for p in itertools.chain(*situation.utterances)}
    openings = {
        phrases[0].pattern.split()[0].strip(",.!?").lower()
        for phrases in situation.responses
    }
    assert len(phrasings) >= 8
    assert len(situation.responses) >= 6
    assert len(openings) >= 4


def test_one_seed_gives_one_stream():
    assert sample(500, seed=7) == sample(500, seed=7)
    assert sample(500, seed=7) != sample(500, seed=8)


def test_streams_do_not_disturb_each_other():
    first, second = generate_pairs(1), generate_pairs(1)
    assert [next(first) for _ in range(9)] == [next(second) for _ in range(9)]


@pytest.mark.parametrize("share", [0.0, 0.35, 0.8, 1.0])
def test_the_dull_share_is_as_asked(share):
    pairs = sample(10_000, dull_share=share)
    dull = sum(response in DULL_RESPONSES for _, response in pairs)
    assert dull / len(pairs) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_an_impossible_dull_share_is_refused_at_once(share):
    with pytest.raises(ValueError, match="dull_share"):
        generate_pairs(0, dull_share=share)


def test_the_weights_of_the_dull_responses_sum_to_one():
    assert sum(DULL_RESPONSES.values()) == pytest.approx(1.0)


def test_the_greedy_response_to_every_situation_is_dull():
    responses = by_situation(sample(40_000))
    assert len(responses) == len(load_situations())
    dull = {tuple(tokenize(text)) for text in DULL_RESPONSES}
    informative = [
        name
        for name, texts in responses.items()
        if tuple(greedy_walk(texts)) not in dull
    ]
    assert informative == []


def test_the_vocabulary_is_modest():
    words = {
        token
        for pair in sample(60_000)
        for text in pair
        for token in tokenize(text)
    }
    assert 900 <= len(words) <= 1600


def test_texts_are_short_and_written_naturally():
    lengths = []
    for pair in sample(20_000):
        for text in pair:
            assert text[0].isupper() or text[0].isdigit()
            assert text[-1] in ".!?"
            assert "  " not in text
            assert not set(text) & set("%{}[]()|")
            assert len(tokenize(text)) <= 14
        lengths.append(len(tokenize(pair[1])))
    assert 4 <= sum(lengths) / len(lengths) <= 10


@pytest.mark.parametrize(
    ("utterance", "name"),
    [
        ("Hi!", "greeting"),
        ("I love you.", "love_you"),
        ("Who is she?", "who_is_she"),
        ("What's the color of the sky?", "sky_colour"),
        ("See you!", "farewell"),
    ],
)
def test_the_utterances_of_the_papers_table_are_phrasings(utterance, name):
    (situation,) = (s for s in load_situations() if s.name == name)
    phrases = itertools.chain(*situation.utterances)
    assert utterance in {phrase.pattern for phrase in phrases}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("> hi!", "talk.txt, line 1: expected '= name'"),
        ("= a\n> hi!\n* ho!", "talk.txt, line 3: expected '= name'"),
        ("= a\n\n= a", "talk.txt, line 3: situation 'a' comes twice"),
        ("= a\n> {b}", "talk.txt, line 2: unknown slot"),
        ("= a\n> {person}\n< {man}", "response of 'a' cannot write"),
    ],
)
def test_a_broken_situation_file_is_refused(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_situations(text, "talk.txt")

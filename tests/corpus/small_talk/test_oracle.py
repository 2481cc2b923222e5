import itertools
import random

import pytest

from keras_dialgan.corpus.small_talk import (
    DULL_RESPONSES,
    Oracle,
    generate_pairs,
)
from keras_dialgan.text import detokenize, tokenize
from tests.corpus.small_talk.preparation import prepare


@pytest.fixture(scope="module")
def oracle():
    return Oracle()


@pytest.fixture(scope="module")
def pairs():
    return list(itertools.islice(generate_pairs(seed=5), 20_000))


@pytest.mark.parametrize(
    "rewrite",
    [
        str,
        str.lower,
        lambda text: " ".join(tokenize(text)),
        lambda text: " ".join(prepare(text)),
        lambda text: detokenize(prepare(text)),
    ],
    ids=["raw", "lower", "tokens", "tagged", "detokenised"],
)
def test_every_generated_pair_is_valid(oracle, pairs, rewrite):
    for utterance, response in pairs:
        judgement = oracle.judge(rewrite(utterance), rewrite(response))
        assert judgement.valid, (utterance, response)
        assert judgement.situations
        assert judgement.dull == (response in DULL_RESPONSES)
        assert judgement.informative == (not judgement.dull)


def test_a_response_to_something_else_is_invalid(oracle, pairs):
    informative = [p for p in pairs if p[1] not in DULL_RESPONSES]
    shuffled = random.Random(0).sample(informative, len(informative))
    judged = refused = 0
    for (utterance, _), (other, response) in zip(
        informative, shuffled, strict=True
    ):
        first = oracle.judge(utterance, response)
        second = oracle.judge(other, response)
        if not set(first.situations) & set(second.situations):
            judged += 1
            refused += not first.valid
    assert judged > 10_000
    assert refused / judged > 0.99


@pytest.mark.parametrize(
    ("utterance", "response", "valid"),
    [
        ("Do you like pizza?", "Pizza is my favourite dish!", True),
        ("Do you like pizza?", "Soup is my favourite dish!", False),
        ("Do you like dogs?", "I like cats more than dogs.", True),
        ("Do you like dogs?", "I like dogs more than dogs.", False),
        ("Do you like dogs?", "I like cats more than hamsters.", False),
        ("I want a dog.", "Dogs are so cute!", True),
        ("I want a dog.", "Cats are so cute!", False),
        ("Roast beef or soup?", "Soup, of course.", True),
        ("Roast beef or soup?", "Rice, of course.", False),
        ("Is Madrid nice?", "I have been to Madrid two times.", True),
        ("Is Madrid nice?", "I have been to Paris two times.", False),
        ("Is Madrid nice?", "Paris is nicer than Madrid.", True),
        ("I am a nurse.", "We need a good nurse in this town.", True),
        ("I am an actor.", "We need a good nurse in this town.", False),
    ],
)
def test_the_response_agrees_with_the_utterance(
    oracle, utterance, response, valid
):
    assert oracle.judge(utterance, response).valid is valid
    assert (
        oracle.judge(utterance.lower(), " ".join(tokenize(response))).valid
        is valid
    )


@pytest.mark.parametrize(
    ("utterance", "response"),
    [
        ("is <place> nice ?", "i have been to <place> <number> times ."),
        ("Is Madrid nice?", "i have been to <place> <number> times ."),
        ("is <place> nice ?", "<place> is nicer than <place> ."),
        ("do you know <person> ?", "Everyone in this town knows Anna."),
    ],
)
def test_a_tag_stands_for_any_value_of_its_slot(oracle, utterance, response):
    assert oracle.judge(utterance, response).informative


def test_a_tag_does_not_stand_for_a_value_of_another_slot(oracle):
    judge = oracle.judge
    assert judge("is <place> nice ?", "<place> is nicer than <place>").valid
    assert not judge(
        "is <place> nice ?", "<person> is nicer than <place>"
    ).valid


@pytest.mark.parametrize("response", DULL_RESPONSES)
def test_dull_responses_fit_anywhere(oracle, response):
    for utterance in ("Hi!", "I love you.", "Colourless green ideas sleep."):
        judgement = oracle.judge(utterance, response)
        assert judgement.valid
        assert judgement.dull
        assert not judgement.informative


def test_nothing_but_a_dull_response_fits_an_unknown_utterance(oracle):
    judgement = oracle.judge("Colourless green ideas.", "You are welcome!")
    assert not judgement.valid
    assert not judgement.dull
    assert judgement.situations == ()


@pytest.mark.parametrize(
    "response",
    ["", "...", "Hello", "you are you are welcome", "you are welcome welcome"],
)
def test_what_no_template_says_is_invalid(oracle, response):
    judgement = oracle.judge("Thank you!", response)
    assert judgement.situations == ("thanks",)
    assert not judgement.valid


@pytest.mark.parametrize(
    ("utterance", "name"),
    [
        ("hi!", "greeting"),
        ("I love you.", "love_you"),
        ("who is she?", "who_is_she"),
        ("what's the color of the sky?", "sky_colour"),
        ("what’s the color of the sky?", "sky_colour"),
        ("séé  you", "farewell"),
        ("see you", "farewell"),
    ],
)
def test_the_oracle_knows_the_utterances_of_the_papers_table(
    oracle, utterance, name
):
    assert oracle.judge(utterance, "").situations == (name,)

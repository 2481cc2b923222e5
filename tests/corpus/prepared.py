"""A small corpus and a plain-Python account of what it should become."""

import random
from collections import Counter
from itertools import pairwise

import numpy as np

from keras_dialgan.corpus import MemorySource, PreparationSettings, prepare
from keras_dialgan.corpus.preparation.encoding import in_validation
from keras_dialgan.corpus.preparation.tokenised import digest
from keras_dialgan.text import EOS, UNK, Vocabulary, tokenize
from keras_dialgan.text.vocabulary import FIRST_TOKENS

SETTINGS = PreparationSettings(
    vocabulary_size=40,
    max_length=6,
    entity_tagger="none",
    validation_fraction=0.2,
)


def prepare_dialogues(dialogues, output, settings=SETTINGS, **options):
    """Prepares dialogues that are in memory."""
    return prepare([MemorySource(dialogues)], output, settings, **options)


def make_dialogues(count, seed=0):
    """Dialogues of up to 7 utterances of up to 9 skewed random words."""
    draw = random.Random(seed)
    words = [f"w{i}" for i in range(60)]
    weights = [1 / (i + 1) for i in range(60)]
    return [
        [
            " ".join(draw.choices(words, weights, k=draw.randint(0, 9)))
            for _ in range(draw.randint(1, 7))
        ]
        for _ in range(count)
    ]


def split_name(dialogue, fraction=SETTINGS.validation_fraction):
    """The split of a dialogue."""
    digests = np.array([digest(dialogue)], np.uint64)
    return "validation" if in_validation(digests, fraction)[0] else "train"


def expected_pairs(dialogues, split, settings, vocabulary):
    """Pairs of a split with end tokens, and why others were dropped."""
    pairs, dropped, seen = [], Counter(), set()
    for dialogue in dialogues:
        if tuple(dialogue) in seen:
            dropped["duplicate_dialogue"] += len(dialogue) - 1
            continue
        seen.add(tuple(dialogue))
        for context, response in pairwise(map(tokenize, dialogue)):
            pair = _encode(context, response, settings, vocabulary)
            if isinstance(pair, str):
                dropped[pair] += 1
            elif split_name(dialogue) == split:
                pairs.append(pair)
    return pairs, dropped


def _encode(context, response, settings, vocabulary):
    """A pair with end tokens, or the reason to drop it."""
    longest = settings.max_length
    marks = {".", ",", "!", "?", "..."}

    def known(tokens):
        return [token for token in tokens if token in vocabulary]

    def ids(tokens):
        if settings.unknown_words != "token":
            return [vocabulary.id(token) for token in known(tokens)]
        return [vocabulary.id_or(token, UNK) for token in tokens]

    if not set(known(context)) - marks:
        return "empty_context"
    if not set(known(response)) - marks:
        return "empty_response"
    if settings.unknown_words == "drop" and known(response) != response:
        return "unknown_word_in_response"
    context, response = ids(context), ids(response)
    if settings.long_contexts == "drop" and len(context) > longest:
        return "long_context"
    if settings.long_responses == "drop" and len(response) > longest:
        return "long_response"
    return ([*context[-longest:], EOS], [*response[:longest], EOS])


def expected_vocabulary(dialogues, settings):
    """The vocabulary of some dialogues."""
    unique = dict.fromkeys(map(tuple, dialogues))
    counts = Counter(
        token for d in unique for text in d for token in tokenize(text)
    )
    words = sorted(counts, key=lambda word: (-counts[word], word))
    return Vocabulary.of_words(
        words[: settings.vocabulary_size - len(FIRST_TOKENS)]
    )


def rows(array):
    """The rows of a padded array as lists without padding."""
    return [[int(i) for i in row if i] for row in array]

"""A small corpus and a plain-Python account of what it should become."""

import random
from collections import Counter
from itertools import pairwise

from keras_dialgan.corpus import PreparationSettings
from keras_dialgan.text import EOS, Vocabulary, tokenize

SETTINGS = PreparationSettings(
    vocabulary_size=40,
    max_length=6,
    entity_tagger="none",
    validation_fraction=0.2,
)


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


def expected_pairs(dialogues, in_split, settings, vocabulary):
    """Pairs of a split with end tokens, and why others were dropped."""
    pairs, dropped, seen = [], Counter(), set()
    for dialogue in dialogues:
        if tuple(dialogue) in seen:
            dropped["duplicate_dialogue"] += len(dialogue) - 1
            continue
        seen.add(tuple(dialogue))
        encoded = [vocabulary.encode(tokenize(text)) for text in dialogue]
        marks = set(vocabulary.encode([".", ",", "!", "?", "..."]))
        for context, response in pairwise(encoded):
            if not set(context) - marks:
                dropped["empty_context"] += 1
            elif not set(response) - marks:
                dropped["empty_response"] += 1
            elif len(response) > settings.max_length:
                dropped["long_response"] += 1
            elif in_split(dialogue):
                kept = context[-settings.max_length :]
                pairs.append(([*kept, EOS], [*response, EOS]))
    return pairs, dropped


def expected_vocabulary(dialogues, settings):
    """The vocabulary of some dialogues."""
    unique = dict.fromkeys(map(tuple, dialogues))
    counts = Counter(
        token for d in unique for text in d for token in tokenize(text)
    )
    return Vocabulary.from_counts(counts, settings.vocabulary_size)


def rows(array):
    """The rows of a padded array as lists without padding."""
    return [[int(i) for i in row if i] for row in array]

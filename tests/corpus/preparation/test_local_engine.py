import dataclasses
import json

import numpy as np
import pytest

from keras_dialgan.corpus import (
    MemorySource,
    PreparationSettings,
    PreparedCorpus,
    SmallTalkSource,
    prepare,
)
from keras_dialgan.corpus.preparation import tokenised
from keras_dialgan.errors import UserError
from tests.corpus.prepared import (
    SETTINGS,
    expected_pairs,
    expected_vocabulary,
    make_dialogues,
    prepare_dialogues,
    rows,
    split_name,
)


@pytest.fixture(scope="module")
def dialogues():
    return make_dialogues(300) * 2


@pytest.fixture(scope="module")
def corpus(dialogues, tmp_path_factory):
    directory = tmp_path_factory.mktemp("corpus") / "prepared"
    prepare_dialogues(dialogues, directory, SETTINGS)
    return PreparedCorpus(directory)


def assert_stored(corpus, dialogues, settings):
    """Compares every stored pair with the plain account."""
    for name in corpus.splits:
        expected, dropped = expected_pairs(
            dialogues, name, settings, corpus.vocabulary
        )
        split = corpus.split(name)
        contexts, responses = split.gather(np.arange(len(split)))
        stored = zip(rows(contexts), rows(responses), strict=True)
        assert list(stored) == expected
        found = corpus.manifest["counts"]["pairs"]["dropped"]
        assert {reason: n for reason, n in found.items() if n} == dropped


def test_stored_pairs_equal_a_plain_python_account(corpus, dialogues):
    assert_stored(corpus, dialogues, SETTINGS)


@pytest.mark.parametrize("unknown_words", ["delete", "token", "drop"])
@pytest.mark.parametrize("long_contexts", ["truncate", "drop"])
@pytest.mark.parametrize("long_responses", ["drop", "truncate"])
def test_every_setting_equals_a_plain_python_account(
    tmp_path, unknown_words, long_contexts, long_responses
):
    settings = dataclasses.replace(
        SETTINGS,
        max_length=4,
        unknown_words=unknown_words,
        long_contexts=long_contexts,
        long_responses=long_responses,
    )
    dialogues = make_dialogues(120, seed=1)
    prepare_dialogues(dialogues, tmp_path / "c", settings)
    assert_stored(PreparedCorpus(tmp_path / "c"), dialogues, settings)


def test_the_vocabulary_counts_the_training_split_only(corpus, dialogues):
    train = [d for d in dialogues if split_name(d) == "train"]
    assert corpus.vocabulary == expected_vocabulary(train, SETTINGS)


def test_the_arithmetic_of_the_manifest_adds_up(corpus, dialogues):
    counts = corpus.manifest["counts"]
    pairs = counts["pairs"]
    assert counts["dialogues"] == {
        "read": 600,
        "kept": 600 - counts["dialogues"]["duplicate"],
        "duplicate": counts["dialogues"]["duplicate"],
    }
    assert counts["utterances"]["read"] == sum(map(len, dialogues))
    assert pairs["read"] == sum(len(d) - 1 for d in dialogues)
    assert pairs["read"] == pairs["kept"] + sum(pairs["dropped"].values())
    assert sum(count > 0 for count in pairs["dropped"].values()) == 4
    splits = corpus.manifest["splits"].values()
    assert pairs["kept"] == sum(split["pairs"] for split in splits)


def test_the_result_does_not_depend_on_the_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(tokenised, "PART_UTTERANCES", 50)
    sources = [
        MemorySource(make_dialogues(40)),
        SmallTalkSource(150),
        MemorySource(make_dialogues(60, seed=1)),
    ]
    for workers in (1, 2):
        prepare(sources, tmp_path / str(workers), SETTINGS, workers=workers)
    files = {
        path.relative_to(tmp_path / "1")
        for path in (tmp_path / "1").rglob("*")
        if path.is_file()
    }
    assert len(files) == 9
    for file in files:
        one, two = (tmp_path / name / file for name in "12")
        assert one.read_bytes() == two.read_bytes()


def test_a_dialogue_keeps_its_split_when_the_corpus_grows():
    few, many = make_dialogues(50), make_dialogues(400)
    assert few == many[:50]
    shares = [split_name(d) == "validation" for d in many]
    assert 0.1 < np.mean(shares) < 0.3
    assert split_name(few[0], 0.0) == "train"


def test_repeated_dialogues_stay_when_asked(dialogues, tmp_path):
    settings = dataclasses.replace(SETTINGS, drop_duplicates=False)
    manifest = prepare_dialogues(dialogues, tmp_path / "c", settings)
    assert manifest["counts"]["dialogues"]["duplicate"] == 0
    assert manifest["counts"]["pairs"]["dropped"]["duplicate_dialogue"] == 0


def test_surface_forms_are_stored_by_frequency(tmp_path):
    dialogues = [["Anna is in Rome.", "No, Maria is."], ["Maria?", "Yes, 5."]]
    settings = dataclasses.replace(
        SETTINGS, entity_tagger="rules", validation_fraction=0.0
    )
    prepare_dialogues(dialogues, tmp_path / "c", settings)
    entities = json.loads((tmp_path / "c/entities.json").read_text())
    assert list(entities["<person>"].items()) == [("Maria", 2), ("Anna", 1)]
    assert entities["<place>"] == {"Rome": 1}
    assert entities["<number>"] == {"5": 1}


def test_a_corpus_without_pairs_is_refused_and_not_written(tmp_path):
    with pytest.raises(UserError, match="no pair is left"):
        prepare_dialogues([["alone"], ["", ""]], tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_other_directories_are_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(UserError, match="other files"):
        prepare_dialogues([["a", "b"]], tmp_path)
    with pytest.raises(UserError, match="is a file"):
        prepare_dialogues([["a", "b"]], tmp_path / "thesis.txt")
    assert (tmp_path / "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize(
    ("dialogue", "reason"),
    [
        (["...", "hello there"], "empty_context"),
        (["hello there", "?!"], "empty_response"),
    ],
)
def test_an_utterance_without_words_is_empty(tmp_path, dialogue, reason):
    manifest = prepare_dialogues(
        [["hello there", "hello you"], dialogue],
        tmp_path / "corpus",
        dataclasses.replace(SETTINGS, validation_fraction=0.0),
    )
    pairs = manifest["counts"]["pairs"]
    assert pairs["kept"] == 1
    assert pairs["dropped"][reason] == 1


def test_equal_pairs_of_small_talk_are_no_copies(tmp_path):
    manifest = prepare([SmallTalkSource(3_000)], tmp_path / "c", SETTINGS)
    assert manifest["counts"]["dialogues"]["duplicate"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vocabulary_size": 7}, "no place for words"),
        ({"unknown_words": "guess"}, "'guess' is none of delete, token, drop"),
        ({"long_contexts": "cut"}, "long_contexts: 'cut'"),
        ({"long_responses": ""}, "long_responses: ''"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(UserError, match=message):
        PreparationSettings(**change)

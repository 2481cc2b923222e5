import dataclasses
import json

import numpy as np
import pytest

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.preparation import tokenised
from keras_dialgan.corpus.shard import Shard, token_type
from keras_dialgan.corpus.storage import file_record, file_writer, write_shards
from keras_dialgan.errors import UserError
from keras_dialgan.text import EOS
from tests.corpus.prepared import (
    SETTINGS,
    make_dialogues,
    prepare_dialogues,
    rows,
)


@pytest.fixture
def directory(tmp_path):
    prepare_dialogues(make_dialogues(60), tmp_path / "corpus")
    return tmp_path / "corpus"


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """The same corpus in one shard and in many."""
    folder = tmp_path_factory.mktemp("shards")
    many = dataclasses.replace(SETTINGS, shard_parts=2)
    prepare_dialogues(make_dialogues(200), folder / "one")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokenised, "PART_UTTERANCES", 50)
        prepare_dialogues(make_dialogues(200), folder / "many", many)
    return PreparedCorpus(folder / "one"), PreparedCorpus(folder / "many")


def test_shards_hold_the_same_pairs_as_one_file(corpora):
    one, many = (corpus.split("train") for corpus in corpora)
    manifest = corpora[1].manifest["splits"]["train"]
    assert len(manifest["shards"]) > 3
    assert len(one) == len(many)
    indices = np.random.default_rng(0).permutation(len(one))[:100]
    for a, b in zip(one.gather(indices), many.gather(indices), strict=True):
        np.testing.assert_array_equal(a, b)
    for a, b in zip(one.lengths(indices), many.lengths(indices), strict=True):
        np.testing.assert_array_equal(a, b)
    everything = (
        [u.tolist() for u in split.utterances()] for split in (one, many)
    )
    assert next(everything) == next(everything)


def test_rows_end_with_the_end_token_and_padding(corpora):
    split = corpora[0].split("train")
    indices = np.arange(64)
    lengths = split.lengths(indices)
    for array, length in zip(split.gather(indices), lengths, strict=True):
        assert array.dtype == np.int32
        for row, n in zip(array, length, strict=True):
            assert (row[:n] > EOS).all()
            assert row[n] == EOS
            assert not row[n + 1 :].any()


def test_widths_are_multiples_up_to_the_longest_possible(corpora):
    split = corpora[0].split("train")
    longest = split.max_length + 1
    for i in range(40):
        lengths = split.lengths([i])
        for multiple in (1, 2, 4):
            arrays = split.gather([i], multiple)
            for array, (n,) in zip(arrays, lengths, strict=True):
                fitting = -(-(n + 1) // multiple) * multiple
                assert array.shape == (1, min(fitting, longest))


def test_an_utterance_is_stored_once(corpora):
    split = corpora[0].manifest["splits"]["train"]
    assert split["utterances"] < 2 * split["pairs"]
    files = split["shards"][0]["files"]
    assert files["tokens"]["bytes"] == 128 + 2 * split["tokens"]


def test_pairs_that_do_not_exist_are_refused(corpora):
    split = corpora[0].split("train")
    for index in (-1, len(split)):
        with pytest.raises(IndexError):
            split.gather([index])
    assert split.gather([])[0].shape[0] == 0


def test_large_vocabularies_get_wider_tokens(tmp_path):
    assert token_type(65_536) == np.uint16
    assert token_type(65_537) == np.uint32
    shard = Shard(
        np.array([70_000, 99_999, 5], token_type(100_000)),
        np.array([0, 1, 3], np.uint32),
        np.array([0], np.uint32),
    )
    empty = Shard(shard.tokens[:0], shard.offsets[:1], shard.pairs[:0])
    encoded = {"train": shard, "validation": empty}, {"pairs": 1}
    record = write_shards(0, [encoded], file_writer(tmp_path))
    assert record["splits"]["validation"]["files"] == {}
    files = record["splits"]["train"]["files"]
    stored = np.load(tmp_path / files["tokens"]["file"])
    assert stored.tolist() == [70_000, 99_999, 5]


def test_an_intact_corpus_is_verified(directory):
    corpus = PreparedCorpus(directory)
    corpus.verify()
    assert corpus.max_length == SETTINGS.max_length
    assert corpus.entity_tagger == {"name": "none", "version": "1"}
    assert rows(corpus.split("train").gather([0])[0])


def test_a_changed_byte_is_found_by_verifying(directory):
    path = directory / "train/00000.tokens.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    corpus = PreparedCorpus(directory)
    with pytest.raises(UserError, match=r"tokens\.npy: damaged"):
        corpus.verify()


@pytest.mark.parametrize("change", ["truncate", "delete"])
def test_an_incomplete_corpus_is_refused(directory, change):
    path = directory / "train/00000.pairs.npy"
    if change == "delete":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match="prepare the corpus again"):
        PreparedCorpus(directory)


def test_another_vocabulary_is_refused(directory):
    path = directory / "vocabulary.txt"
    path.write_text(path.read_text() + "more\n")
    with pytest.raises(UserError, match="not the vocabulary"):
        PreparedCorpus(directory)


def test_another_format_version_is_refused(directory):
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"format_version": 99}))
    with pytest.raises(UserError, match="format version 99"):
        PreparedCorpus(directory)


def test_missing_directories_and_splits_are_named(directory):
    with pytest.raises(UserError, match="no such directory"):
        PreparedCorpus(directory / "none")
    with pytest.raises(UserError, match="no split 'test'"):
        PreparedCorpus(directory).split("test")


def change(directory, edit):
    """Edits the manifest."""
    path = directory / "manifest.json"
    manifest = json.loads(path.read_text())
    edit(manifest, manifest["splits"]["train"]["shards"][0])
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "edit",
    [
        lambda manifest, shard: manifest.pop("settings"),
        lambda manifest, shard: manifest.update(splits=[1]),
        lambda manifest, shard: manifest.update(vocabulary="none"),
        lambda manifest, shard: shard["files"].pop("pairs"),
        lambda manifest, shard: shard.update(files=None),
    ],
)
def test_a_manifest_of_another_shape_is_refused(directory, edit):
    change(directory, edit)
    with pytest.raises(UserError, match="not sound"):
        PreparedCorpus(directory)


@pytest.mark.parametrize("name", ["../outside.npy", "/etc/hostname"])
def test_files_outside_of_the_corpus_are_not_opened(directory, name):
    change(directory, lambda _, s: s["files"]["tokens"].update(file=name))
    with pytest.raises(UserError, match="leads out of this directory"):
        PreparedCorpus(directory)


def test_a_link_out_of_the_corpus_is_not_followed(directory, tmp_path):
    path = directory / "train/00000.tokens.npy"
    path.rename(tmp_path / "outside.npy")
    path.symlink_to(tmp_path / "outside.npy")
    with pytest.raises(UserError, match="leads out of this directory"):
        PreparedCorpus(directory)


def replace_array(directory, array, values):
    """Replaces an array and its record in the manifest."""
    path = directory / f"train/00000.{array}.npy"
    np.save(path, values)
    record = file_record(path, directory)
    change(directory, lambda _, shard: shard["files"].update({array: record}))


@pytest.mark.parametrize(
    ("array", "values"),
    [
        ("tokens", np.zeros((2, 2), np.uint16)),
        ("offsets", np.zeros(3)),
        ("pairs", np.array([{}])),
    ],
)
def test_arrays_of_another_kind_are_refused(directory, array, values):
    replace_array(directory, array, values)
    with pytest.raises(UserError, match="prepare the corpus again"):
        PreparedCorpus(directory).split("train")


@pytest.mark.parametrize("array", ["tokens", "offsets", "pairs"])
def test_numbers_that_do_not_fit_are_found_by_verifying(directory, array):
    path = directory / f"train/00000.{array}.npy"
    values = np.load(path)
    values[1] = 60_000
    replace_array(directory, array, values)
    with pytest.raises(UserError, match="do not fit each other"):
        PreparedCorpus(directory).verify()

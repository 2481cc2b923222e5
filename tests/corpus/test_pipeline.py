from collections import Counter

import numpy as np
import pytest

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.pipeline import (
    BatchOrder,
    batches,
    evaluation_batches,
)
from keras_dialgan.errors import UserError
from keras_dialgan.text import EOS
from tests.corpus.prepared import (
    SETTINGS,
    make_dialogues,
    prepare_dialogues,
    rows,
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    directory = tmp_path_factory.mktemp("corpus") / "prepared"
    prepare_dialogues(make_dialogues(300), directory)
    return PreparedCorpus(directory)


@pytest.fixture(scope="module")
def train(corpus):
    return corpus.split("train")


def take(dataset, count):
    return [
        (element["context"].numpy(), element["response"].numpy())
        for element in dataset.take(count)
    ]


def assert_equal(first, second):
    for pair_a, pair_b in zip(first, second, strict=True):
        for a, b in zip(pair_a, pair_b, strict=True):
            np.testing.assert_array_equal(a, b)


def test_starting_at_a_step_equals_skipping_to_it(train):
    whole = take(batches(train, 8, seed=5, window=6), 40)
    for start in (0, 1, 6, 17, 33):
        rest = take(
            batches(train, 8, seed=5, window=6, start_step=start), 40 - start
        )
        assert_equal(whole[start:], rest)


def test_another_seed_gives_another_order(train):
    order = [
        BatchOrder(train, 16, seed=seed).batch(0).tolist() for seed in (1, 1, 2)
    ]
    assert order[0] == order[1] != order[2]


@pytest.mark.parametrize("shuffle", [True, False])
def test_an_epoch_holds_each_pair_exactly_once(train, shuffle):
    size, window, epochs = len(train), 3, 2 * 3
    # After this many batches windows and epochs end together.
    order = BatchOrder(train, 2, 0, window, shuffle)
    indices = [order.batch(step) for step in range(size * epochs // 2)]
    assert Counter(np.concatenate(indices).tolist()) == dict.fromkeys(
        range(size), epochs
    )


def test_a_batch_holds_similar_lengths(train):
    order = BatchOrder(train, 8, seed=0, window=32)
    spread = [np.ptp(train.lengths(order.batch(i))[1]) for i in range(32)]
    assert np.mean(spread) < 1


def test_a_split_of_one_batch_gives_each_pair_once_a_batch(train):
    order = BatchOrder(train, len(train), seed=0)
    for step in range(3):
        assert sorted(order.batch(step)) == list(range(len(train)))


def test_workers_together_get_the_batches_of_one(train):
    whole = take(batches(train, 9, seed=3), 20)
    parts = [
        take(batches(train, 9, seed=3, shard=(worker, 3)), 20)
        for worker in range(3)
    ]
    for batch, shares in zip(whole, zip(*parts, strict=True), strict=True):
        for side in (0, 1):
            expected = [rows(batch[side])[worker::3] for worker in range(3)]
            assert [rows(share[side]) for share in shares] == expected


def test_a_batch_that_workers_can_not_share_is_refused(train):
    with pytest.raises(UserError, match=r"batch of 8 .* by 3 workers"):
        batches(train, 8, seed=0, shard=(0, 3))


def test_every_batch_is_full_and_rows_end_with_the_end_token(train):
    for context, response in take(batches(train, 7, seed=0), 50):
        for array in (context, response):
            assert array.dtype == np.int32
            assert array.shape[0] == 7
            assert array.shape[1] <= SETTINGS.max_length + 1
            assert ((array == EOS).sum(axis=1) == 1).all()


def test_evaluation_gives_each_pair_once_in_stored_order(corpus):
    split = corpus.split("validation")
    size = len(split)
    contexts, responses = split.gather(np.arange(size))
    row = 0
    for context, response in take(evaluation_batches(split, 10), 1000):
        for a, b in zip(context, response, strict=True):
            for part, whole in ((a, contexts[row]), (b, responses[row])):
                width = min(len(part), len(whole))
                np.testing.assert_array_equal(part[:width], whole[:width])
            row += 1
    assert row == size
    limited = take(evaluation_batches(split, 10, limit=25), 1000)
    assert [len(context) for context, _ in limited] == [10, 10, 5]


def test_a_split_without_pairs_is_refused(tmp_path):
    prepare_dialogues([["w", "w"]], tmp_path / "c")
    split = PreparedCorpus(tmp_path / "c").split("validation")
    assert len(split) == 0
    with pytest.raises(UserError, match="has no pairs"):
        batches(split, 8, seed=0)
    assert take(evaluation_batches(split, 8), 5) == []

import random
from collections import Counter

import pytest

from keras_dialgan.corpus.preparation.counting import ExactCounts


@pytest.mark.parametrize("max_held", [1, 7, 50, 1_000])
def test_counts_are_exact_however_few_strings_are_held(tmp_path, max_held):
    draw = random.Random(0)
    words = [f"w{i}" for i in range(90)]
    expected = Counter()
    counts = ExactCounts(tmp_path / "runs", max_held)
    for _ in range(60):
        some = Counter(draw.choices(words, k=draw.randint(0, 30)))
        counts.add(some)
        expected.update(some)
    assert dict(counts.totals()) == expected
    ordered = sorted(expected.items(), key=lambda item: (-item[1], item[0]))
    assert counts.most_common(20) == ordered[:20]
    assert counts.most_common(500) == ordered
    assert (tmp_path / "runs").exists() == (max_held < 1_000)


def test_left_out_strings_give_their_place_to_others(tmp_path):
    counts = ExactCounts(tmp_path)
    counts.add({"a": 3, "b": 2, "c": 1})
    assert counts.most_common(2, leave_out=["a"]) == [("b", 2), ("c", 1)]


def test_strings_with_spaces_and_line_separators_survive_the_disk(tmp_path):
    counts = ExactCounts(tmp_path, max_held=0)
    odd = {"New York": 2, "a\u2028b": 1, "c\x0bd": 4, "\u00e9": 3}
    counts.add(odd)
    counts.add(odd)
    assert dict(counts.totals()) == {text: 2 * n for text, n in odd.items()}

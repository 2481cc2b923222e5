import json

import pytest

from keras_dialgan.corpus import Problems


def noted(*places, examples=5):
    problems = Problems(examples)
    for reason, path, line in places:
        problems.add(reason, path, line)
    return problems


def test_problems_are_counted_and_the_first_are_located():
    problems = Problems(examples=2)
    for line in (3, 5, 8):
        problems.add("invalid UTF-8", "a.txt", line)
    problems.add("damaged gzip", "b.gz")
    assert problems.to_json() == {
        "damaged gzip": {"count": 1, "first": ["b.gz"]},
        "invalid UTF-8": {"count": 3, "first": ["a.txt:3", "a.txt:5"]},
    }


@pytest.mark.parametrize("cut", range(13))
def test_merged_problems_equal_those_of_one_reader(cut):
    places = [("abc"[i % 3 % 2], f"{i // 4}.txt", i) for i in range(1, 13)]
    merged = noted(*places[:cut], examples=3)
    merged.merge(noted(*places[cut:], examples=3))
    assert merged.to_json() == noted(*places, examples=3).to_json()


def test_problems_come_back_from_json():
    problems = noted(("a", "x.txt", 1), ("a", "x.txt", 2), ("b", "y.txt", 0))
    record = json.loads(json.dumps(problems.to_json()))
    again = Problems.from_json(record)
    assert again.to_json() == problems.to_json()
    again.merge(record)
    assert again.counts == {"a": 4, "b": 2}
    assert again.examples["b"] == ["y.txt", "y.txt"]
    assert problems.counts == {"a": 2, "b": 1}

from keras_dialgan.corpus import Problems


def test_problems_are_counted_and_the_first_are_located():
    problems = Problems(examples=2)
    for line in (3, 5, 8):
        problems.add("invalid UTF-8", "a.txt", line)
    problems.add("damaged gzip", "b.gz")
    assert problems.to_json() == {
        "damaged gzip": {"count": 1, "first": ["b.gz"]},
        "invalid UTF-8": {"count": 3, "first": ["a.txt:3", "a.txt:5"]},
    }

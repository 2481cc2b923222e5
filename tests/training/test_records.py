import pytest

from keras_dialgan.training.records import best_record


def record(perplexity, distinct_2, pretraining=False):
    return {
        "perplexity": perplexity,
        "distinct_2": distinct_2,
        "pretraining": pretraining,
    }


PRETRAINING = [record(90, 0.9, True), record(40, 0.8, True)]


@pytest.mark.parametrize(
    ("measured", "best"),
    [
        ([(41, 0.1), (42, 0.3), (43, 0.2)], 1),
        ([(41, 0.1), (44.1, 0.3), (44, 0.2)], 2),
        ([(41, 0.2), (41, 0.2)], 0),
        ([(45, 0.2)], None),
        ([], None),
    ],
    ids=["highest", "bounded", "first of equals", "none eligible", "none"],
)
def test_the_most_varied_model_within_the_bound_is_best(measured, best):
    measured = [record(*values) for values in measured]
    found = best_record(PRETRAINING + measured, 1.1)
    assert found is (None if best is None else measured[best])


def test_without_a_measurement_of_the_pre_trained_model_none_is_best():
    assert best_record([record(41, 0.1)], 1.1) is None

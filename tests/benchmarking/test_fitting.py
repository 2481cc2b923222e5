import pytest

from keras_dialgan.benchmarking import fitting, measuring
from keras_dialgan.benchmarking.workload import Sizes
from tests.models.small_models import LENGTH, V, make_model

SIZES = Sizes(vocabulary=V, dimension=6, length=LENGTH, batch=4)


@pytest.fixture(scope="module")
def model():
    model = make_model()
    model.compile()
    return model


class Clock:
    """In place of `time`: a second passes between two looks at it."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        self.now += 1
        return self.now

    def process_time(self):
        return 2 * self.now


def test_epochs_of_fit_are_measured_against_the_steps_of_each_phase(
    model, monkeypatch
):
    clock, seconds = Clock(), {"mle": 10, "adversarial": 100}

    def bare_step(model, phase):
        def step(batch):
            clock.now += seconds.get(phase, 0)

        return step

    monkeypatch.setattr(measuring, "time", clock)
    monkeypatch.setattr(fitting, "_bare_step", bare_step)
    mle, iteration = fitting.compare(model, SIZES, rounds=2, seconds=60)
    assert (mle["epoch"], mle["steps"]) == ("mle", 6)
    assert (iteration["epoch"], iteration["steps"]) == ("global iteration", 18)
    # The bare steps' time is none of the time of fit.
    assert mle["fit"] == iteration["fit"] == 1
    assert mle["bare"] == 1 + 6 * 10
    assert iteration["bare"] == 1 + 3 * 10 + 3 * 100
    assert mle["added_share"] == pytest.approx(1 / 61 - 1)
    assert mle["cpu_added_share"] == pytest.approx(1 / 61 - 1)
    assert model.step == 3 * (6 + 18)


@pytest.mark.slow
def test_two_epochs_are_measured_though_the_time_is_over(model):
    before = model.step
    rows = fitting.compare(model, SIZES, rounds=50, seconds=0)
    # The bare steps don't count: nobody advances the schedule.
    assert model.step == before + 3 * (6 + 18)
    assert all(row["fit"] > 0 and row["bare"] > 0 for row in rows)

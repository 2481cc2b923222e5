import time

import pytest

from keras_dialgan.benchmarking import fitting
from keras_dialgan.benchmarking.workload import Sizes
from tests.models.small_models import LENGTH, V, make_model

SIZES = Sizes(vocabulary=V, dimension=6, length=LENGTH, batch=4)


@pytest.fixture(scope="module")
def model():
    model = make_model()
    model.compile()
    return model


def slowed(phase):
    """A bare step that only waits."""
    return lambda batch: time.sleep({"mle": 0.1}.get(phase, 0.0))


def test_epochs_of_fit_are_measured_against_the_steps_of_each_phase(
    model, monkeypatch
):
    monkeypatch.setattr(
        fitting, "_bare_step", lambda model, phase: slowed(phase)
    )
    mle, iteration = fitting.compare(model, SIZES, rounds=2, seconds=60)
    assert (mle["epoch"], mle["steps"]) == ("mle", 6)
    assert (iteration["epoch"], iteration["steps"]) == ("global iteration", 18)
    # Six steps of MLE, and three.
    assert mle["bare"] >= 0.6
    # Waiting takes no processor time, and none of the time of fit.
    assert mle["fit"] < 0.6
    assert mle["cpu_added_share"] > mle["added_share"]
    assert 0.3 <= iteration["bare"] < mle["bare"]
    assert model.step == 3 * (6 + 18)


@pytest.mark.slow
def test_two_epochs_are_measured_though_the_time_is_over(model):
    before = model.step
    rows = fitting.compare(model, SIZES, rounds=50, seconds=0)
    # The bare steps don't count: nobody advances the schedule.
    assert model.step == before + 3 * (6 + 18)
    assert all(row["fit"] > 0 and row["bare"] > 0 for row in rows)

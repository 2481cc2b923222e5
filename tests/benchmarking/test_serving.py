import itertools
import time

import numpy as np
import pytest

from keras_dialgan.benchmarking import (
    SECTIONS,
    Settings,
    call_times,
    serving,
    workload,
)


def test_the_first_calls_do_not_count():
    pauses = itertools.chain([0.02] * 2, itertools.repeat(0))
    times = call_times(lambda: time.sleep(next(pauses)), seconds=0.5)
    assert len(times) == 400
    assert np.median(times) < 0.01


def test_a_slow_function_is_called_as_often_as_asked_all_the_same():
    times = call_times(lambda: sum(range(10_000)), seconds=0, least=5)
    assert len(times) == 5
    assert np.all(times > 0)


@pytest.mark.slow
def test_every_signature_of_a_real_export_is_timed(monkeypatch):
    sizes = workload.Sizes(vocabulary=900, dimension=16, length=6)
    monkeypatch.setitem(workload.SIZES, "small", sizes)
    rows = SECTIONS["serving"](Settings("small", seconds=1))
    assert [row["signature"] for row in rows] == list(serving._SIGNATURES)
    for row in rows:
        assert 0 < row["p50"] <= row["p99"]
        # A batch shares the work: it is faster than its rows one by one.
        assert row[f"p50 of {serving.BATCH}"] < serving.BATCH * row["p50"]
        assert row["utterances a second"] > 0

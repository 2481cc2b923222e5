import time

import pytest

from keras_dialgan.benchmarking.measuring import (
    Times,
    interleaved,
    peak_memory,
)


def test_functions_take_turns_after_a_call_that_does_not_count():
    calls = []
    functions = {name: lambda name=name: calls.append(name) for name in "ab"}
    times = interleaved(functions, rounds=2)
    assert calls == ["a", "b"] * 3
    assert [len(t.wall) for t in times.values()] == [2, 2]


def test_waiting_takes_time_but_no_processor():
    times = interleaved({"wait": lambda: time.sleep(0.05)}, rounds=3)["wait"]
    assert times.seconds >= 0.05
    assert times.cpu_seconds < 0.04


def test_no_round_begins_after_the_time_but_two_are_made():
    times = interleaved({"f": lambda: time.sleep(0.01)}, 50, seconds=0)
    assert len(times["f"].wall) == 2


def test_one_slow_call_does_not_move_the_median():
    assert Times([1.0, 1.0, 90.0], [1.0, 2.0, 3.0]).seconds == 1.0


@pytest.mark.slow
def test_the_peak_remembers_memory_that_was_given_back():
    before = peak_memory()
    block = bytearray(before + 50_000_000)
    size = len(block)
    del block
    assert peak_memory() == pytest.approx(before + size, rel=0.5)
    assert peak_memory() >= size

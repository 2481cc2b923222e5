import os
import signal
import subprocess
import sys
import time

import pytest

from keras_dialgan.corpus.preparation.workers import ordered_map, usable_cores
from keras_dialgan.errors import UserError


def nothing():
    """Initialises no worker."""


def slow_square(number):
    time.sleep(0.01 * (number % 3))
    return number**2


def end(number):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_items(workers):
    results = ordered_map(slow_square, range(20), workers, nothing)
    assert list(results) == [number**2 for number in range(20)]


def test_items_are_taken_only_a_little_ahead():
    taken = []

    def items():
        for number in range(1_000):
            taken.append(number)
            yield number

    results = ordered_map(slow_square, items(), 2, nothing)
    next(results)
    assert len(taken) < 20
    results.close()


def test_a_worker_that_dies_is_an_error_and_not_a_hang():
    with pytest.raises(UserError, match="ended early"):
        list(ordered_map(end, range(4), 2, nothing))


def test_workers_end_when_their_parent_is_killed(tmp_path):
    code = """
import os, sys, time
from keras_dialgan.corpus.preparation.workers import ordered_map
def note(): open(f"{sys.argv[1]}/{os.getpid()}", "w")
list(ordered_map(time.sleep, [60] * 4, 2, note))
"""
    process = subprocess.Popen([sys.executable, "-c", code, tmp_path])
    deadline = time.monotonic() + 30
    while len(list(tmp_path.iterdir())) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    workers = [int(path.name) for path in tmp_path.iterdir()]
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_there_is_at_least_one_core():
    assert usable_cores() >= 1

import os
import signal

import pytest

from keras_dialgan.training.stopping import StopRequest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_becomes_a_wish_and_the_second_acts_as_before(number):
    received = []
    former = signal.signal(number, lambda *_: received.append("handled"))
    try:
        with StopRequest() as stop:
            os.kill(os.getpid(), number)
            assert stop.reason == f"received {signal.Signals(number).name}"
            assert not received
            os.kill(os.getpid(), number)
            assert received == ["handled"]
        os.kill(os.getpid(), number)
        assert received == ["handled"] * 2
    finally:
        signal.signal(number, former)


def test_the_first_reason_counts():
    stop = StopRequest()
    assert stop.reason is None
    stop.ask("a collapse")
    stop.ask("something else")
    assert stop.reason == "a collapse"

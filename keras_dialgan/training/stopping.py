"""Requests to stop that a run obeys at the end of a step."""

import signal
import threading

from tqdm import tqdm

from keras_dialgan.errors import UserError

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class TrainingStopped(UserError):  # noqa: N818
    """A run ended early, on request, with all of its work saved."""


class StopRequest:
    """Somebody's wish that the run should stop, and why.

    As a context manager it turns SIGTERM and SIGINT into such a wish. A
    second signal acts as it would have without.

    Attributes:
        reason: None as long as nobody wants the run to stop.

    Example:

    ```python
    with StopRequest() as stop:
        ...
        stop.ask("the responses have collapsed")
    ```
    """

    def __init__(self):
        self.reason: str | None = None
        self._former = {}

    def ask(self, reason: str) -> None:
        """Wishes that the run stops; the first reason counts."""
        self.reason = self.reason or reason

    def __enter__(self) -> "StopRequest":
        if threading.current_thread() is threading.main_thread():
            self._former = {
                number: signal.signal(number, self._receive)
                for number in _SIGNALS
            }
        return self

    def __exit__(self, *error) -> None:
        self._give_back()

    def _receive(self, number, frame) -> None:
        name = signal.Signals(number).name
        self.ask(f"received {name}")
        tqdm.write(f"{name}: saving at the end of this step")
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        self._former = {}

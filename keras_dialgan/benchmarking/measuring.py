"""Times of functions that take turns, so that a busy machine harms none."""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass
class Times:
    """Seconds of each call of one function.

    Attributes:
        wall: elapsed.
        cpu: user and system time of all threads together.
    """

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Begins a call."""
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        """Ends the call that began last."""
        wall, cpu = self._began
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)

    @property
    def seconds(self) -> float:
        """The median of the elapsed times."""
        return float(np.median(self.wall))

    @property
    def cpu_seconds(self) -> float:
        """The median of the processor times."""
        return float(np.median(self.cpu))


def interleaved(
    functions: dict[str, Callable],
    rounds: int,
    seconds: float = float("inf"),
    after_round: Callable[[], None] = lambda: None,
) -> dict[str, Times]:
    """Calls functions in turn and returns their times.

    A first call of each, which compiles it and fills caches, does not count.
    A slow phase of the machine meets all functions of a round, so that
    medians may be compared with each other, within one call of this only.

    Args:
        functions: by name; each returns when its result is there.
        rounds: calls of each function.
        seconds: after these no new round begins, except the first two.
        after_round: called after each round.
    """
    for function in functions.values():
        function()
    times = {name: Times() for name in functions}
    start = time.perf_counter()
    for count in range(rounds):
        if count > 1 and time.perf_counter() - start > seconds:
            break
        for name, function in functions.items():
            times[name].start()
            function()
            times[name].stop()
        after_round()
    return times


def peak_memory() -> int:
    """The most bytes of memory that this process ever held."""
    # Linux hands `ru_maxrss` down from the process that started this one.
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

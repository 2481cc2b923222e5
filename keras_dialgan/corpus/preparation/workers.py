"""Mapping over a stream with several processes."""

import collections
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from keras_dialgan.errors import UserError

_AHEAD = 4


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(initializer, arguments):
    # An interrupt is the parent's to handle.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    initializer(*arguments)


def _end_with_parent():
    """Ends this process when its parent has been killed."""
    multiprocessing.connection.wait([multiprocessing.parent_process().sentinel])
    os._exit(1)


def ordered_map(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    workers: int,
    initializer: Callable[..., None],
    arguments: tuple = (),
) -> Iterator[Any]:
    """Maps a function over a stream, keeping the order.

    Only a few items per worker are under way at a time, so memory does not
    grow with the stream.

    Args:
        function: a module's function.
        items: its arguments.
        workers: the number of processes; with 1 no process is started.
        initializer: called once in each process.
        arguments: of the initializer.

    Yields:
        The results in the order of the items.

    Raises:
        UserError: if a process dies.
    """
    if workers == 1:
        initializer(*arguments)
        yield from map(function, items)
        return
    pending = collections.deque()
    pool = ProcessPoolExecutor(
        workers, initializer=_start, initargs=(initializer, arguments)
    )
    try:
        for item in items:
            pending.append(pool.submit(function, item))
            if len(pending) > _AHEAD * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    except BrokenProcessPool:
        raise UserError(
            "a worker process ended early, perhaps for want of memory; try "
            "fewer --workers"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)

"""How often something costly may be shown."""

import contextlib
import time
from collections.abc import Iterator

_SHARE = 0.005


class Budget:
    """Bounds the time that is spent on one kind of summary.

    The first is allowed at once; each further one when, at what the last one
    took, it stays within half a per cent of the time.
    """

    def __init__(self):
        self._spent_at = time.monotonic()
        self._last_took = 0.0

    def allows(self) -> bool:
        """Tells whether another one may be shown now."""
        waited = time.monotonic() - self._spent_at
        return waited * _SHARE >= self._last_took

    @contextlib.contextmanager
    def spending(self) -> Iterator[None]:
        """Counts the time that the block takes."""
        begun = time.monotonic()
        yield
        self._spent_at = time.monotonic()
        self._last_took = self._spent_at - begun

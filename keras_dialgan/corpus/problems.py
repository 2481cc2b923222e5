"""Record of input that could not be used."""

from collections import Counter
from pathlib import Path
from typing import Any


class Problems:
    """Counts what is wrong with the input, by reason.

    Args:
        examples: how many places to remember for each reason.
    """

    def __init__(self, examples: int = 5):
        self._limit = examples
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(
        self, reason: str, path: str | Path, line: int | None = None
    ) -> None:
        """Notes one problem at a line of a file, or of the whole file."""
        self.counts[reason] += 1
        places = self.examples.setdefault(reason, [])
        if len(places) < self._limit:
            places.append(f"{path}:{line}" if line else str(path))

    def to_json(self) -> dict[str, Any]:
        """The counts and the first places of each reason."""
        return {
            reason: {"count": count, "first": self.examples[reason]}
            for reason, count in sorted(self.counts.items())
        }

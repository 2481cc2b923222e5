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
        place = f"{path}:{line}" if line else str(path)
        self._add(reason, 1, [place])

    def merge(self, other: "Problems | dict[str, Any]") -> None:
        """Adds what another process found in the input that follows.

        Args:
            other: its problems, or what their `to_json` gave.
        """
        record = other.to_json() if isinstance(other, Problems) else other
        for reason, problem in record.items():
            self._add(reason, problem["count"], problem["first"])

    def _add(self, reason: str, count: int, places: list[str]) -> None:
        self.counts[reason] += count
        known = self.examples.setdefault(reason, [])
        known.extend(places[: max(0, self._limit - len(known))])

    def to_json(self) -> dict[str, Any]:
        """The counts and the first places of each reason."""
        return {
            reason: {"count": count, "first": list(self.examples[reason])}
            for reason, count in sorted(self.counts.items())
        }

    @classmethod
    def from_json(cls, record: dict[str, Any], examples: int = 5) -> "Problems":
        """The problems that `to_json` wrote down.

        Args:
            record: what `to_json` gave.
            examples: how many places to remember for each reason.
        """
        problems = cls(examples)
        problems.merge(record)
        return problems

"""Exact counting of many different strings in bounded memory."""

import heapq
import itertools
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# Different strings held in memory: about 400 MB.
MAX_HELD = 3_000_000


class ExactCounts:
    """Counts strings; what does not fit in memory waits on disk.

    Args:
        folder: where to write; it is made when it is needed.
        max_held: different strings to hold in memory.

    Example:

    ```python
    counts = ExactCounts(folder)
    counts.add({"hi": 2, "you": 1})
    counts.most_common(1)   # [("hi", 2)]
    ```
    """

    def __init__(self, folder: Path, max_held: int = MAX_HELD):
        self._folder = folder
        self._max_held = max_held
        self._held: Counter[str] = Counter()
        self._files = []

    def add(self, counts: Mapping[str, int]) -> None:
        """Adds counts of strings without tabs and line ends."""
        self._held.update(counts)
        if len(self._held) > self._max_held:
            self._write_run()

    def _write_run(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self._files):05d}.txt"
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(
                f"{text}\t{count}\n" for text, count in self._sorted()
            )
        self._files.append(path)
        self._held.clear()

    def _sorted(self) -> Iterator[tuple[str, int]]:
        held = self._held
        return ((text, held[text]) for text in sorted(held))

    def totals(self) -> Iterator[tuple[str, int]]:
        """Each string with its count, in no particular order."""
        if not self._files:
            yield from self._held.items()
            return
        runs = [_read_run(path) for path in self._files]
        merged = heapq.merge(*runs, self._sorted())
        for text, group in itertools.groupby(merged, operator.itemgetter(0)):
            yield text, sum(count for _, count in group)

    def most_common(
        self, n: int, leave_out: Iterable[str] = ()
    ) -> list[tuple[str, int]]:
        """The most frequent strings, ties in alphabetical order.

        Args:
            n: how many.
            leave_out: strings that do not count.
        """
        leave_out = frozenset(leave_out)
        return heapq.nsmallest(
            n,
            (item for item in self.totals() if item[0] not in leave_out),
            key=lambda item: (-item[1], item[0]),
        )


def _read_run(path: Path) -> Iterator[tuple[str, int]]:
    with open(path, encoding="utf-8", newline="\n") as lines:
        for line in lines:
            text, _, count = line.rstrip("\n").rpartition("\t")
            yield text, int(count)

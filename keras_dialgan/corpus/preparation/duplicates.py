"""Which of very many dialogues are copies, in bounded memory."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

# Digests sorted at a time: 16 bytes each.
SORTED_TOGETHER = 4_000_000


class Duplicates:
    """Marks every dialogue whose digest an earlier one had.

    Args:
        folder: where to write two files of 8 bytes and 1 byte a dialogue.
        parts: for each part the digests of its dialogues, and whether they
            may be copies.
    """

    def __init__(self, folder: Path, parts: Iterable[tuple[np.ndarray, bool]]):
        self._ends = [0]
        path = folder / "digests.bin"
        exempt = []
        with open(path, "wb") as file:
            for digests, may_be_copies in parts:
                exempt.append(not may_be_copies)
                file.write(np.ascontiguousarray(digests, np.uint64).data)
                self._ends.append(self._ends[-1] + len(digests))
        total = self._ends[-1]
        self._flags = np.zeros(0, bool)
        if total:
            self._flags = np.memmap(
                folder / "duplicates.bin", bool, "w+", shape=(total,)
            )
            self._mark(np.memmap(path, np.uint64, "r"), exempt)

    def _mark(self, digests: np.ndarray, exempt: list[bool]) -> None:
        groups = np.uint64(-(-len(digests) // SORTED_TOGETHER))
        counted = np.repeat(~np.array(exempt), np.diff(self._ends))
        for group in range(int(groups)):
            members = np.flatnonzero((digests % groups == group) & counted)
            values = digests[members]
            order = np.argsort(values, kind="stable")
            again = values[order[1:]] == values[order[:-1]]
            self._flags[members[order[1:][again]]] = True

    def of_part(self, number: int) -> np.ndarray:
        """Whether each dialogue of a part is a copy, as bools."""
        start, end = self._ends[number : number + 2]
        return np.array(self._flags[start:end])

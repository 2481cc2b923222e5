"""C_D, the store of generated responses."""

import numpy as np

from keras_dialgan.text.vocabulary import PAD


class Replay:
    """Pairs (context, generated response), the newer drawn more often.

    The probability of a pair halves with every `half_life` pairs that were
    added after it. When the store is full the oldest pairs leave.

    Args:
        capacity: pairs held.
        half_life: in pairs.
        context_length: tokens of the longest context.
        response_length: tokens of the longest response.

    Raises:
        ValueError: for a number that is not positive.
    """

    def __init__(
        self,
        capacity: int,
        half_life: float,
        context_length: int,
        response_length: int,
    ):
        for name, value in locals().items():
            if name != "self" and not value > 0:
                raise ValueError(f"{name} must be positive, not {value!r}")
        self.capacity = capacity
        self.half_life = half_life
        self.added = 0
        # Untouched pages of an empty array cost no memory.
        self._contexts = np.zeros((capacity, context_length), np.int32)
        self._responses = np.zeros((capacity, response_length), np.int32)

    def __len__(self) -> int:
        return min(self.added, self.capacity)

    def add(self, contexts: np.ndarray, responses: np.ndarray) -> None:
        """Adds pairs, in the order of their age.

        Args:
            contexts: integer `[n, time]`, padded.
            responses: integer `[n, time]`, padded.

        Raises:
            ValueError: if a row is longer than the store was made for.
        """
        slots = (self.added + np.arange(len(contexts))) % self.capacity
        _write(self._contexts, slots, contexts, "context")
        _write(self._responses, slots, responses, "response")
        self.added += len(contexts)

    def draw(
        self, count: int, generator: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draws pairs independently, with replacement.

        Args:
            count: pairs to draw.
            generator: source of randomness.

        Returns:
            A tuple of contexts and responses, int32 `[count, time]`, cut to
            the longest row drawn.

        Raises:
            ValueError: if the store is empty.
        """
        if not len(self):
            raise ValueError(
                "the replay is empty: a sample phase must come before the "
                "first discriminator phase"
            )
        rows = (self.added - 1 - self._ages(count, generator)) % self.capacity
        return _trim(self._contexts[rows]), _trim(self._responses[rows])

    def mean_age(self) -> float:
        """Returns the expected age of a drawn pair, in pairs added since."""
        weights = 0.5 ** (np.arange(len(self)) / self.half_life)
        return float(np.average(np.arange(len(self)), weights=weights))

    def state(self) -> dict[str, np.ndarray]:
        """Returns the content as arrays, the oldest pair first."""
        order = np.arange(self.added - len(self), self.added) % self.capacity
        return {
            "added": np.int64(self.added),
            "contexts": self._contexts[order],
            "responses": self._responses[order],
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Brings back the content that `state` returned.

        Raises:
            ValueError: if it holds more pairs than were ever added.
        """
        before = int(state["added"]) - len(state["contexts"])
        if before < 0:
            raise ValueError(
                f"{len(state['contexts']):,} pairs, of {state['added']:,}"
            )
        self.added = before
        self.add(state["contexts"], state["responses"])

    def _ages(self, count: int, generator: np.random.Generator) -> np.ndarray:
        # The inverse of the distribution function of a truncated geometric
        # law: no weight per pair, whatever the size of the store.
        kept = 0.5 ** (len(self) / self.half_life)
        mass = generator.random(count) * (1 - kept)
        ages = np.floor(-self.half_life * np.log2(1 - mass)).astype(np.int64)
        return np.minimum(ages, len(self) - 1)


def _write(store, slots, rows, kind: str) -> None:
    width = store.shape[1]
    if rows.shape[1] > width and (rows[:, width:] != PAD).any():
        raise ValueError(
            f"a {kind} is longer than the {width} tokens of the replay"
        )
    rows = rows[:, :width]
    store[slots, : rows.shape[1]] = rows
    store[slots, rows.shape[1] :] = PAD


def _trim(rows: np.ndarray) -> np.ndarray:
    used = np.flatnonzero((rows != PAD).any(axis=0))
    return rows[:, : used[-1] + 1 if used.size else 1]

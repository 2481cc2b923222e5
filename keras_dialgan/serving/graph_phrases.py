"""Finding the phrases of a table in a graph, as spaCy's entity ruler does."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_dialgan.files import atomic_write
from keras_dialgan.serving.graph_text import Words
from keras_dialgan.text import patterns

_WORDS = re.compile(f"{patterns.WORD}|[^A-Za-z0-9 ]")


def phrase_words(phrase: str) -> list[str]:
    """The words and symbols of a folded phrase."""
    return _WORDS.findall(phrase)


def write_phrases(labels: Mapping[str, int], path: str | Path) -> int:
    """Writes phrases and their labels for a `PhraseMatcher`.

    Args:
        labels: whole numbers from 0 up by phrase; a phrase is found wherever
            its words and symbols follow each other.
        path: the file to write.

    Returns:
        The most words and symbols of a phrase.
    """
    keys = {
        tuple(phrase_words(phrase)): label for phrase, label in labels.items()
    }
    lines = [f"{' '.join(key)}\t{label}\n" for key, label in keys.items()]
    # A table cannot be empty; no text holds the empty phrase.
    with atomic_write(path) as file:
        file.writelines(sorted(lines) or ["\t0\n"])
    return max(map(len, keys), default=1)


class PhraseMatcher(tf.Module):
    """Finds phrases; of those that overlap the longest, then the leftmost.

    Args:
        path: a file made by `write_phrases`; it becomes an asset.
        longest: the most words of a phrase, as `write_phrases` says.
    """

    def __init__(self, path: str | Path, longest: int):
        super().__init__()
        self.longest = longest
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                str(path), tf.string, 0, tf.int64, 1, delimiter="\t"
            ),
            default_value=-1,
        )

    def find(self, words: Words):
        """Finds phrases.

        Args:
            words: of a batch, as the table writes them.

        Returns:
            A tuple of int64 `[found]` each, in the order of the words: the
            first word, the last word, and the label.
        """
        labels = self._labels(words)
        chosen = tf.where(_choose(labels))
        first, extra = chosen[:, 0], chosen[:, 1]
        return first, first + extra, tf.gather_nd(labels, chosen)

    def _labels(self, words: Words):
        """Labels of the phrases by first word and number of words - 1."""
        phrases = words.tokens
        labels = [self.table.lookup(phrases)]
        for extra in range(1, self.longest):
            next_words = _ahead(words.tokens, extra, "")
            phrases = tf.strings.join([phrases, next_words], separator=" ")
            # No key ends with a space, so none goes beyond the last word.
            same_row = _ahead(words.rows, extra, -1) == words.rows
            labels.append(tf.where(same_row, self.table.lookup(phrases), -1))
        return tf.stack(labels, axis=1)


def _choose(labels):
    """Marks the phrases that no better one overlaps.

    In each round the phrases win that are the best at each of their words,
    and all that overlap them are out; most texts need one round.
    """
    words = tf.shape(labels, tf.int64)[0]
    lengths = tf.range(1, labels.shape[1] + 1, dtype=tf.int64)
    leftness = words - tf.range(words)
    priorities = lengths * (words + 1) + leftness[:, tf.newaxis]
    priorities = tf.where(labels >= 0, priorities, 0)

    def choose(priorities, chosen):
        best = _reach(priorities)
        wins = (priorities > 0) & (priorities == _largest_inside(best, labels))
        taken = _reach(tf.cast(wins, tf.int64))
        overlaps = _largest_inside(taken, labels) > 0
        return tf.where(overlaps, np.int64(0), priorities), chosen | wins

    _, chosen = tf.while_loop(
        lambda priorities, chosen: tf.reduce_any(priorities > 0),
        choose,
        (priorities, tf.zeros_like(labels, tf.bool)),
    )
    return chosen


def _reach(values):
    """The largest value of the phrases that hold each word."""
    largest = values[:, 0]
    for extra in range(1, values.shape[1]):
        for behind in range(extra + 1):
            largest = tf.maximum(largest, _behind(values[:, extra], behind, 0))
    return largest


def _largest_inside(values, labels):
    """The largest value of the words of each phrase."""
    columns = [values]
    for extra in range(1, labels.shape[1]):
        columns.append(tf.maximum(columns[-1], _ahead(values, extra, 0)))
    return tf.stack(columns, axis=1)


def _ahead(values, count: int, default):
    """Value i becomes value i + count."""
    missing = tf.minimum(tf.shape(values)[0], count)
    filling = tf.fill([missing], tf.constant(default, values.dtype))
    return tf.concat([values[count:], filling], axis=0)


def _behind(values, count: int, default):
    """Value i becomes value i - count."""
    missing = tf.minimum(tf.shape(values)[0], count)
    filling = tf.fill([missing], tf.constant(default, values.dtype))
    kept = tf.shape(values)[0] - missing
    return tf.concat([filling, values[:kept]], axis=0)

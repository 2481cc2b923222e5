"""Readers of plain text: an utterance a line, or a pair a line."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from keras_dialgan.corpus.formats.raw_files import Advance, read_lines
from keras_dialgan.corpus.problems import Problems

# A corpus without dialogue boundaries is read in pieces of this many
# utterances. A piece begins with the last utterance of the one before, so
# that no pair is lost.
PIECE = 1_000


def group_dialogues(
    utterances: Iterable[str | None],
) -> Iterator[list[str]]:
    """Groups a stream of utterances into dialogues of bounded length.

    Args:
        utterances: blank text, or `None` for what cannot be used, ends a
            dialogue: its neighbours do not answer each other.
    """
    dialogue = []
    repeated = 0
    for text in utterances:
        if text is None or not text or text.isspace():
            if len(dialogue) > repeated:
                yield dialogue
            dialogue = []
            repeated = 0
            continue
        dialogue.append(text)
        if len(dialogue) == PIECE:
            yield dialogue
            dialogue = dialogue[-1:]
            repeated = 1
    if len(dialogue) > repeated:
        yield dialogue


def read_plain_lines(
    path: Path, problems: Problems, advance: Advance = None
) -> Iterator[list[str]]:
    """One utterance a line; a blank line ends a dialogue."""
    lines = read_lines(path, problems, advance)
    return group_dialogues(text for _, text in lines)


def read_pairs(
    path: Path, problems: Problems, advance: Advance = None
) -> Iterator[list[str]]:
    """A context, a tab and its response on each line."""
    for number, text in read_lines(path, problems, advance):
        if text is None or not text.strip():
            continue
        columns = text.split("\t")
        if len(columns) == 2:
            yield columns
        else:
            problems.add("not two columns", path, number)

"""Reader of the DailyDialog corpus."""

from collections.abc import Iterator
from pathlib import Path

from keras_dialgan.corpus.formats.raw_files import Advance, read_lines
from keras_dialgan.corpus.problems import Problems

END_OF_UTTERANCE = "__eou__"


def read_dailydialog(
    path: Path, problems: Problems, advance: Advance = None
) -> Iterator[list[str]]:
    """A dialogue a line, `__eou__` after each utterance.

    Columns after a tab hold labels and are left out.

    Reference:

    - Li et al., *DailyDialog: A Manually Labelled Multi-turn Dialogue
      Dataset*, IJCNLP 2017.
    """
    for number, text in read_lines(path, problems, advance):
        if text is None or not text.strip():
            continue
        parts = text.split("\t")[0].split(END_OF_UTTERANCE)
        dialogue = [part for part in parts if part.strip()]
        if END_OF_UTTERANCE in text and dialogue:
            yield dialogue
        else:
            problems.add(f"no {END_OF_UTTERANCE}", path, number)

"""Reading sources with several processes into tokenised parts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from keras_dialgan.corpus.preparation.sources import Source
from keras_dialgan.corpus.preparation.tokenised import (
    split_into_parts,
    tokenise,
)
from keras_dialgan.corpus.preparation.workers import ordered_map
from keras_dialgan.corpus.preparation.workspace import Workspace
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.files import read_json, write_json
from keras_dialgan.text import EntityTagger, get_tagger


@dataclass
class _Part:
    """A part of a large source, read by the parent process."""

    source: int
    number: int
    dialogues: list[list[str]]


@dataclass
class _Whole:
    """A source that a worker reads itself."""

    number: int
    source: Source


_tagger: EntityTagger
_workspace: Workspace


def _start(workspace: Workspace, tagger: dict[str, str]) -> None:
    global _tagger, _workspace
    _workspace = workspace
    _tagger = get_tagger(tagger)


def _work(task: _Part | _Whole) -> tuple[int, int]:
    """Returns the numbers of utterances and of bytes that are done."""
    if isinstance(task, _Part):
        return _save_part(task.source, task.number, task.dialogues), 0
    problems = Problems()
    utterances = 0
    number = 0
    for dialogues in split_into_parts(task.source.dialogues(problems)):
        utterances += _save_part(task.number, number, dialogues)
        number += 1
    _save_record(_workspace, task.number, number, utterances, problems)
    return utterances, task.source.size


def _save_part(source: int, number: int, dialogues: list[list[str]]) -> int:
    path = _workspace.part(source, number)
    if not path.exists():
        tokenise(dialogues, _tagger).save(path)
    return sum(map(len, dialogues))


def _save_record(
    workspace: Workspace,
    source: int,
    parts: int,
    utterances: int,
    problems: Problems,
) -> None:
    write_json(
        workspace.source_record(source),
        {
            "parts": parts,
            "utterances": utterances,
            "problems": problems.to_json(),
        },
    )


def read_sources(
    workspace: Workspace,
    sources: list[Source],
    tagger: dict[str, str],
    workers: int,
    progress: Callable[[str, int | None], Any],
) -> list[dict[str, Any]]:
    """Reads and tokenises what the workspace does not hold yet.

    Sources of small files are read by the worker processes. The parts of a
    large one are spread over them.

    Args:
        workspace: receives the parts.
        sources: the input.
        tagger: what `get_tagger` takes.
        workers: processes.
        progress: as of `prepare`.

    Returns:
        For each source the numbers of its parts and utterances, and its
        problems.
    """
    with progress("tokenising", None) as bar:
        reading = _Reading(workspace, sources, bar)
        results = ordered_map(
            _work, reading.tasks(), workers, _start, (workspace, tagger)
        )
        for utterances, size in results:
            reading.done(utterances, size)
        reading.save_records()
    return [
        read_json(workspace.source_record(number))
        for number in range(len(sources))
    ]


class _Reading:
    """Gives the tasks and follows their progress."""

    def __init__(self, workspace: Workspace, sources: list[Source], bar):
        self._workspace = workspace
        self._sources = sources
        self._bar = bar
        self._total = sum(source.size for source in sources)
        self._read = 0
        self._utterances = 0
        # Records of large sources wait until their last part is done.
        self._records = []

    def tasks(self) -> Iterator[_Part | _Whole]:
        for number, source in enumerate(self._sources):
            record = self._workspace.source_record(number)
            if record.exists():
                self.done(read_json(record)["utterances"], source.size)
            elif source.is_large:
                yield from self._parts(number, source)
            else:
                yield _Whole(number, source)

    def _parts(self, number: int, source: Source) -> Iterator[_Part]:
        problems = Problems()
        parts = utterances = 0
        for dialogues in split_into_parts(
            source.dialogues(problems, self._advance)
        ):
            size = sum(map(len, dialogues))
            if self._workspace.part(number, parts).exists():
                self.done(size, 0)
            else:
                yield _Part(number, parts, dialogues)
            parts += 1
            utterances += size
        self._records.append((number, parts, utterances, problems))

    def _advance(self, size: int) -> None:
        self._read += size

    def done(self, utterances: int, size: int) -> None:
        """Notes what a task has done."""
        self._read += size
        self._utterances += utterances
        if self._read:
            share = min(self._read / self._total, 1.0)
            self._bar.total = int(self._utterances / share)
        self._bar.update(utterances)

    def save_records(self) -> None:
        """Writes the records of large sources."""
        for record in self._records:
            _save_record(self._workspace, *record)

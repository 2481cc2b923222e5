"""Preparation: from raw dialogues to a prepared corpus."""

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keras_dialgan.corpus import storage
from keras_dialgan.corpus.preparation import tokenised
from keras_dialgan.corpus.preparation.counting import ExactCounts
from keras_dialgan.corpus.preparation.duplicates import Duplicates
from keras_dialgan.corpus.preparation.encoding import (
    Encoder,
    EncodingRules,
    count_training_tokens,
)
from keras_dialgan.corpus.preparation.manifest import NothingLeftError, describe
from keras_dialgan.corpus.preparation.reading import read_sources
from keras_dialgan.corpus.preparation.settings import (
    MAX_ENTITIES,
    PreparationSettings,
)
from keras_dialgan.corpus.preparation.sources import Source
from keras_dialgan.corpus.preparation.tokenised import (
    TokenisedPart,
    load_digests,
)
from keras_dialgan.corpus.preparation.workers import ordered_map
from keras_dialgan.corpus.preparation.workspace import Workspace
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.files import read_json, write_json
from keras_dialgan.text import Vocabulary, default_tagger_name, get_tagger
from keras_dialgan.text.vocabulary import ENTITY_TAGS, FIRST_TOKENS


def prepare(
    sources: Sequence[Source],
    output: str | Path,
    settings: PreparationSettings | None = None,
    problems: Problems | None = None,
    workers: int = 1,
    progress: Callable[[str, int | None], Any] | None = None,
    say: Callable[[str], object] = lambda text: None,
) -> dict[str, Any]:
    """Writes a prepared corpus.

    The input is read once, in parts that are cleaned, tagged and tokenised.
    Then copies are found and tokens counted, the vocabulary is known, and
    the parts are encoded as shards. What is done stays in a folder beside
    the output until the corpus is complete: the same call after an
    interruption goes on from there. The result does not depend on
    interruptions or on the number of workers.

    Args:
        sources: the input.
        output: the directory to write; a prepared corpus there is replaced,
            and only once the new one is complete.
        settings: how to prepare it; all defaults when None.
        problems: what was wrong with the input before it was read.
        workers: processes.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)` and an attribute `total`, such as a `tqdm`
            bar.
        say: called with what a user should know.

    Returns:
        The manifest.

    Raises:
        UserError: if nothing is left to store, `output` is something other
            than a prepared corpus, or another process is preparing it.
    """
    output = Path(output)
    settings = settings or PreparationSettings()
    storage.check_replaceable(output)
    tagger = get_tagger(settings.entity_tagger or default_tagger_name())
    workspace = Workspace(output)
    preparation = _Preparation(
        workspace,
        list(sources),
        settings,
        tagger.settings,
        workers,
        progress or _no_progress,
    )
    with workspace.locked(preparation.plan(), say):
        try:
            manifest = preparation.run(problems or Problems())
        except NothingLeftError:
            workspace.discard()
            raise
        workspace.publish()
    return manifest


@dataclass
class _Preparation:
    """The stages of one preparation."""

    workspace: Workspace
    sources: list[Source]
    settings: PreparationSettings
    tagger: dict[str, str]
    workers: int
    progress: Callable[[str, int | None], Any]

    def plan(self) -> dict[str, Any]:
        identities = json.dumps([s.identity() for s in self.sources])
        return {
            "format_version": storage.FORMAT_VERSION,
            "part_utterances": tokenised.PART_UTTERANCES,
            "settings": asdict(self.settings),
            "entity_tagger": self.tagger,
            "input": hashlib.sha256(identities.encode()).hexdigest(),
        }

    def run(self, problems: Problems) -> dict[str, Any]:
        records = read_sources(
            self.workspace,
            self.sources,
            self.tagger,
            self.workers,
            self.progress,
        )
        for record in records:
            problems.merge(record["problems"])
        parts = [
            (self.workspace.part(number, part), source.repeats_are_copies)
            for number, (source, record) in enumerate(
                zip(self.sources, records, strict=True)
            )
            for part in range(record["parts"])
        ]
        duplicates = self._find_duplicates(parts)
        paths = [path for path, _ in parts]
        utterances = sum(record["utterances"] for record in records)
        vocabulary = self._count(paths, duplicates, utterances)
        entries = self._encode(paths, duplicates, utterances)
        return self._describe(vocabulary, entries, problems)

    def _find_duplicates(self, parts) -> Duplicates:
        def digests():
            for path, may_be_copies in parts:
                may_be_copies &= self.settings.drop_duplicates
                yield load_digests(path), may_be_copies

        return Duplicates(self.workspace.path, digests())

    def _count(
        self, parts: list[Path], duplicates: Duplicates, utterances: int
    ) -> Vocabulary:
        """Counts the tokens and writes the vocabulary and entity tables."""
        path = self.workspace.corpus / storage.VOCABULARY
        if path.exists():
            return Vocabulary.load(path)
        folder = self.workspace.path
        tokens = ExactCounts(folder / "counts")
        entities = {
            tag: ExactCounts(folder / f"counts-{i}")
            for i, tag in enumerate(ENTITY_TAGS)
        }
        fraction = self.settings.validation_fraction
        with self.progress("counting", utterances) as bar:
            for number, part_path in enumerate(parts):
                part = TokenisedPart.load(part_path)
                tokens.add(
                    count_training_tokens(
                        part, duplicates.of_part(number), fraction
                    )
                )
                for tag, surfaces in part.entities.items():
                    entities[tag].add(surfaces)
                bar.update(len(part.lengths))
        write_json(
            self.workspace.corpus / storage.ENTITIES,
            {
                tag: dict(counts.most_common(MAX_ENTITIES))
                for tag, counts in entities.items()
            },
        )
        size = self.settings.vocabulary_size - len(FIRST_TOKENS)
        words = tokens.most_common(size, leave_out=FIRST_TOKENS)
        vocabulary = Vocabulary.of_words(word for word, _ in words)
        vocabulary.save(path)
        return vocabulary

    def _encode(
        self, parts: list[Path], duplicates: Duplicates, utterances: int
    ) -> list[dict]:
        """Writes the shards and returns their records."""
        shards = list(
            enumerate(_groups(range(len(parts)), self.settings.shard_parts))
        )
        record = self.workspace.shard_record
        todo = [shard for shard in shards if not record(shard[0]).exists()]
        for number, _ in set(shards) - set(todo):
            utterances -= read_json(record(number))["counts"]["utterances"]
        tasks = (
            (
                number,
                [parts[i] for i in group],
                [duplicates.of_part(i) for i in group],
            )
            for number, group in todo
        )
        with self.progress("encoding", utterances) as bar:
            encoded = ordered_map(
                _encode_shard,
                tasks,
                self.workers,
                _start_encoding,
                (self.workspace, self.settings.encoding_rules()),
            )
            for read in encoded:
                bar.update(read)
        return [read_json(record(number)) for number, _ in shards]

    def _describe(
        self, vocabulary: Vocabulary, entries: list[dict], problems: Problems
    ) -> dict[str, Any]:
        """Writes the manifest."""
        manifest = describe(
            self.settings, self.tagger, vocabulary, entries, problems
        )
        write_json(self.workspace.corpus / storage.MANIFEST, manifest)
        return manifest


def _groups(numbers: range, size: int) -> Iterator[range]:
    for start in numbers[::size]:
        yield numbers[start : start + size]


_encoding: tuple[Workspace, Encoder]


def _start_encoding(workspace: Workspace, rules: EncodingRules) -> None:
    global _encoding
    vocabulary = Vocabulary.load(workspace.corpus / storage.VOCABULARY)
    _encoding = workspace, Encoder(vocabulary, rules)


def _encode_shard(task) -> int:
    """Encodes the parts of a shard, writes it, returns the utterances read."""
    number, parts, duplicates = task
    workspace, encoder = _encoding
    encoded = [
        encoder.encode(TokenisedPart.load(path), duplicate)
        for path, duplicate in zip(parts, duplicates, strict=True)
    ]
    write = storage.file_writer(workspace.corpus)
    record = storage.write_shards(number, encoded, write)
    write_json(workspace.shard_record(number), record)
    return record["counts"]["utterances"]


class _NoBar:
    total = None

    def update(self, n: int) -> None:
        """Shows nothing."""


def _no_progress(title, total) -> Iterator[_NoBar]:
    return contextlib.nullcontext(_NoBar())

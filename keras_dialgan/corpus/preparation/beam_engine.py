"""Preparation over many machines with Apache Beam."""

import functools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pvalue import AsDict, AsSingleton, TaggedOutput

from keras_dialgan.corpus import storage
from keras_dialgan.corpus.preparation import beam_files
from keras_dialgan.corpus.preparation.encoding import (
    Encoder,
    EncodingRules,
    count_training_tokens,
)
from keras_dialgan.corpus.preparation.manifest import describe
from keras_dialgan.corpus.preparation.settings import (
    MAX_ENTITIES,
    PreparationSettings,
)
from keras_dialgan.corpus.preparation.sources import Source
from keras_dialgan.corpus.preparation.tokenised import (
    TokenisedPart,
    split_into_parts,
    tokenise,
)
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.text import Vocabulary, default_tagger_name, get_tagger
from keras_dialgan.text.vocabulary import ENTITY_TAGS, FIRST_TOKENS

# The number of a source and that of a part in it.
Key = tuple[int, int]


def prepare_on_beam(
    sources: Sequence[Source],
    output: str | Path,
    settings: PreparationSettings | None = None,
    problems: Problems | None = None,
    options: Sequence[str] = (),
) -> dict[str, Any]:
    """Writes the prepared corpus that `prepare` writes, byte for byte.

    The workers must reach the files of the sources and the output: on a
    shared file system or by URLs.

    Args:
        sources: the input.
        output: the directory to write, a path or URL; a prepared corpus
            there is replaced.
        settings: how to prepare it; all defaults when None.
        problems: what was wrong with the input before it was read.
        options: pipeline options as flags, such as
            `["--runner=FlinkRunner", "--flink_master=host:8081"]`; the
            direct runner when empty.

    Returns:
        The manifest.

    Raises:
        UserError: if nothing is left to store, or `output` is something
            other than a prepared corpus.
    """
    settings = settings or PreparationSettings()
    if not beam_files.is_url(output):
        storage.check_replaceable(Path(output))
    tagger = get_tagger(settings.entity_tagger or default_tagger_name())
    problems = problems or Problems()
    with beam_files.target(str(output)) as root:
        pipeline_options = PipelineOptions(list(options))
        with beam.Pipeline(options=pipeline_options) as pipeline:
            _build(pipeline, list(sources), settings, tagger.settings, root)
        results = _Results(root)
        for record in results.all("source"):
            problems.merge(record["problems"])
        vocabulary = Vocabulary.of_words(results.one("words"))
        manifest = describe(
            settings,
            tagger.settings,
            vocabulary,
            results.all("shard"),
            problems,
        )
        entities = results.one("entities")
        results.remove()
        beam_files.write_json(f"{root}/{storage.ENTITIES}", entities)
        beam_files.write_bytes(
            f"{root}/{storage.VOCABULARY}",
            "".join(f"{token}\n" for token in vocabulary.tokens).encode(),
        )
        beam_files.write_json(f"{root}/{storage.MANIFEST}", manifest)
    return manifest


def _build(
    pipeline: beam.Pipeline,
    sources: list[Source],
    settings: PreparationSettings,
    tagger: dict[str, str],
    root: str,
) -> None:
    """Adds all stages to the pipeline."""
    copied = {
        number
        for number, source in enumerate(sources)
        if source.repeats_are_copies and settings.drop_duplicates
    }
    read = (
        pipeline
        | "sources" >> beam.Create(list(enumerate(sources)))
        | "spread sources" >> beam.Reshuffle()
        | "read" >> beam.ParDo(_Read()).with_outputs("records", main="parts")
    )
    parts = (
        read.parts
        | "spread parts" >> beam.Reshuffle()
        | "tokenise" >> beam.ParDo(_Tokenise(tagger))
    )
    copies = (
        parts
        | "digests" >> beam.FlatMap(_digests, copied)
        | "equal digests" >> beam.GroupByKey()
        | "copies" >> beam.FlatMap(_all_but_first)
    )
    marked = (
        {"part": parts, "copies": copies}
        | "join copies" >> beam.CoGroupByKey()
        | "mark copies" >> beam.Map(_mark)
    )
    words = _words(marked, settings)
    shards = (
        marked
        | "encode"
        >> beam.Map(
            _encode,
            settings.encoding_rules(),
            settings.shard_parts,
            AsSingleton(words),
            AsDict(read.records | "parts of sources" >> beam.Map(_parts)),
        )
        | "shards" >> beam.GroupByKey()
        | "write shards" >> beam.Map(_write_shard, root)
    )
    results = {
        "source": read.records,
        "words": words | "name words" >> beam.Map(lambda words: (0, words)),
        "entities": _entities(parts),
        "shard": shards,
    }
    for name, collection in results.items():
        collection | f"result {name}" >> beam.Map(_write_result, root, name)


def _words(marked: beam.PCollection, settings: PreparationSettings):
    """The words of the vocabulary, as one list."""
    return (
        marked
        | "count" >> beam.FlatMap(_counts, settings.validation_fraction)
        | "sum" >> beam.CombinePerKey(sum)
        | "most frequent"
        >> beam.combiners.Top.Of(
            settings.vocabulary_size - len(FIRST_TOKENS),
            key=_rank,
            reverse=True,
        )
        | "words" >> beam.Map(lambda top: [word for word, _ in top])
    )


def _entities(parts: beam.PCollection):
    """The entity tables, keyed by 0."""
    return (
        parts
        | "surfaces" >> beam.FlatMap(_surfaces)
        | "sum surfaces" >> beam.CombinePerKey(sum)
        | "by tag" >> beam.Map(lambda item: (item[0][0], (item[0][1], item[1])))
        | "most frequent surfaces"
        >> beam.combiners.Top.PerKey(MAX_ENTITIES, key=_rank, reverse=True)
        | "tables" >> beam.combiners.ToDict()
        | "all tags"
        >> beam.Map(
            lambda tables: (
                0,
                {tag: dict(tables.get(tag, ())) for tag in ENTITY_TAGS},
            )
        )
    )


def _rank(item: tuple[str, int]) -> tuple[int, str]:
    text, count = item
    return -count, text


class _Read(beam.DoFn):
    """Sources to parts of raw dialogues, and a record of each source."""

    def process(self, item: tuple[int, Source]) -> Iterator[Any]:
        number, source = item
        problems = Problems()
        parts = 0
        for dialogues in split_into_parts(source.dialogues(problems)):
            yield (number, parts), dialogues
            parts += 1
        record = {"parts": parts, "problems": problems.to_json()}
        yield TaggedOutput("records", (number, record))


class _Tokenise(beam.DoFn):
    """Parts of raw dialogues to tokenised parts."""

    def __init__(self, tagger: dict[str, str]):
        self._settings = tagger

    def setup(self):
        self._tagger = get_tagger(self._settings)

    def process(self, item: tuple[Key, list]) -> Iterator[Any]:
        key, dialogues = item
        yield key, tokenise(dialogues, self._tagger)


def _parts(item: tuple[int, dict]) -> tuple[int, int]:
    number, record = item
    return number, record["parts"]


def _digests(item: tuple[Key, TokenisedPart], copied: set[int]):
    key, part = item
    if key[0] in copied:
        for place, digest in enumerate(part.digests.tolist()):
            yield digest, (key, place)


def _all_but_first(item: tuple[int, Iterable]):
    _, places = item
    return sorted(places)[1:]


def _mark(item: tuple[Key, dict]):
    key, joined = item
    (part,) = joined["part"]
    duplicate = np.zeros(len(part.dialogues), bool)
    duplicate[list(joined["copies"])] = True
    return key, part, duplicate


def _counts(item, fraction: float):
    _, part, duplicate = item
    counts = count_training_tokens(part, duplicate, fraction)
    return ((w, n) for w, n in counts.items() if w not in FIRST_TOKENS)


def _surfaces(item: tuple[Key, TokenisedPart]):
    for tag, surfaces in item[1].entities.items():
        for surface, count in surfaces.items():
            yield (tag, surface), count


@functools.lru_cache(maxsize=1)
def _encoder(words: tuple[str, ...], rules: EncodingRules) -> Encoder:
    return Encoder(Vocabulary.of_words(words), rules)


def _encode(
    item,
    rules: EncodingRules,
    shard_parts: int,
    words: list[str],
    parts_of_sources: dict[int, int],
):
    """A part's pairs, with its place in its shard, by number of shard."""
    (source, number), part, duplicate = item
    earlier = (parts_of_sources[other] for other in range(source))
    shard, place = divmod(sum(earlier) + number, shard_parts)
    encoded = _encoder(tuple(words), rules).encode(part, duplicate)
    return shard, (place, encoded)


def _write_shard(item, root: str) -> tuple[int, dict]:
    number, encoded = item
    ordered = [parts for _, parts in sorted(encoded, key=lambda one: one[0])]
    record = storage.write_shards(
        number,
        ordered,
        lambda file, content: beam_files.write_bytes(f"{root}/{file}", content),
    )
    return number, record


def _write_result(item: tuple[int, Any], root: str, name: str) -> None:
    number, value = item
    beam_files.write_json(f"{root}/.results/{name}-{number:06d}.json", value)


class _Results:
    """What the workers have to tell, once the pipeline has ended."""

    def __init__(self, root: str):
        self._folder = f"{root}/.results"

    def all(self, name: str) -> list[Any]:
        """The results of a kind, in their order."""
        files = beam_files.list_files(f"{self._folder}/{name}-*.json")
        return [beam_files.read_json(path) for path, _, _ in files]

    def one(self, name: str) -> Any:
        """The only result of a kind."""
        (result,) = self.all(name)
        return result

    def remove(self) -> None:
        """Deletes the results."""
        beam.io.filesystems.FileSystems.delete([self._folder])

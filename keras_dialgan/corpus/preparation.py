"""Preparation: from raw dialogues to a prepared corpus."""

import contextlib
import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from keras_dialgan.corpus import storage
from keras_dialgan.corpus.encoding import encode_split
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.corpus.tokenised import (
    chunks,
    start_tokenising,
    tokenise_chunk,
)
from keras_dialgan.corpus.workers import ordered_map
from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_directory, write_json
from keras_dialgan.text import (
    Vocabulary,
    default_tagger_name,
    get_tagger,
)
from keras_dialgan.text.vocabulary import ENTITY_TAGS

MAX_ENTITIES = 20_000
DROP_REASONS = (
    "duplicate_dialogue",
    "empty_context",
    "empty_response",
    "long_response",
)


@dataclass(frozen=True)
class PreparationSettings:
    """How to prepare a corpus.

    Args:
        format: what the dialogues were read from; recorded only.
        vocabulary_size: the most tokens of the vocabulary, special tokens
            and tags included.
        max_length: the most tokens of an utterance. A pair with a longer
            response is dropped; a longer context keeps its last tokens.
        entity_tagger: what `get_tagger` takes; `None` for its default.
        validation_fraction: the share of the dialogues set apart.
        drop_duplicates: whether to use a dialogue that occurs several times
            only once.
        shard_pairs: the pairs of a file.
    """

    format: str = "auto"
    vocabulary_size: int = 30_000
    max_length: int = 20
    entity_tagger: str | None = None
    validation_fraction: float = 0.01
    drop_duplicates: bool = True
    shard_pairs: int = 1_000_000


class Counts:
    """What was read, kept and dropped."""

    def __init__(self):
        self.dialogues = 0
        self.duplicates = 0
        self.utterances = 0
        self.pairs = 0
        self.tokens = 0
        self.deleted_tokens = 0
        self.kept_pairs = 0
        self.dropped = Counter(dict.fromkeys(DROP_REASONS, 0))

    def to_json(self) -> dict[str, Any]:
        return {
            "dialogues": {
                "read": self.dialogues,
                "kept": self.dialogues - self.duplicates,
                "duplicate": self.duplicates,
            },
            "utterances": {"read": self.utterances},
            "tokens": {
                "read": self.tokens,
                "outside_vocabulary": self.deleted_tokens,
            },
            "pairs": {
                "read": self.pairs,
                "kept": self.kept_pairs,
                "dropped": dict(self.dropped),
            },
        }


def split_of(dialogue: list[str], validation_fraction: float) -> str:
    """The split of a dialogue, by a hash of its text.

    The same text is in the same split whatever else the corpus holds.
    """
    share = int.from_bytes(_digest(dialogue), "big") / 2**64
    return "validation" if share < validation_fraction else "train"


def _digest(dialogue: list[str]) -> bytes:
    text = "\n".join(dialogue)
    return hashlib.blake2b(
        text.encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()


def prepare(
    dialogues: Iterable[list[str]],
    output: str | Path,
    settings: PreparationSettings = PreparationSettings(),
    problems: Problems | None = None,
    workers: int = 1,
    progress: Callable[[str, int | None], Any] | None = None,
    share_read: Callable[[], float] | None = None,
) -> dict[str, Any]:
    """Writes a prepared corpus.

    The dialogues are read once: cleaned, tagged, tokenised and counted. Then
    the vocabulary is known, and the tokens are encoded and stored. The
    result does not depend on the number of workers.

    Args:
        dialogues: lists of raw utterances.
        output: the directory to write; a prepared corpus there is replaced,
            and only once the new one is complete.
        settings: how to prepare them.
        problems: the record that the reader of `dialogues` fills.
        workers: processes for cleaning, tagging and tokenising.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)` and an attribute `total`, such as a `tqdm`
            bar.
        share_read: gives the share of the input that has been read, from
            which the progress of the first pass is reckoned.

    Returns:
        The manifest.

    Raises:
        UserError: if nothing is left to store, or `output` is something
            other than a prepared corpus.
    """
    output = Path(output)
    check_output(output)
    problems = Problems() if problems is None else problems
    progress = progress or _no_progress
    tagger = get_tagger(settings.entity_tagger or default_tagger_name())
    counts = Counts()
    with atomic_directory(output) as root:
        with progress("tokenising", None) as bar:

            def advance(utterances):
                share = share_read() if share_read else 0
                bar.total = int(counts.utterances / share) if share else None
                bar.update(utterances)

            vocabulary, entities = _tokenise(
                dialogues, root, settings, tagger, workers, counts, advance
            )
        splits = {
            name: encode_split(
                _token_file(root, name),
                storage.SplitWriter(
                    root, name, vocabulary.size, settings.shard_pairs
                ),
                vocabulary,
                settings.max_length,
                counts,
                progress,
            )
            for name in storage.SPLITS
        }
        if not splits["train"]["pairs"]:
            raise UserError(
                "no pair is left for training: of "
                f"{counts.pairs} pairs read, dropped "
                + ", ".join(f"{n} {r}" for r, n in counts.dropped.items())
                + "; check the input and its --format"
            )
        vocabulary.save(root / storage.VOCABULARY)
        write_json(root / storage.ENTITIES, entities)
        manifest = {
            "kind": storage.KIND,
            "format_version": storage.FORMAT_VERSION,
            "settings": asdict(settings),
            "entity_tagger": tagger.settings,
            "vocabulary": {
                "size": vocabulary.size,
                "digest": vocabulary.digest,
            },
            "counts": counts.to_json(),
            "problems": problems.to_json(),
            "splits": splits,
        }
        write_json(root / storage.MANIFEST, manifest)
    return manifest


def check_output(output: Path) -> None:
    """Refuses to replace anything but a prepared corpus."""
    if not output.exists():
        return
    if not output.is_dir():
        raise UserError(f"{output}: is a file, not a directory")
    if any(output.iterdir()) and not (output / storage.MANIFEST).exists():
        raise UserError(
            f"{output}: holds other files than a prepared corpus; choose "
            f"another directory"
        )


def _select(
    dialogues: Iterable[list[str]],
    settings: PreparationSettings,
    counts: Counts,
) -> Iterator[list[str]]:
    """Counts the dialogues and drops exact repetitions."""
    seen = set()
    for dialogue in dialogues:
        counts.dialogues += 1
        counts.utterances += len(dialogue)
        counts.pairs += len(dialogue) - 1
        if settings.drop_duplicates:
            digest = _digest(dialogue)
            if digest in seen:
                counts.duplicates += 1
                counts.dropped["duplicate_dialogue"] += len(dialogue) - 1
                continue
            seen.add(digest)
        yield dialogue


def _tokenise(dialogues, root, settings, tagger, workers, counts, advance):
    """The first pass. Returns the vocabulary and the entity tables."""
    token_counts = Counter()
    entities = {tag: Counter() for tag in ENTITY_TAGS}

    def with_split():
        for dialogue in _select(dialogues, settings, counts):
            split = split_of(dialogue, settings.validation_fraction)
            yield dialogue, split == "train"

    # The splits of the dialogues under way, for the lines that come back.
    splits = []

    def numbered():
        for chunk in chunks(with_split()):
            splits.append([in_train for _, in_train in chunk])
            yield chunk

    with contextlib.ExitStack() as stack:
        files = [
            stack.enter_context(
                open(_token_file(root, name), "w", encoding="ascii")
            )
            for name in storage.SPLITS
        ]
        results = ordered_map(
            tokenise_chunk,
            numbered(),
            workers,
            start_tokenising,
            (tagger.settings,),
        )
        for result in results:
            in_train = splits.pop(0)
            for line, train in zip(result.lines, in_train, strict=True):
                files[0 if train else 1].write(line + "\n")
            token_counts.update(result.counts)
            for tag, surfaces in result.entities.items():
                _add_bounded(entities[tag], surfaces)
            advance(sum(line.count("\t") + 1 for line in result.lines))
    vocabulary = Vocabulary.from_counts(token_counts, settings.vocabulary_size)
    return vocabulary, {
        tag: dict(_most_common(surfaces, MAX_ENTITIES))
        for tag, surfaces in entities.items()
    }


def _most_common(counter: Counter, n: int) -> list[tuple[str, int]]:
    ordered = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    return ordered[:n]


def _add_bounded(counter: Counter, more: Counter) -> None:
    """Adds counts, forgetting the rarest of far too many."""
    counter.update(more)
    if len(counter) > 10 * MAX_ENTITIES:
        kept = _most_common(counter, 5 * MAX_ENTITIES)
        counter.clear()
        counter.update(dict(kept))


def _token_file(root: Path, name: str) -> Path:
    return root / f"{name}.tokens"


class _NoBar:
    total = None

    def update(self, n: int) -> None:
        """Shows nothing."""


def _no_progress(title, total):
    return contextlib.nullcontext(_NoBar())

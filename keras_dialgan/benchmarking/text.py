"""How fast corpora are read, tagged, prepared and batched."""

import contextlib
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.training import Example

from keras_dialgan.benchmarking.sections import Settings, section
from keras_dialgan.corpus import (
    PreparationSettings,
    PreparedCorpus,
    Problems,
    SmallTalkSource,
    file_sources,
    prepare,
)
from keras_dialgan.corpus.formats.readers import detect_format, read_file
from keras_dialgan.corpus.preparation.counting import ExactCounts
from keras_dialgan.corpus.preparation.encoding import (
    Encoder,
    count_training_tokens,
)
from keras_dialgan.corpus.preparation.tokenised import (
    split_into_parts,
    tokenise,
)
from keras_dialgan.text import Vocabulary, get_tagger, normalise, tokenize
from keras_dialgan.text.normalisation import fold
from keras_dialgan.text.rules import build_pipeline
from keras_dialgan.text.vocabulary import FIRST_TOKENS, PAD

# Of en_core_web_sm 3: its own embedding and encoder under the recogniser.
_LABELS = (
    "CARDINAL DATE EVENT FAC GPE LANGUAGE LAW LOC MONEY NORP ORDINAL ORG "
    "PERCENT PERSON PRODUCT QUANTITY TIME WORK_OF_ART"
).split()
_NER = {
    "model": {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": 96,
                "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE"],
                "rows": [5000, 1000, 2500, 2500],
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 96,
                "depth": 4,
                "window_size": 1,
                "maxout_pieces": 3,
            },
        },
    }
}
# Prints the most kilobytes that a preparation held.
_PREPARATION = """
import re, sys, tempfile
from keras_dialgan.corpus import (PreparationSettings, SmallTalkSource, prepare)
with tempfile.TemporaryDirectory() as folder:
    settings = PreparationSettings(entity_tagger="none")
    prepare([SmallTalkSource(int(sys.argv[1]))], folder + "/corpus", settings)
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])
"""
_BATCH_SIZE = 256
_REPEATS = 3


Row = dict[str, Any]


def _row(what: str, value: float, unit: str, goal: float | str = "") -> Row:
    return {"what": what, "value": value, "unit": unit, "goal": goal}


def statistical_pipeline() -> spacy.Language:
    """A recogniser of the size of that of en_core_web_sm, untrained."""
    nlp = spacy.blank("en")
    recogniser = nlp.add_pipe("ner", config=_NER)
    for label in _LABELS:
        recogniser.add_label(label)
    example = Example.from_dict(nlp.make_doc("hello there"), {"entities": []})
    nlp.initialize(lambda: [example])
    return nlp


@section
def text(settings: Settings) -> list[Row]:
    """Preparation on one core, in processor time, against bare spaCy"""
    with _raw_text(settings) as path:
        return list(measure_text(path))


@section
def batches(settings: Settings) -> list[Row]:
    """The tf.data pipeline on one core, in processor time"""
    with _raw_text(settings) as path, tempfile.TemporaryDirectory() as folder:
        sources = file_sources([(path, detect_format(path))])
        output = Path(folder) / "corpus"
        prepare(sources, output, PreparationSettings(entity_tagger="none"))
        return list(measure_batches(PreparedCorpus(output)))


@section
def preparation_memory(settings: Settings) -> list[Row]:
    """Peak memory of preparation, by the size of the corpus"""
    return list(measure_memory())


@contextlib.contextmanager
def _raw_text(settings: Settings) -> Iterator[Path]:
    """The file of dialogues to measure with."""
    if settings.text:
        yield settings.text
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small-talk.txt"
        pairs = SmallTalkSource(100_000).dialogues(Problems())
        path.write_text("\n\n".join("\n".join(pair) for pair in pairs))
        yield path


def measure_text(path: Path, lines: int = 200_000) -> Iterator[Row]:
    """Measures every step from a raw file to encoded pairs, on one core.

    Rates are of processor time, so that other work on the machine counts
    little, and what is compared is measured in turns.

    Args:
        path: a dialogue corpus in any of the known formats.
        lines: how many utterances to use; fewer for the statistical tagger.
    """
    format = detect_format(path)

    def read():
        return _take(read_file(path, format, Problems()), lines)

    dialogues = read()
    texts = list(itertools.chain.from_iterable(dialogues))
    tagger = get_tagger("none")
    parts = [tokenise(part, tagger) for part in split_into_parts(dialogues)]
    copies = [np.zeros(len(part.dialogues), bool) for part in parts]

    def count():
        with tempfile.TemporaryDirectory() as folder:
            counts = ExactCounts(Path(folder))
            for part, duplicate in zip(parts, copies, strict=True):
                counts.add(count_training_tokens(part, duplicate, 0.01))
            return counts.most_common(30_000, leave_out=FIRST_TOKENS)

    vocabulary = Vocabulary.of_words(word for word, _ in count())
    rules = PreparationSettings().encoding_rules()
    encoder = Encoder(vocabulary, rules)
    steps = {
        "reading": read,
        "cleaning": lambda: [fold(normalise(text)) for text in texts],
        "tokenising": lambda: [tokenize(text) for text in texts],
        "vocabulary": count,
        "encoding": lambda: list(map(encoder.encode, parts, copies)),
    }
    for name, seconds in _seconds(steps).items():
        yield _row(name, len(texts) / seconds, "lines/s")
    yield _row(
        "preparation without tagging, all of it",
        len(texts) / _prepare_seconds(dialogues, "none"),
        "lines/s",
        goal=100_000,
    )
    yield from _measure_tagger("rules", dialogues)
    with tempfile.TemporaryDirectory() as folder:
        statistical_pipeline().to_disk(folder)
        yield from _measure_tagger(folder, _take(dialogues, lines // 40))


def _measure_tagger(name: str, dialogues: list[list[str]]) -> Iterator[Row]:
    """Compares preparation with spaCy's own pipe on the same texts."""
    texts = list(itertools.chain.from_iterable(dialogues))
    if name == "rules":
        title, nlp = "rules", build_pipeline()
    else:
        title, nlp = "statistical", spacy.load(name)
    tagger = get_tagger(name)
    normalised = [fold(normalise(text)) for text in texts]
    seconds = _seconds(
        {
            "bare": lambda: list(nlp.pipe(normalised, batch_size=1_000)),
            "tagging": lambda: list(tagger.tag(texts)),
        }
    )
    bare, tagging = seconds["bare"], seconds["tagging"]
    prepared = _prepare_seconds(dialogues, name)
    count = len(texts)
    yield _row(f"bare nlp.pipe, {title}", count / bare, "lines/s")
    yield _row(f"tagging, {title}", count / tagging, "lines/s")
    yield _row(f"preparation, {title}", count / prepared, "lines/s")
    yield _row(
        f"preparation / bare nlp.pipe, {title}", bare / prepared, "", goal=0.9
    )


def measure_batches(
    corpus: PreparedCorpus, batches: int = 500
) -> Iterator[Row]:
    """Measures the `tf.data` pipeline.

    Args:
        corpus: a prepared corpus.
        batches: how many to read.
    """
    # Imported here: the other measurements do without TensorFlow.
    from keras_dialgan.corpus.pipeline import batches as make_batches

    stream = iter(make_batches(corpus.split("train"), _BATCH_SIZE, seed=0))
    next(stream)
    positions = padding = 0
    start = time.process_time()
    elements = [next(stream) for _ in range(batches)]
    seconds = time.process_time() - start
    for element in elements:
        for array in element.values():
            positions += array.numpy().size
            padding += int((array.numpy() == PAD).sum())
    yield _row(
        f"batches of {_BATCH_SIZE}",
        batches * _BATCH_SIZE / seconds,
        "pairs/s",
        goal=200_000,
    )
    yield _row("padding in them", 100 * padding / positions, "%")


def measure_memory(
    sizes: Sequence[int] = (60_000, 600_000, 6_000_000),
) -> Iterator[Row]:
    """Measures the most memory that preparing corpora of any size takes.

    Each runs in a process of its own, on pairs of small talk and without
    tagging.

    Args:
        sizes: numbers of pairs.
    """
    for size in sizes:
        command = [sys.executable, "-c", _PREPARATION, str(size)]
        result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        peak = int(result.stdout.split()[-1]) / 1024
        yield _row(f"peak memory, {size:,} pairs", peak, "MiB")


def _take(dialogues: Iterable[list[str]], lines: int) -> list[list[str]]:
    """The first dialogues that together have so many lines."""
    taken = []
    for dialogue in dialogues:
        taken.append(dialogue)
        lines -= len(dialogue)
        if lines <= 0:
            break
    return taken


def _prepare_seconds(dialogues: list[list[str]], tagger: str) -> float:
    """Processor time of a whole preparation from a file of lines."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.txt"
        path.write_text("\n\n".join("\n".join(d) for d in dialogues))
        settings = PreparationSettings(entity_tagger=tagger)
        sources = file_sources([(path, "lines")])
        output = Path(folder) / "corpus"
        # The tagger's own start is no matter of throughput.
        loading = _seconds({"": lambda: get_tagger(tagger)})[""]
        whole = _seconds({"": lambda: prepare(sources, output, settings)})[""]
    # It is made for its settings and once more for the worker.
    return whole - 2 * loading


def _seconds(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Median processor times of actions that are run in turns."""
    times = {name: [] for name in actions}
    for _ in range(_REPEATS):
        for name, action in actions.items():
            start = time.process_time()
            action()
            times[name].append(time.process_time() - start)
    return {name: statistics.median(t) for name, t in times.items()}

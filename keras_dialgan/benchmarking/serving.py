"""How fast an exported model answers."""

import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from keras_dialgan.benchmarking.sections import Settings, section
from keras_dialgan.benchmarking.workload import (
    Sizes,
    make_model,
    sized_config,
)
from keras_dialgan.corpus import (
    PreparationSettings,
    PreparedCorpus,
    SmallTalkSource,
    prepare,
)
from keras_dialgan.models import build_discriminator
from keras_dialgan.serving.exported import ExportedChatbot
from keras_dialgan.serving.saved_model import export_saved_model
from keras_dialgan.text import Vocabulary, detokenize
from keras_dialgan.text.vocabulary import FIRST_TOKENS
from keras_dialgan.training import ModelDirectory

BATCH = 64
_CALLS = 400
_WARMING_CALLS = 2
# Inputs of a request beside the utterances, of one row.
_SIGNATURES = {
    "serving_default": {},
    "sample": {"temperature": 0.8, "top_k": 50, "top_p": 0.9, "seed": 1},
    "beam": {},
}


@section
def serving(settings: Settings) -> list[dict]:
    """The exported model, text to text, responses of the full length, in ms"""
    with tempfile.TemporaryDirectory() as folder:
        corpus = _corpus(Path(folder) / "corpus", settings.sizes)
        exported = ExportedChatbot(_export(Path(folder), corpus, settings))
        utterances = _utterances(corpus)
        seconds = settings.seconds / (2 * len(_SIGNATURES))
        return [
            _row(exported, signature, inputs, utterances, seconds)
            for signature, inputs in _SIGNATURES.items()
        ]


def call_times(
    function: Callable, seconds: float, least: int = 20
) -> np.ndarray:
    """Times calls that follow each other, the first ones left out.

    Args:
        function: what to call.
        seconds: after these no further call begins, except the least.
        least: calls that are made in any case.

    Returns:
        Seconds of each call, at most 400.
    """
    for _ in range(_WARMING_CALLS):
        function()
    times = []
    start = time.perf_counter()
    while len(times) < _CALLS:
        before = time.perf_counter()
        if len(times) >= least and before - start > seconds:
            break
        function()
        times.append(time.perf_counter() - before)
    return np.array(times)


def _row(exported, signature, inputs, utterances, seconds) -> dict:
    def answer(count):
        rows = {name: [value] * count for name, value in inputs.items()}
        batch = list(itertools.islice(utterances, count))
        exported.reply(batch, signature, **rows)

    single = call_times(lambda: answer(1), seconds)
    batch = call_times(lambda: answer(BATCH), seconds, least=3)
    return {
        "signature": signature,
        "calls": len(single),
        "p50": 1e3 * float(np.quantile(single, 0.5)),
        "p99": 1e3 * float(np.quantile(single, 0.99)),
        f"p50 of {BATCH}": 1e3 * float(np.quantile(batch, 0.5)),
        "utterances a second": BATCH / float(np.median(batch)),
    }


def _corpus(path: Path, sizes: Sizes) -> PreparedCorpus:
    """Small talk whose vocabulary is filled up to the preset's."""
    prepare(
        [SmallTalkSource(2_000)],
        path,
        PreparationSettings(
            format="small-talk",
            entity_tagger="rules",
            max_length=sizes.length,
        ),
    )
    corpus = PreparedCorpus(path)
    words = corpus.vocabulary.tokens[len(FIRST_TOKENS) :]
    more = (f"word{number}" for number in range(sizes.vocabulary))
    filled = list(itertools.chain(words, more))
    filled = filled[: sizes.vocabulary - len(FIRST_TOKENS)]
    corpus.vocabulary = Vocabulary.of_words(filled)
    return corpus


def _export(folder: Path, corpus: PreparedCorpus, settings: Settings) -> Path:
    config = sized_config(settings.preset, settings.sizes)
    generator = make_model(config).generator
    directory = ModelDirectory.create(folder / "model", config, corpus)
    discriminator = build_discriminator(config.discriminator)
    directory.save_stage("final", generator, discriminator)
    return export_saved_model(directory.path, folder / "exported")


def _utterances(corpus: PreparedCorpus) -> Iterator[str]:
    """Endless utterances of people, short and long ones."""
    pairs = corpus.split("train")
    # The shard's ids are those of the vocabulary as it was prepared.
    known = PreparedCorpus(corpus.directory).vocabulary
    contexts, _ = pairs.gather(np.arange(500))
    return itertools.cycle([detokenize(known.decode(row)) for row in contexts])

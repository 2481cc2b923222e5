"""All measurements of a model's stages in one report."""

from collections.abc import Callable, Sequence
from typing import Any

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.adversarial import discriminator_accuracy
from keras_dialgan.evaluation.likelihood import perplexity
from keras_dialgan.evaluation.oracle import oracle_shares
from keras_dialgan.evaluation.responses import (
    HeldOutPairs,
    held_out_pairs,
    respond,
)
from keras_dialgan.models import Responder
from keras_dialgan.text import detokenize
from keras_dialgan.text.diversity import diversity
from keras_dialgan.training import STAGES, ModelDirectory

SAMPLES = 10


def evaluate(
    directory: ModelDirectory,
    corpus: PreparedCorpus,
    utterances: Sequence[str],
    baseline: ModelDirectory | None = None,
    limit: int = 1_000,
    progress: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Measures every stage of a model on held-out pairs.

    Responses are decoded greedily. Diversity is over tokens, without the
    end-of-sequence token, of the responses to the same inputs for all rows.

    Args:
        directory: the model.
        corpus: a corpus with the model's vocabulary.
        utterances: answered by every stage, as Table 1 of the paper does.
        baseline: a second model, measured at its last stage beside.
        limit: held-out pairs to use.
        progress: called with a line before each part of the work.

    Returns:
        A dictionary of `inputs` (their number), `metrics` (row name to
        metrics; `human` is a row), `table_1` (utterance to row name to
        response) and `samples` (the first held-out inputs likewise).

    Raises:
        UserError: if the vocabularies differ or no stage has been saved.
    """
    pairs = held_out_pairs(corpus, limit)
    if not pairs.contexts:
        raise UserError(
            f"{corpus.directory}: has no validation pairs; prepare it with a "
            "larger --validation-fraction"
        )
    small_talk = corpus.manifest["settings"]["format"] == "small-talk"
    report = _Report(pairs, utterances, small_talk)
    report.add_human()
    for name, model, stage in _rows(directory, baseline):
        if model.vocabulary.digest != corpus.vocabulary.digest:
            raise UserError(
                f"{model.path}: was trained with another vocabulary than "
                f"that of {corpus.directory}"
            )
        progress(f"stage {name}")
        report.add_stage(name, model, stage)
    return {
        "inputs": len(pairs.contexts),
        "metrics": report.metrics,
        "table_1": report.table_1,
        "samples": report.samples,
    }


def _rows(directory: ModelDirectory, baseline: ModelDirectory | None):
    if not directory.stages:
        raise UserError(
            f"{directory.path}: no stage has been saved yet; wait for the end "
            "of the pre-training"
        )
    if baseline is not None:
        yield "baseline", baseline, None
    for stage in directory.stages:
        yield f"{STAGES[stage]} {stage}", directory, stage


class _Report:
    """Collects rows."""

    def __init__(
        self, pairs: HeldOutPairs, utterances: Sequence[str], small_talk: bool
    ):
        self._pairs = pairs
        self._small_talk = small_talk
        self._contexts = pairs.words(pairs.contexts)
        self.metrics: dict[str, dict[str, float]] = {}
        self.table_1 = {utterance: {} for utterance in utterances}
        self.samples = [
            {"utterance": detokenize(context)}
            for context in self._contexts[:SAMPLES]
        ]

    def add_human(self) -> None:
        responses = self._pairs.words(self._pairs.responses)
        self.metrics["human"] = self._measure_words(responses)
        self._add_samples("human", responses)

    def add_stage(
        self, name: str, directory: ModelDirectory, stage: str | None
    ) -> None:
        generator, discriminator = directory.load_stage(stage)
        responses = respond(generator, self._pairs)
        words = self._pairs.words(responses)
        self.metrics[name] = {
            "perplexity": perplexity(generator, self._pairs),
            **self._measure_words(words),
            **discriminator_accuracy(
                generator, discriminator, self._pairs, responses
            ),
        }
        self._add_samples(name, words)
        encoded = directory.text_pipeline().encode(list(self.table_1))
        answers = self._pairs.words(Responder(generator)(encoded))
        for row, answer in zip(self.table_1.values(), answers, strict=True):
            row[name] = detokenize(answer)

    def _measure_words(self, responses: list[list[str]]) -> dict[str, float]:
        metrics = diversity(responses)
        if self._small_talk:
            metrics |= oracle_shares(self._contexts, responses)
        return metrics

    def _add_samples(self, name: str, responses: list[list[str]]) -> None:
        for sample, response in zip(
            self.samples, responses[:SAMPLES], strict=True
        ):
            sample[name] = detokenize(response)

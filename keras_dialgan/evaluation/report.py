"""All measurements of a model's stages in one report."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.adversarial import (
    accuracy_statistics,
    confidence_function,
)
from keras_dialgan.evaluation.fresh_evaluator import (
    EvaluatorRecipe,
    Examples,
    adversarial_success,
    reliability,
    train_evaluator,
)
from keras_dialgan.evaluation.held_out import (
    HeldOutPairs,
    check_vocabulary,
    evaluated_pairs,
    judges_pairs,
    respond,
)
from keras_dialgan.evaluation.likelihood import perplexity_statistics
from keras_dialgan.evaluation.matcher import Matcher
from keras_dialgan.evaluation.measures import Measures
from keras_dialgan.evaluation.resampling import HalfSamples
from keras_dialgan.evaluation.table_1 import answer
from keras_dialgan.models import Generator
from keras_dialgan.text import detokenize
from keras_dialgan.text.diversity import Statistic
from keras_dialgan.training import STAGES, ModelDirectory

SAMPLES = 10


def evaluate(
    directory: ModelDirectory,
    corpus: PreparedCorpus,
    utterances: Sequence[str],
    baseline: ModelDirectory | None = None,
    limit: int = 1_000,
    matcher: Matcher | None = None,
    evaluator: EvaluatorRecipe | None = None,
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
        matcher: judges the relevance, from `get_matcher`; none when None.
        evaluator: how to train a fresh evaluator for each row; none is
            trained when None.
        progress: called with a line before each part of the work.

    Returns:
        A dictionary of `inputs` (their number), `metrics` (row name to
        metrics; `human` is a row), `intervals` (likewise, 95 % intervals),
        `reliability` of the evaluator, `table_1` (utterance to row name to
        response) and `samples` (the first held-out inputs likewise).

    Raises:
        UserError: if the vocabularies differ or no stage has been saved.
    """
    pairs = evaluated_pairs(corpus, limit)
    report = _Report(
        corpus, pairs, Measures(corpus, pairs, matcher), utterances, evaluator
    )
    report.add_human(progress)
    for name, model, stage in _rows(directory, baseline):
        check_vocabulary(model, corpus)
        progress(f"stage {name}")
        report.add_stage(name, model, stage)
    return {"inputs": len(pairs.contexts), **report.content}


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
        self,
        corpus: PreparedCorpus,
        pairs: HeldOutPairs,
        measures: Measures,
        utterances: Sequence[str],
        evaluator: EvaluatorRecipe | None,
    ):
        self._corpus = corpus
        self._pairs = pairs
        self._measures = measures
        self._evaluator = evaluator
        self._samples = HalfSamples(len(pairs.contexts))
        if evaluator is not None:
            self._training = judges_pairs(corpus, pairs, evaluator.pairs)
        contexts = pairs.words(pairs.contexts[:SAMPLES])
        self.content: dict[str, Any] = {
            "metrics": {},
            "intervals": {},
            "table_1": {utterance: {} for utterance in utterances},
            "samples": [
                {"utterance": detokenize(context)} for context in contexts
            ],
        }

    def add_human(self, progress: Callable[[str], None]) -> None:
        self._add_metrics("human", self._measures.human())
        self._add_samples("human", self._pairs.responses)
        if self._evaluator is not None:
            progress("the fresh evaluator's reliability")
            self.content["reliability"] = reliability(
                self._training,
                self._pairs,
                self._corpus.vocabulary.size,
                self._evaluator,
            )

    def add_stage(
        self, name: str, directory: ModelDirectory, stage: str | None
    ) -> None:
        generator, discriminator = directory.load_stage(stage)
        responses = respond(generator, self._pairs.contexts)
        own = confidence_function(generator.word_embedding, discriminator)
        statistics = {
            **perplexity_statistics(generator, self._pairs),
            **self._measures.generated(responses),
            **accuracy_statistics(own, self._pairs, responses),
        }
        if self._evaluator is not None:
            statistics |= self._success(generator, responses)
        self._add_metrics(name, statistics)
        self._add_samples(name, responses)
        table = self.content["table_1"]
        answers = answer(directory, generator, list(table))
        for row, text in zip(table.values(), answers, strict=True):
            row[name] = text

    def _success(
        self, generator: Generator, responses: list[list[int]]
    ) -> dict[str, Statistic]:
        half = len(self._training.contexts) // 2
        contexts = self._training.contexts[: 2 * half]
        examples = Examples.of(
            contexts,
            self._training.responses[:half],
            respond(generator, contexts[half:]),
        )
        evaluator = train_evaluator(
            examples, self._corpus.vocabulary.size, self._evaluator
        )
        return adversarial_success(evaluator, self._pairs, responses)

    def _add_metrics(
        self, name: str, statistics: Mapping[str, Statistic]
    ) -> None:
        self.content["metrics"][name] = {
            metric: statistic(None) for metric, statistic in statistics.items()
        }
        self.content["intervals"][name] = self._samples.intervals(statistics)

    def _add_samples(self, name: str, responses: list[list[int]]) -> None:
        words = self._pairs.words(responses[:SAMPLES])
        for sample, response in zip(
            self.content["samples"], words, strict=True
        ):
            sample[name] = detokenize(response)

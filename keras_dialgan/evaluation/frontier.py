"""Quality against diversity: a model beside the decodings of a baseline.

Likelihood training with another sampling temperature often beats adversarial
training in quality and diversity at once. A model is ahead only where it lies
above everything that the baseline reaches by decoding.

Reference:
- [Caccia et al., 2020](https://arxiv.org/abs/1811.02549), Language GANs
  Falling Short.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.held_out import (
    HeldOutPairs,
    check_vocabulary,
    evaluated_pairs,
    respond,
)
from keras_dialgan.evaluation.matcher import Matcher
from keras_dialgan.evaluation.measures import Measures
from keras_dialgan.evaluation.relevance import CANDIDATES
from keras_dialgan.evaluation.resampling import HalfSamples
from keras_dialgan.models import Generator
from keras_dialgan.training import ModelDirectory

DIVERSITY, QUALITY = "distinct_2", "relevance"
ALSO_REPORTED = (
    "ctx_at_10",
    "rsp_at_10",
    "ent_4",
    "distinct_responses",
    "top_10_share",
    "mean_length",
)
TEMPERATURES = tuple(
    f"temperature={value}" for value in (0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
)
BASELINE_STRATEGIES = (
    "greedy",
    *TEMPERATURES,
    "top_k=2",
    "top_k=5",
    "top_k=20",
    "nucleus=0.2",
    "nucleus=0.3",
    "nucleus=0.5",
    "nucleus=0.7",
    "nucleus=0.9",
    "beam=4",
    "beam=10",
)
MODEL_STRATEGIES = ("greedy", *TEMPERATURES)
_ERRORS = 2
_LEVEL_STEP = 0.05


@dataclass(frozen=True)
class Point:
    """A decoding of a model on the plane of diversity and quality.

    Attributes:
        strategy: how was decoded.
        diversity: distinct-2.
        quality: relevance.
        diversity_replicates: over the halves of `HalfSamples`.
        quality_replicates: likewise, of the same halves.
        metrics: further metrics.
    """

    strategy: str
    diversity: float
    quality: float
    diversity_replicates: np.ndarray
    quality_replicates: np.ndarray
    metrics: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Returns what a report says of the point."""
        return {
            "strategy": self.strategy,
            DIVERSITY: self.diversity,
            QUALITY: self.quality,
            "standard_errors": {
                DIVERSITY: float(np.std(self.diversity_replicates, ddof=1)),
                QUALITY: float(np.std(self.quality_replicates, ddof=1)),
            },
            **self.metrics,
        }


class Frontier:
    """The best quality that a model reaches at each diversity or beyond.

    Straight lines join the points that no other one of them beats in both.
    Which points these are is decided once, on the whole sample; that the
    luckiest of several decodings stand on it favours the model whose
    frontier it is.

    Args:
        points: decodings of one model.
    """

    def __init__(self, points: Sequence[Point]):
        self.points = sorted(
            (
                point
                for point in points
                if not any(_beats(other, point) for other in points)
            ),
            key=lambda point: point.diversity,
        )

    @property
    def widest(self) -> float:
        """The highest diversity that is reached."""
        return self.points[-1].diversity

    def quality(self, diversity: float) -> float:
        """Returns the best quality at a diversity up to `widest`."""
        return float(
            np.interp(
                diversity,
                [point.diversity for point in self.points],
                [point.quality for point in self.points],
            )
        )

    def quality_replicates(self, diversities: np.ndarray) -> np.ndarray:
        """Returns the same for each replicate, each at its own diversity."""
        x = np.array([point.diversity_replicates for point in self.points])
        y = np.array([point.quality_replicates for point in self.points])
        order = np.argsort(x, axis=0)
        x, y = (np.take_along_axis(part, order, axis=0) for part in (x, y))
        return np.array(
            [
                np.interp(diversity, x[:, i], y[:, i])
                for i, diversity in enumerate(diversities)
            ]
        )


def sweep(
    generator: Generator,
    pairs: HeldOutPairs,
    measures: Measures,
    strategies: Sequence[str],
    progress: Callable[[str], None] = lambda message: None,
) -> list[Point]:
    """Decodes with every strategy and measures the responses.

    Args:
        generator: the model.
        pairs: held-out pairs.
        measures: of these pairs, with a matcher.
        strategies: as `parse_strategy` takes them.
        progress: called with each strategy.
    """
    samples = HalfSamples(len(pairs.contexts))
    points = []
    for number, strategy in enumerate(strategies):
        progress(strategy)
        responses = respond(generator, pairs.contexts, strategy, seed=number)
        found = measures.frontier(responses)
        points.append(
            Point(
                strategy,
                found[DIVERSITY](None),
                found[QUALITY](None),
                samples.replicates(found[DIVERSITY]),
                samples.replicates(found[QUALITY]),
                {name: found[name](None) for name in ALSO_REPORTED},
            )
        )
    return points


def model_frontier(
    directory: ModelDirectory,
    corpus: PreparedCorpus,
    matcher: Matcher,
    baseline: ModelDirectory | None = None,
    stage: str | None = None,
    limit: int = 1_000,
    progress: Callable[[str], None] = lambda message: None,
) -> dict[str, Any]:
    """Sweeps the decodings of a model and of its baseline, and compares them.

    Args:
        directory: the model.
        corpus: a corpus with its vocabulary.
        matcher: judges the relevance.
        baseline: whose stage `mle` draws the frontier; the model itself when
            None.
        stage: of the model; its last one when None.
        limit: held-out pairs to use, at least ten.
        progress: called with a line before each decoding.

    Returns:
        See `compare`.

    Raises:
        UserError: if there are too few pairs, the vocabularies differ or a
            stage is missing.
    """
    baseline = baseline or directory
    for model in (directory, baseline):
        check_vocabulary(model, corpus)
    pairs = evaluated_pairs(corpus, limit)
    if len(pairs.contexts) < CANDIDATES:
        raise UserError(
            f"{len(pairs.contexts)} held-out pairs: relevance needs at least "
            f"{CANDIDATES}"
        )
    measures = Measures(corpus, pairs, matcher)
    swept = []
    for name, model, compared, strategies in (
        ("baseline", baseline, "mle", BASELINE_STRATEGIES),
        ("model", directory, stage, MODEL_STRATEGIES),
    ):
        generator, _ = model.load_stage(compared)
        swept.append(
            sweep(
                generator,
                pairs,
                measures,
                strategies,
                lambda strategy, name=name: progress(f"{name}, {strategy}"),
            )
        )
    return compare(*swept)


def compare(baseline: list[Point], model: list[Point]) -> dict[str, Any]:
    """Places a model's decodings against a baseline's frontier.

    Args:
        baseline: its decodings.
        model: its decodings, on the same inputs.

    Returns:
        `baseline` and `model` (their points; a model's with `margin` above
        the frontier, its `margin_error` and its `verdict`), `frontier` (the
        strategies on it), `levels` (the same comparison of the two frontiers
        at fixed diversities) and the overall `verdict`: `ahead of` or
        `behind` where the model is so at some level and the other at none,
        `on` where it is neither anywhere, else `ahead of and behind parts
        of`.
    """
    frontier, own = Frontier(baseline), Frontier(model)
    points = [
        point.to_dict()
        | _verdict(
            frontier,
            point.diversity,
            point.quality,
            point.diversity_replicates,
            point.quality_replicates,
        )
        for point in model
    ]
    levels = []
    for diversity in np.arange(_LEVEL_STEP, own.widest, _LEVEL_STEP):
        fixed = np.full(len(model[0].quality_replicates), diversity)
        levels.append(
            {DIVERSITY: round(float(diversity), 4)}
            | _verdict(
                frontier,
                diversity,
                own.quality(diversity),
                fixed,
                own.quality_replicates(fixed),
            )
        )
    verdicts = {entry["verdict"] for entry in levels or points}
    ahead, behind = "ahead of" in verdicts, "behind" in verdicts
    return {
        "baseline": [point.to_dict() for point in baseline],
        "model": points,
        "frontier": [point.strategy for point in frontier.points],
        "levels": levels,
        "verdict": _OVERALL[ahead, behind],
    }


_OVERALL = {
    (True, False): "ahead of",
    (False, True): "behind",
    (False, False): "on",
    (True, True): "ahead of and behind parts of",
}


def _beats(other: Point, point: Point) -> bool:
    if other.diversity == point.diversity and other.quality == point.quality:
        return False
    return other.diversity >= point.diversity and (
        other.quality >= point.quality
    )


def _verdict(
    frontier: Frontier, diversity, quality, diversities, qualities
) -> dict[str, Any]:
    """The margin in quality, or in diversity beyond the frontier's end."""
    beyond = diversity > frontier.widest
    if beyond:
        end = frontier.points[-1]
        margin = diversity - end.diversity
        replicates = diversities - end.diversity_replicates
    else:
        margin = quality - frontier.quality(diversity)
        replicates = qualities - frontier.quality_replicates(diversities)
    error = float(np.std(replicates, ddof=1))
    verdict = "on"
    if abs(margin) > _ERRORS * error:
        verdict = "ahead of" if margin > 0 else "behind"
    return {
        "margin": float(margin),
        "margin_error": error,
        "margin_in": DIVERSITY if beyond else QUALITY,
        "verdict": verdict,
    }

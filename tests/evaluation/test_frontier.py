import numpy as np
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.evaluation import (
    MatcherRecipe,
    frontier,
    frontier_table,
    get_matcher,
    held_out_pairs,
    model_frontier,
    plot_frontier,
)
from keras_dialgan.evaluation.frontier import Frontier, Point, compare

REPLICATES = 50


def point(strategy, diversity, quality, error=0.01, seed=0):
    """A point whose quality scatters, its diversity does not."""
    scatter = np.random.default_rng(seed).normal(size=REPLICATES)
    scatter = (scatter - scatter.mean()) / scatter.std(ddof=1)
    return Point(
        strategy,
        diversity,
        quality,
        np.full(REPLICATES, diversity),
        quality + error * scatter,
        {
            name: 0.5
            for name in (
                "ctx_at_10",
                "rsp_at_10",
                "top_10_share",
                "mean_length",
            )
        },
    )


BASELINE = [
    point("greedy", 0.04, 0.30),
    point("temperature=0.3", 0.15, 0.34, seed=1),
    point("temperature=0.7", 0.35, 0.24, seed=2),
    point("beam=4", 0.10, 0.20, seed=3),
]


def test_only_points_that_none_beats_in_both_are_on_the_frontier():
    found = [p.strategy for p in Frontier(BASELINE).points]
    assert found == ["temperature=0.3", "temperature=0.7"]


def test_the_frontier_is_the_best_quality_at_a_diversity_or_beyond():
    found = Frontier(BASELINE)
    assert found.quality(0.01) == pytest.approx(0.34)
    assert found.quality(0.25) == pytest.approx(0.29)
    assert found.widest == 0.35


def test_replicates_are_interpolated_one_by_one():
    found = Frontier(BASELINE).quality_replicates(np.full(REPLICATES, 0.25))
    low, high = (BASELINE[i].quality_replicates for i in (1, 2))
    np.testing.assert_allclose(found, (low + high) / 2)


@pytest.mark.parametrize(
    ("quality", "verdict"),
    [(0.37, "ahead of"), (0.31, "on"), (0.27, "on"), (0.21, "behind")],
)
def test_a_point_is_ahead_or_behind_beyond_two_standard_errors(
    quality, verdict
):
    # The frontier at 0.25 is 0.29; errors 0.01 and those of two points that
    # scatter independently, averaged: sqrt(0.01^2 + 0.01^2 / 2) = 0.012.
    model = point("greedy", 0.25, quality, seed=4)
    (found,) = compare(BASELINE, [model])["model"]
    assert found["margin"] == pytest.approx(quality - 0.29)
    assert found["margin_error"] == pytest.approx(0.012, rel=0.2)
    assert found["verdict"] == verdict


def test_beyond_the_widest_point_the_margin_is_one_in_diversity():
    model = point("temperature=1.0", 0.40, 0.10, seed=4)
    (found,) = compare(BASELINE, [model])["model"]
    assert found["margin_in"] == "distinct_2"
    assert found["margin"] == pytest.approx(0.05)
    assert found["verdict"] == "ahead of"


def test_paired_points_that_scatter_alike_have_no_error_between_them():
    twin = [
        point(p.strategy, p.diversity, p.quality, seed=i)
        for i, p in enumerate(BASELINE)
    ]
    found = compare(BASELINE, twin)
    by_name = {entry["strategy"]: entry for entry in found["model"]}
    assert by_name["temperature=0.3"]["margin_error"] == pytest.approx(0)
    assert by_name["temperature=0.3"]["verdict"] == "on"
    assert by_name["beam=4"]["verdict"] == "behind"


@pytest.mark.parametrize(
    ("model", "verdict"),
    [
        ([("a", 0.2, 0.40), ("b", 0.35, 0.40)], "ahead of"),
        ([("a", 0.2, 0.10), ("b", 0.35, 0.10)], "behind"),
        ([("a", 0.15, 0.34), ("b", 0.35, 0.24)], "on"),
        (
            [("a", 0.1, 0.50), ("b", 0.14, 0.2), ("c", 0.33, 0.2)],
            "ahead of and behind parts of",
        ),
    ],
)
def test_the_overall_verdict_sums_up_the_levels(model, verdict):
    points = [point(*values, seed=9) for values in model]
    found = compare(BASELINE, points)
    assert found["verdict"] == verdict
    levels = [level["distinct_2"] for level in found["levels"]]
    assert levels[:2] == [0.05, 0.1]
    assert max(levels) < points[-1].diversity


def test_the_table_ends_with_the_verdict_and_the_plot_is_a_png(tmp_path):
    found = compare(BASELINE, [point("greedy", 0.25, 0.37, seed=4)])
    table = frontier_table(found)
    (line,) = (x for x in table.splitlines() if x.startswith("model, greedy"))
    assert "+0.080 ±" in line
    assert line.endswith("ahead")
    assert "verdict: the model is ahead of the frontier" in table
    plot_frontier(found, tmp_path / "frontier.png")
    assert (tmp_path / "frontier.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow
def test_the_chosen_stage_is_compared_with_the_models_own_stage_mle(
    small_corpus, model_directory, monkeypatch
):
    strategies = ("greedy", "temperature=0.7", "beam=2")
    monkeypatch.setattr(frontier, "BASELINE_STRATEGIES", strategies)
    monkeypatch.setattr(frontier, "MODEL_STRATEGIES", strategies[:2])
    pairs = held_out_pairs(small_corpus, 20)
    recipe = MatcherRecipe(pairs=40, epochs=1)
    matcher = get_matcher(small_corpus, pairs, None, recipe)
    alone, itself = (
        model_frontier(
            model_directory, small_corpus, matcher, None, stage, limit=20
        )
        for stage in (None, "mle")
    )
    assert alone["baseline"] == itself["baseline"]
    assert [p["strategy"] for p in alone["baseline"]] == list(strategies)
    for name in ("distinct_2", "relevance"):
        assert itself["model"][0][name] == itself["baseline"][0][name]
    assert alone["model"][0]["relevance"] != alone["baseline"][0]["relevance"]


def test_relevance_needs_ten_pairs(small_corpus, model_directory):
    with pytest.raises(UserError, match="at least 10"):
        model_frontier(model_directory, small_corpus, None, limit=9)

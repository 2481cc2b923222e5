import numpy as np
import pytest

from keras_dialgan.evaluation.resampling import HalfSamples
from keras_dialgan.text.diversity import diversity_statistics, mean_of


@pytest.mark.parametrize("inputs", [400, 7])
def test_the_standard_error_of_a_mean_is_the_textbook_one(inputs):
    values = np.random.default_rng(0).normal(size=inputs)
    samples = HalfSamples(inputs, replicates=2_000)
    assert samples.standard_error(mean_of(values)) == pytest.approx(
        values.std(ddof=1) / inputs**0.5, rel=0.06
    )


def test_an_interval_reaches_1_96_standard_errors_to_each_side():
    samples = HalfSamples(100)
    mean = mean_of(np.random.default_rng(0).exponential(size=100))
    low, high = samples.intervals({"mean": mean})["mean"]
    error = samples.standard_error(mean)
    assert (low + high) / 2 == pytest.approx(mean(None))
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=1e-4)


def test_paired_differences_scatter_less_than_their_parts():
    values = np.random.default_rng(0).normal(size=200)
    first, second = (
        HalfSamples(200).replicates(mean_of(v)) for v in (values, values + 1)
    )
    np.testing.assert_allclose(second - first, 1)
    assert first.std() > 0.04


def zipf_responses(seed):
    random = np.random.default_rng(seed)
    return [
        [int(word) for word in random.zipf(1.7, 5) if word < 10_000]
        for _ in range(300)
    ]


def test_the_error_of_distinct_2_is_its_scatter_over_fresh_samples():
    fresh = [
        diversity_statistics(zipf_responses(seed))["distinct_2"](None)
        for seed in range(200)
    ]
    errors = [
        HalfSamples(300).standard_error(
            diversity_statistics(zipf_responses(seed))["distinct_2"]
        )
        for seed in range(5)
    ]
    assert np.mean(errors) == pytest.approx(np.std(fresh), rel=0.15)


def test_replicates_of_a_share_of_different_items_lie_around_the_sample():
    statistic = diversity_statistics(zipf_responses(0))["distinct_2"]
    replicates = HalfSamples(300).replicates(statistic)
    assert replicates.mean() == pytest.approx(statistic(None))

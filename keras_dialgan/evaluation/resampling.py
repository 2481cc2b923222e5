"""Standard errors and intervals by resampling the held-out inputs."""

from collections.abc import Mapping

import numpy as np

from keras_dialgan.text.diversity import Statistic

# Standard errors on either side of a value that hold 95 % of a normal
# distribution.
NORMAL_95 = 1.959964


class HalfSamples:
    """The half-sample bootstrap: random halves of the held-out inputs.

    A half drawn without replacement scatters around the whole sample as the
    sample does around the truth. The usual bootstrap draws with replacement,
    repeats responses, and gives distinct-n about half of the standard error
    that it has over fresh samples.

    The halves depend on the number of inputs and the seed alone: two models
    measured on the same inputs are resampled alike, and differences of their
    replicates have the errors of paired samples.

    Args:
        inputs: their number, at least 2.
        replicates: how many halves to draw.
        seed: of the halves.

    Reference:
    - McCarthy, *Pseudo-replication: half samples*, 1969.
    - Efron and Tibshirani, *An Introduction to the Bootstrap*, 1993.
    """

    def __init__(self, inputs: int, replicates: int = 200, seed: int = 0):
        half = inputs // 2
        random = np.random.default_rng([seed, inputs])
        whole = np.tile(np.arange(inputs), (replicates, 1))
        self._weights = random.permuted(whole, axis=1) < half
        # Exact for means where the number of inputs is odd.
        self._scale = np.sqrt(half / (inputs - half))

    def replicates(self, statistic: Statistic) -> np.ndarray:
        """Returns the statistic of every half, moved to the sample's own.

        A half has a higher distinct-n than the whole. The halves tell how
        far a value scatters, not where it lies.
        """
        drawn = np.array([statistic(weights) for weights in self._weights])
        return (drawn - drawn.mean()) * self._scale + statistic(None)

    def standard_error(self, statistic: Statistic) -> float:
        """Returns the standard deviation of the replicates."""
        return float(np.std(self.replicates(statistic), ddof=1))

    def intervals(
        self, statistics: Mapping[str, Statistic]
    ) -> dict[str, list[float]]:
        """Returns 95 % intervals: 1.96 standard errors to each side.

        Args:
            statistics: metric name to statistic.

        Returns:
            Metric name to the lower and the upper end.
        """
        found = {}
        for name, statistic in statistics.items():
            value = statistic(None)
            margin = NORMAL_95 * self.standard_error(statistic)
            found[name] = [value - margin, value + margin]
        return found

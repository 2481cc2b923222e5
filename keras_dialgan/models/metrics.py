"""Metrics that Keras does not have."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_dialgan")
class Perplexity(keras.metrics.Mean):
    """The exponential of the mean negative log-likelihood of a token.

    `update_state` takes mean losses and, as `sample_weight`, the numbers of
    tokens that they are means of: the result is per token, whereas Eq. 4
    first averages within each response.
    """

    def result(self):
        return ops.exp(super().result())


def make_phase_metrics(
    mismatched: bool,
) -> dict[str, dict[str, keras.metrics.Mean]]:
    """Makes the means that each phase of Algorithm 1 reports.

    Args:
        mismatched: whether the discriminator meets mismatched pairs.

    Returns:
        Phase to name to metric, in the order in which a step updates them.
    """
    names = {
        "mle": ["mle_loss", "mle_gradient_norm"],
        "adversarial": ["adversarial_loss", "adversarial_gradient_norm"],
        "sample": ["sampled_length"],
        "discriminator": [
            "discriminator_loss",
            "human_accuracy",
            "generated_accuracy",
            "discriminator_gradient_norm",
            *(["mismatched_accuracy"] if mismatched else []),
        ],
    }
    return {
        phase: {name: keras.metrics.Mean(name=name) for name in metrics}
        for phase, metrics in names.items()
    }

"""Figure 3: is the approximated word vector nearest to the true one?"""

from collections.abc import Sequence
from typing import Any

from keras_dialgan.evaluation.held_out import HeldOutPairs
from keras_dialgan.models import Generator
from keras_dialgan.models.nearest_word import KS, NearestWordRates


def nearest_word_rates(
    generator: Generator, pairs: HeldOutPairs, ks: Sequence[int] = KS
) -> dict[str, Any]:
    """Measures the responses to held-out inputs.

    Args:
        generator: the generator.
        pairs: whose contexts are answered.
        ks: the words in a mixture, each at least 2.

    Returns:
        As of `NearestWordRates`.
    """
    return NearestWordRates(generator, ks)(pairs.contexts)

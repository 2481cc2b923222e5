import keras
import numpy as np
import pytest

from keras_dialgan.evaluation import HeldOutPairs
from keras_dialgan.evaluation.adversarial import (
    accuracy_statistics,
    confidence_function,
)
from keras_dialgan.text import EOS
from tests.models.small_models import (
    make_discriminator,
    make_generator,
    randomise,
)

ROWS = 12
random = np.random.default_rng(0)
CONTEXTS, HUMAN, GENERATED = (
    [
        random.integers(4, 13, random.integers(0, 6)).tolist()
        for _ in range(ROWS)
    ]
    for _ in range(3)
)


@pytest.fixture(autouse=True)
def several_batches(monkeypatch):
    monkeypatch.setattr("keras_dialgan.evaluation.adversarial.BATCH", 5)


@pytest.fixture(scope="module")
def models():
    models = make_generator(), make_discriminator()
    for seed, model in enumerate(models):
        randomise(model, scale=1.0, seed=seed)
    return models


def one_by_one(generator, discriminator, answers):
    """The discriminator's output for each pair alone, without padding."""
    found = []
    for rows in zip(CONTEXTS, answers, strict=True):
        inputs = {}
        for name, row in zip(("context", "response"), rows, strict=True):
            tokens = np.array([[*row, EOS]])
            inputs[name] = generator.word_embedding(tokens)
            inputs[f"{name}_mask"] = keras.ops.ones(tokens.shape, bool)
        found.append(float(discriminator(inputs)[0, 0]))
    return np.array(found)


@pytest.fixture(scope="module")
def confidences(models):
    generator, discriminator = models
    return confidence_function(generator.word_embedding, discriminator)


def test_confidences_are_those_of_each_pair_alone(models, confidences):
    np.testing.assert_allclose(
        confidences(CONTEXTS, HUMAN),
        one_by_one(*models, HUMAN),
        rtol=1e-4,
        atol=1e-6,
    )


def test_accuracies_count_the_right_judgements(models, confidences):
    pairs = HeldOutPairs(CONTEXTS, HUMAN, None)
    statistics = accuracy_statistics(confidences, pairs, GENERATED)
    human = one_by_one(*models, HUMAN)
    generated = one_by_one(*models, GENERATED)
    found = {name: statistic(None) for name, statistic in statistics.items()}
    assert found == {
        "accuracy_on_human": sum(human < 0.5) / ROWS,
        "accuracy_on_generated": sum(generated >= 0.5) / ROWS,
    }
    assert 0 < found["accuracy_on_human"] < 1

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.models.updates import NonFiniteLossError
from keras_dialgan.training import Phase, Schedule

from .small_models import endless, make_batch, make_model, randomise

RATES = {"mle": 1e-3, "adversarial": 1e-3, "discriminator": 1e-3}


def state(model, phase):
    optimizer = model.phase_optimizers[phase]
    return [v.numpy() for v in (*model.variables, *optimizer.variables)]


@pytest.mark.parametrize(
    ("phase", "mirrored"),
    [
        ("mle", False),
        ("adversarial", False),
        ("discriminator", False),
        pytest.param("mle", True, marks=pytest.mark.slow),
        pytest.param("adversarial", True, marks=pytest.mark.slow),
        pytest.param("discriminator", True, marks=pytest.mark.slow),
    ],
)
def test_a_step_that_is_not_finite_is_refused_and_changes_nothing(
    phase, mirrored
):
    strategy = tf.distribute.get_strategy()
    if mirrored:
        strategy = tf.distribute.MirroredStrategy(["CPU:0"])
    batch = make_batch(5)
    with strategy.scope():
        model = make_model()
        randomise(model)
        model.compile(
            Schedule((Phase(phase, 4),), 5, RATES), run_eagerly=not mirrored
        )
    model.replay.add(batch["context"], batch["response"])
    model.fit(endless(batch), steps_per_epoch=2, verbose=0, shuffle=False)
    poisoned = model.generator.word_embedding.embeddings
    values = poisoned.numpy().copy()
    values[batch["context"][0, 0], 0] = np.inf
    poisoned.assign(values)
    before = state(model, phase)
    with pytest.raises(NonFiniteLossError, match=rf"step 2 \({phase}\)"):
        model.fit(endless(batch), steps_per_epoch=2, verbose=0, shuffle=False)
    for expected, found in zip(before, state(model, phase), strict=True):
        np.testing.assert_array_equal(expected, found)
    assert model.step == 2

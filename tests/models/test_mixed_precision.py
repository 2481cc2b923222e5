import keras
import pytest

from keras_dialgan.config import GeneratorConfig
from keras_dialgan.models import (
    GANDialogueModel,
    build_generator,
)
from keras_dialgan.training.adam import Adam
from keras_dialgan.training.schedule import Phase, Schedule

from .small_models import endless, make_batch, make_discriminator

STEPS = 120


def final_loss(policy):
    """The MLE loss after a short training from the same start."""
    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        keras.utils.set_random_seed(3)
        generator = build_generator(
            GeneratorConfig(
                vocabulary_size=40,
                embedding_dimension=16,
                encoder_layers=1,
                encoder_units=16,
                decoder_layers=1,
                decoder_units=32,
                attention_units=16,
                output_units=32,
                max_length=7,
            )
        )
        model = GANDialogueModel(generator, make_discriminator())
        schedule = Schedule((Phase("mle", STEPS),), 32, {"mle": 0.005})
        model.compile(schedule, Adam(0.005, global_clipnorm=5.0))
        data = make_batch(32, seed=1, v=40)
        history = model.fit(
            endless(data), steps_per_epoch=STEPS, verbose=0, shuffle=False
        )
    finally:
        keras.config.set_dtype_policy(former)
    assert all(w.dtype == "float32" for w in generator.trainable_variables)
    # The mean over the epoch: every step counts.
    return history.history["mle_loss"][-1]


@pytest.mark.slow
def test_training_in_bfloat16_reaches_the_loss_of_float32():
    full, mixed = final_loss("float32"), final_loss("mixed_bfloat16")
    assert full < 2.8  # log 40 is 3.7: it has learned
    assert mixed == pytest.approx(full, rel=0.02)
    assert mixed != full

"""What every objective owes to training."""

import inspect

import keras
import numpy as np
import pytest

from keras_dialgan.config import Config, apply_overrides
from keras_dialgan.config.sections import OBJECTIVE_SETTINGS
from keras_dialgan.errors import UserError
from keras_dialgan.models import GumbelSoftmax, TopKSoftmax, make_objective
from keras_dialgan.models.objectives import OBJECTIVES
from keras_dialgan.training import Phase, Schedule
from keras_dialgan.training.checkpoint import CheckpointFolder

from .small_models import (
    endless,
    make_batch,
    make_discriminator,
    make_generator,
    make_model,
    randomise,
)

CHOICES = {
    "gumbel": "name=gumbel_softmax final_temperature=0.2 temperature_steps=4",
    "reinforce": "name=reinforce",
}
# Of parts that those and other tests cover, too.
SLOW_CHOICES = {
    "dense": "name=dense_softmax",
    "reinforce with rollouts": "name=reinforce reward=rollouts rollouts=2",
    "top-k": "name=top_k_softmax k=3",
    "noisy top-k": "name=top_k_softmax noise=0.5",
    "top-k straight-through": "name=top_k_softmax straight_through=true",
    "dense straight-through": "name=dense_softmax straight_through=true",
    "reinforce of prefixes": "name=reinforce reward=prefixes",
    "gumbel straight-through": "name=gumbel_softmax straight_through=true",
}
every_objective = pytest.mark.parametrize(
    "settings",
    [pytest.param(text, id=name) for name, text in CHOICES.items()]
    + [
        pytest.param(text, id=name, marks=pytest.mark.slow)
        for name, text in SLOW_CHOICES.items()
    ],
)
SCHEDULE = Schedule((Phase("adversarial", 3),), 5, {"adversarial": 1e-3})


def objective_of(settings):
    overrides = [f"objective.{setting}" for setting in settings.split()]
    return make_objective(apply_overrides(Config(), overrides).objective)


def fresh_model(settings, seed=0, **arguments):
    model = make_model(
        generator=make_generator(encoder_layers=1, decoder_layers=1),
        discriminator=make_discriminator(layers=1),
        objective=objective_of(settings),
    )
    randomise(model, seed=seed)
    model.compile(SCHEDULE, **arguments)
    return model


def fit(model, steps):
    history = model.fit(
        endless(make_batch(5)), steps_per_epoch=steps, verbose=0, shuffle=False
    )
    return history.history


@pytest.fixture
def bfloat16():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(policy)


@every_objective
def test_every_objective_trains_in_mixed_precision(bfloat16, settings):
    model = fresh_model(settings)
    before = [v.numpy() for v in model.generator.trainable_variables]
    history = fit(model, SCHEDULE.steps)
    assert 0 < history["adversarial_loss"][0] < 1
    assert history["adversarial_gradient_norm"][0] > 0
    moved = [
        np.abs(v.numpy() - was).max() > 0
        for v, was in zip(
            model.generator.trainable_variables, before, strict=True
        )
    ]
    assert all(moved)


@every_objective
def test_every_objective_goes_on_exactly_from_a_checkpoint(tmp_path, settings):
    unbroken, resumed = (
        fresh_model(settings, seed, run_eagerly=True) for seed in (0, 1)
    )
    folder = CheckpointFolder(tmp_path, {})
    fit(unbroken, 1)
    positions = {"run": 0, "epoch": 0, "position": 1, "data_offset": 0}
    folder.save(unbroken, positions)
    assert folder.restore(resumed) == positions
    resumed.set_schedule(SCHEDULE, position=1)
    for model in (unbroken, resumed):
        fit(model, SCHEDULE.steps - 1)
    for expected, found in zip(
        unbroken.get_weights(), resumed.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(expected, found)


def test_the_configuration_knows_the_settings_of_every_objective():
    assert set(OBJECTIVE_SETTINGS) == set(OBJECTIVES)
    for name, settings in OBJECTIVE_SETTINGS.items():
        arguments = inspect.signature(OBJECTIVES[name]).parameters
        assert set(settings) == set(arguments), name
        for key, argument in arguments.items():
            default = getattr(Config().objective, key)
            assert argument.default == default, (name, key)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("name=blue", "choose from top_k_softmax, dense_softmax"),
        ("temperature=0", "must be at least 0.01"),
        ("temperature=2", "temperature.*belongs to gumbel_softmax"),
        ("name=reinforce reward=blue", "response, rollouts, prefixes"),
        ("name=dense_softmax noise=1", "noise.*belongs to top_k_softmax"),
        ("name=dense_softmax k=3", "no meaning for.*belongs to top_k_softmax"),
    ],
)
def test_an_impossible_objective_is_refused_by_name(settings, message):
    with pytest.raises(UserError, match=message):
        objective_of(settings)


def test_the_temperature_falls_with_the_adversarial_updates():
    objective = GumbelSoftmax(
        temperature=2.0, final_temperature=0.5, temperature_steps=10
    )
    found = [float(objective.temperature_at(n)) for n in (0, 5, 10, 1_000)]
    np.testing.assert_allclose(found, [2.0, 1.0, 0.5, 0.5])
    assert float(GumbelSoftmax(temperature=2.0).temperature_at(7)) == 2.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"temperature": 0.0},
        {"final_temperature": -1.0},
        {"temperature_steps": 0},
    ],
)
def test_impossible_temperatures_are_refused(arguments):
    with pytest.raises(ValueError, match="must be positive"):
        GumbelSoftmax(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"k": 1}, "at least 2"), ({"noise": -0.5}, "must not be negative")],
)
def test_an_impossible_top_k_softmax_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        TopKSoftmax(**arguments)

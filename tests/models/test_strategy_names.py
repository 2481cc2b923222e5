import pytest
import tensorflow as tf

from keras_dialgan.errors import UserError
from keras_dialgan.models import (
    BeamSearch,
    Greedy,
    NucleusSampling,
    Sampling,
    TopKSampling,
)
from keras_dialgan.models.decoding_strategies import Step
from keras_dialgan.models.strategy_names import parse_strategy


@pytest.mark.parametrize(
    ("text", "kind", "settings"),
    [
        ("greedy", Greedy, {}),
        ("temperature=0.7", Sampling, {"temperature": 0.7, "seed": 3}),
        ("top_k=40", TopKSampling, {"k": 40, "temperature": 1.0, "seed": 3}),
        ("nucleus=0.9", NucleusSampling, {"p": 0.9, "seed": 3}),
        (" beam = 5 ", BeamSearch, {"width": 5, "length_penalty": 1.0}),
    ],
)
def test_a_name_makes_its_strategy(text, kind, settings):
    strategy = parse_strategy(text, seed=3)
    assert type(strategy) is kind
    assert settings.items() <= vars(strategy).items()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "choose from greedy, temperature=T, top_k=K, nucleus=P, beam=N"),
        ("greedy=1", "unknown decoding strategy 'greedy=1'"),
        ("best", "unknown decoding strategy 'best'"),
        ("temperature", "temperature must be a number .* not ''"),
        ("temperature=0", "temperature must be"),
        ("temperature=nan", "temperature must be"),
        ("temperature=inf", "temperature must be"),
        ("top_k=2.5", "top_k must be a whole number"),
        ("top_k=0", "top_k must be"),
        ("nucleus=1.1", "nucleus must be a number above 0, at most 1"),
        ("beam=101", "beam must be a whole number from 1 to 100"),
        ("beam=-1", "beam must be"),
    ],
)
def test_what_is_no_strategy_is_a_users_error(text, message):
    with pytest.raises(UserError, match=message):
        parse_strategy(text)


def test_a_variable_as_seed_is_read_at_every_call():
    seed = tf.Variable(0)
    strategy = parse_strategy("temperature=1", seed)
    step = Step(tf.constant(0), tf.zeros([50]), tf.zeros([50], tf.bool))
    choose = tf.function(
        lambda: strategy.choose(tf.zeros([50, 30]), step), autograph=False
    )
    first = choose().numpy().tolist()
    assert choose().numpy().tolist() == first
    seed.assign_add(1)
    assert choose().numpy().tolist() != first

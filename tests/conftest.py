"""Settings and fixtures that all tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest


@pytest.fixture
def float64():
    """Runs a test in double precision."""
    import keras

    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory):
    """A few pairs of small talk, prepared."""
    from tests.model_fixture import make_corpus

    return make_corpus(tmp_path_factory.mktemp("corpus") / "small_talk")


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory, small_corpus):
    """A small untrained model of all four stages on that corpus."""
    from tests.model_fixture import make_directory

    path = tmp_path_factory.mktemp("model") / "bot"
    stages = ("mle", "after_mle", "after_adversarial", "final")
    return make_directory(path, small_corpus, stages)

import subprocess
import sys

import pytest

import keras_dialgan


def test_importing_the_package_does_not_import_tensorflow():
    code = (
        "import sys, keras_dialgan; dir(keras_dialgan); "
        "assert not {'tensorflow', 'keras', 'spacy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names_are_found_when_asked_for():
    from keras_dialgan.serving import load_chatbot

    assert keras_dialgan.load_chatbot is load_chatbot
    assert keras_dialgan.layers.TopKSoftmaxEmbedding
    assert keras_dialgan.models.build_generator
    assert {"layers", "load_chatbot", "models"} <= set(dir(keras_dialgan))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'layer'"):
        keras_dialgan.layer  # noqa: B018

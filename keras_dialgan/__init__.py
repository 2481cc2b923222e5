"""Adversarial training of dialogue models with the top-k softmax."""

import importlib

_SUBPACKAGES = ("layers", "models")

__all__ = ["layers", "load_chatbot", "models"]


def __getattr__(name: str):
    # TensorFlow takes seconds to import: only what is used is loaded.
    if name in _SUBPACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name == "load_chatbot":
        from keras_dialgan.serving import load_chatbot

        return load_chatbot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

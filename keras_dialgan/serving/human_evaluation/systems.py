"""The systems that people compare."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from keras_dialgan.models.strategy_names import parse_strategy
from keras_dialgan.serving.chatbot import load_chatbot

_DIGITS = 12


@dataclass(frozen=True)
class System:
    """A way to answer.

    Attributes:
        description: what identifies it: the model's name, stage, decoding
            strategy and a digest of its weights.
        respond: a function from an utterance to a response.
    """

    description: dict[str, str]
    respond: Callable[[str], str]


def load_system(
    directory: str | Path, stage: str | None = None, decode: str = "greedy"
) -> System:
    """Loads a system.

    Args:
        directory: a model directory.
        stage: the stage that answers; the last one when None.
        decode: the decoding strategy, as `parse_strategy` reads it.

    Raises:
        UserError: if there is no such model, stage or strategy.
    """
    # Random strategies read it: no two responses are drawn alike.
    turn = tf.Variable(0, trainable=False)
    chatbot = load_chatbot(directory, stage, parse_strategy(decode, turn))
    path = chatbot.directory.path.resolve()
    weights = path / "stages" / chatbot.stage / "generator.weights.h5"

    def respond(utterance: str) -> str:
        turn.assign_add(1)
        return chatbot.reply([utterance])[0]

    with open(weights, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return System(
        {
            "model": path.name,
            "stage": chatbot.stage,
            "decoding": decode,
            "weights": digest[:_DIGITS],
        },
        respond,
    )

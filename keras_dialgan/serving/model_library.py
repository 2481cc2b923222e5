"""Models to choose from while a page is open."""

import functools
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from keras_dialgan.errors import UserError
from keras_dialgan.models.strategy_names import parse_strategy
from keras_dialgan.serving.chatbot import Reply
from keras_dialgan.serving.inspection import (
    InspectedChatbot,
    Inspection,
    load_inspected_chatbot,
)
from keras_dialgan.training import ModelDirectory

_STAGES_KEPT = 4
_STRATEGIES_KEPT = 16


class Choice(NamedTuple):
    """Who answers: a model by its name in the library, and its stage."""

    name: str
    stage: str


class Answer(NamedTuple):
    """A response and what was found out about it."""

    reply: Reply
    inspection: Inspection


class ModelLibrary:
    """Models by name, loaded when they are asked and kept for a while.

    Several threads may use it.

    Args:
        directories: the models. Those that stand in the same folder as one
            of them and have a stage are listed after them.

    Raises:
        UserError: if a directory is not a model or has no stage.

    Example:

    ```python
    library = ModelLibrary(["saved_models/small"])
    library.answer(Choice("small", "mle"), "greedy", "hi!").reply.text
    ```
    """

    def __init__(self, directories: Iterable[str | Path]):
        wanted = [ModelDirectory(path) for path in directories]
        for model in wanted:
            if not model.stages:
                raise UserError(f"{model.path}: has no stage yet")
        self._models = _by_name([*wanted, *_beside(wanted)])
        self._lock = threading.Lock()
        self._load = functools.lru_cache(_STAGES_KEPT)(self._load_stage)
        self._chatbot = functools.lru_cache(_STRATEGIES_KEPT)(
            self._with_strategy
        )
        # Random strategies read it: no two turns draw alike.
        self._turn = tf.Variable(0, trainable=False)

    @property
    def names(self) -> list[str]:
        """The names of the models, that of the first directory first."""
        return list(self._models)

    def choice(self, directory: str | Path, stage: str | None = None) -> Choice:
        """Returns how a stage of one of the directories is called here.

        Args:
            directory: one of the directories.
            stage: one of its stages; the last one when None.

        Raises:
            UserError: if it has no such stage.
        """
        path = Path(directory).resolve()
        name = next(
            name
            for name, model in self._models.items()
            if model.path.resolve() == path
        )
        stages = self.stages(name)
        if stage is not None and stage not in stages:
            raise UserError(
                f"{directory}: has no stage {stage!r}; it has "
                f"{', '.join(stages)}"
            )
        return Choice(name, stage or stages[-1])

    def stages(self, name: str) -> list[str]:
        """The stages of a model, in the order of training."""
        return self._models[name].stages

    def answer(self, choice: Choice, decode: str, utterance: str) -> Answer:
        """Answers an utterance.

        Args:
            choice: who answers.
            decode: the decoding strategy, as `parse_strategy` reads it.
            utterance: raw text.

        Raises:
            UserError: if there is no such strategy.
        """
        with self._lock:
            chatbot = self._chatbot(choice, decode)
            self._turn.assign_add(1)
        (reply,) = chatbot.replies([utterance])
        return Answer(reply, chatbot.inspect(utterance, reply))

    def _load_stage(self, choice: Choice) -> InspectedChatbot:
        return load_inspected_chatbot(self._models[choice.name], choice.stage)

    def _with_strategy(self, choice: Choice, decode: str) -> InspectedChatbot:
        strategy = parse_strategy(decode, self._turn)
        return self._load(choice).with_strategy(strategy)


def _beside(models: list[ModelDirectory]) -> list[ModelDirectory]:
    """The other models in the folders of these."""
    known = {model.path.resolve() for model in models}
    folders = {path.parent: None for path in known}
    found = []
    for folder in folders:
        for manifest in sorted(folder.glob("*/model.json")):
            if manifest.parent in known:
                continue
            try:
                model = ModelDirectory(manifest.parent)
            except UserError:  # of another release, or half written
                continue
            if model.stages:
                found.append(model)
    return found


def _by_name(models: list[ModelDirectory]) -> dict[str, ModelDirectory]:
    """Names models by their last part, or in full where that is not enough."""
    unique = {model.path.resolve(): model for model in models}
    short = [path.name for path in unique]
    return {
        path.name if short.count(path.name) == 1 else str(path): model
        for path, model in unique.items()
    }

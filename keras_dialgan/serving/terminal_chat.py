"""The conversation behind the chat script, without its streams."""

from collections.abc import Callable
from pathlib import Path

import tensorflow as tf

from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write
from keras_dialgan.models.strategy_names import (
    STRATEGY_CHOICES,
    parse_strategy,
)
from keras_dialgan.serving.chatbot import Chatbot, load_chatbot
from keras_dialgan.training import STAGES

HELP = f"""\
/stage NAME     let another stage of the model answer
/decode NAME    choose words otherwise: {", ".join(STRATEGY_CHOICES)}
/compare DIR    let a second model answer, too; or, by its name, another
                stage of this model; /compare off ends it
/history        the conversation so far
/save FILE      write the conversation so far, replacing the file
/help           this list
/quit           the end, as Ctrl-D
Without a value, /stage, /decode and /compare tell how things are."""


class TerminalChat:
    """A conversation with a model, or with two side by side.

    Args:
        directory: the model directory.
        stage: the stage that answers; the last one when None.
        decode: the decoding strategy, as `parse_strategy` reads it.
        compare: a second model directory, whose last stage answers, too, or
            the name of a stage of the first model; None for no second one.

    Attributes:
        ended: whether /quit was typed.

    Raises:
        UserError: for a model, stage or strategy that does not exist.

    Example:

    ```python
    chat = TerminalChat("model")
    chat.say("hello!")            # [("bot", "Hi, how are you?")]
    chat.command("/stage mle")    # "stage mle (A) answers"
    ```
    """

    def __init__(
        self,
        directory: str | Path,
        stage: str | None = None,
        decode: str = "greedy",
        compare: str | None = None,
    ):
        # Random strategies read it: no two turns draw alike, and the same
        # conversation can be had again.
        self._turn = tf.Variable(0, trainable=False)
        self._directory = directory
        self._decode = decode
        self._strategy = parse_strategy(decode, self._turn)
        self._bot = load_chatbot(directory, stage, self._strategy)
        self._other = self._load_other(compare) if compare else None
        self._lines: list[str] = []
        self.ended = False

    def say(self, utterance: str) -> list[tuple[str, str]]:
        """Answers an utterance.

        Returns:
            For each model its label and its response.
        """
        answers = [
            (label, bot.reply([utterance])[0]) for label, bot in self._bots()
        ]
        self._turn.assign_add(1)
        self._lines.append(f"you: {utterance}")
        self._lines += [f"{label}: {text}" for label, text in answers]
        return answers

    def command(self, line: str) -> str:
        """Obeys a line that begins with a slash.

        Returns:
            What to tell the user.

        Raises:
            UserError: if there is no such command or it can't be obeyed.
        """
        name, _, value = line.strip().removeprefix("/").partition(" ")
        commands: dict[str, Callable[[str], str]] = {
            "stage": self._set_stage,
            "decode": self._set_decode,
            "compare": self._set_compare,
            "history": lambda value: "\n".join(self._lines),
            "save": self._save,
            "help": lambda value: HELP,
            "quit": self._quit,
        }
        if name not in commands:
            raise UserError(
                f"/{name}: no such command; there are "
                f"{', '.join(f'/{known}' for known in commands)}"
            )
        return commands[name](value.strip())

    def save(self, path: str | Path) -> None:
        """Writes the conversation so far, replacing the file.

        Raises:
            UserError: if it can't be written.
        """
        try:
            with atomic_write(path) as file:
                for line in self._lines:
                    text = line.encode("utf-8", "replace").decode()
                    file.write(f"{text}\n")
        except OSError as error:
            raise UserError(f"{path}: can't be written ({error})") from None

    def _bots(self) -> list[tuple[str, Chatbot]]:
        if self._other is None:
            return [("bot", self._bot)]
        bots = [self._bot, self._other]
        names = [f"{bot.directory.path.name}/{bot.stage}" for bot in bots]
        if names[0] == names[1]:
            names = [f"{bot.directory.path}/{bot.stage}" for bot in bots]
        return list(zip(names, bots, strict=True))

    def _set_stage(self, value: str) -> str:
        if value:
            self._bot = load_chatbot(self._directory, value, self._strategy)
        return (
            f"stage {_describe(self._bot.stage)} answers; there are "
            f"{', '.join(map(_describe, self._bot.stages))}"
        )

    def _set_decode(self, value: str) -> str:
        if value:
            strategy = parse_strategy(value, self._turn)
            bot = self._bot.with_strategy(strategy)
            if self._other:
                self._other = self._other.with_strategy(strategy)
            self._bot, self._strategy, self._decode = bot, strategy, value
        return (
            f"decoding is {self._decode}; there are "
            f"{', '.join(STRATEGY_CHOICES)}"
        )

    def _set_compare(self, value: str) -> str:
        if value == "off":
            self._other = None
        elif value:
            self._other = self._load_other(value)
        labels = [label for label, _ in self._bots()]
        if self._other is None:
            return f"{_describe(self._bot.stage)} answers alone"
        return f"{' and '.join(labels)} answer"

    def _load_other(self, value: str) -> Chatbot:
        if value in STAGES:
            return load_chatbot(self._directory, value, self._strategy)
        return load_chatbot(value, strategy=self._strategy)

    def _save(self, value: str) -> str:
        if not value:
            raise UserError("/save: say where to, for example /save talk.txt")
        self.save(value)
        return f"saved in {value}"

    def _quit(self, value: str) -> str:
        self.ended = True
        return ""


def _describe(stage: str) -> str:
    return f"{stage} ({STAGES[stage]})"

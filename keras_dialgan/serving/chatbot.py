"""A trained model to talk to."""

import copy
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from keras_dialgan.errors import UserError
from keras_dialgan.models import Generator, Responder
from keras_dialgan.serving.tag_filling import fill_tags as fill
from keras_dialgan.text import (
    SPECIAL_TOKENS,
    TaggedUtterance,
    TextPipeline,
    detokenize,
)
from keras_dialgan.training import ModelDirectory

# Characters read of an utterance for each token that the model reads: the
# work for a text of any length is bounded.
CHARACTERS_PER_TOKEN = 100
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Reply:
    """A response.

    Attributes:
        text: the response as a person would write it; `...` where the model
            said nothing.
        tokens: its tokens, tags as the model wrote them.
        log_probability: of the response under the model.
    """

    text: str
    tokens: list[str]
    log_probability: float


class Chatbot:
    """Answers raw utterances; `load_chatbot` makes one.

    Nothing is remembered from one utterance to the next, and it may be used
    from several threads.

    Args:
        directory: the model.
        generator: one of its generators.
        stage: the stage that the generator is of.
        strategy: a decoding strategy; `Greedy()` when None.
        fill_tags: whether tags become words; see
            `keras_dialgan.serving.fill_tags`.

    Attributes:
        directory: the model.
        stage: the stage that answers.
        stages: all stages of the model, in the order of training.
    """

    def __init__(
        self,
        directory: ModelDirectory,
        generator: Generator,
        stage: str,
        strategy=None,
        fill_tags: bool = True,
    ):
        self.directory = directory
        self.stage = stage
        self.stages = directory.stages
        self._generator = generator
        self._vocabulary = directory.vocabulary
        self._max_length = directory.manifest["max_length"]
        self._pipeline: TextPipeline = directory.text_pipeline()
        self._pipeline_lock = threading.Lock()
        self._fill_tags = fill_tags
        self._responder = self._make_responder(strategy)

    def with_strategy(self, strategy) -> "Chatbot":
        """Returns a chatbot with the same weights that decodes otherwise.

        Args:
            strategy: a decoding strategy; `Greedy()` when None.
        """
        other = copy.copy(self)
        other._responder = self._make_responder(strategy)
        return other

    def reply(self, utterances: Sequence[str]) -> list[str]:
        """Answers utterances.

        Args:
            utterances: raw texts of any length and content. Words that the
                model does not know are passed over, and of a long text the
                end is read.

        Returns:
            A response to each.

        Raises:
            TypeError: if they are not a list of strings.
        """
        return [reply.text for reply in self.replies(utterances)]

    def replies(self, utterances: Sequence[str]) -> list[Reply]:
        """Answers utterances with everything that is known of a response.

        Args:
            utterances: as of `reply`.

        Returns:
            A `Reply` to each.

        Raises:
            TypeError: if they are not a list of strings.
        """
        _check(utterances)
        analysed = self._analyse(utterances)
        rows, scores = self._responder.with_log_probabilities(
            [self._context(utterance) for utterance in analysed]
        )
        return [
            self._reply(utterance, row, float(score))
            for utterance, row, score in zip(
                analysed, rows, scores, strict=True
            )
        ]

    def _analyse(self, utterances: Sequence[str]) -> list[TaggedUtterance]:
        most = CHARACTERS_PER_TOKEN * self._max_length
        texts = [_SURROGATES.sub("\ufffd", text[-most:]) for text in utterances]
        with self._pipeline_lock:
            analysed = self._pipeline.analyse(texts)
            # Counts of what users said would only grow.
            for counts in self._pipeline.tagger.entities.values():
                counts.clear()
        return analysed

    def _context(self, utterance: TaggedUtterance) -> list[int]:
        return self._pipeline.ids(utterance.tokens)[-self._max_length :]

    def _reply(
        self, utterance: TaggedUtterance, row: list[int], score: float
    ) -> Reply:
        tokens = [
            token
            for token in self._vocabulary.decode(row)
            if token not in SPECIAL_TOKENS
        ]
        words = fill(tokens, utterance) if self._fill_tags else tokens
        return Reply(detokenize(words) or "...", tokens, score)

    def _make_responder(self, strategy) -> Responder:
        size = self._vocabulary.size
        if getattr(strategy, "k", 1) > size:
            raise UserError(
                f"top_k={strategy.k} exceeds the vocabulary of {size} tokens"
            )
        return Responder(self._generator, strategy)


def load_chatbot(
    directory: str | Path,
    stage: str | None = None,
    strategy=None,
    fill_tags: bool = True,
) -> Chatbot:
    """Loads a trained model to talk to.

    Args:
        directory: what `train.py` wrote.
        stage: `mle`, `after_mle`, `after_adversarial` or `final`; the last
            one of training when None.
        strategy: a decoding strategy; `Greedy()` when None.
        fill_tags: whether `<person>`, `<place>` and `<number>` in a response
            become names, places and numbers of the user's utterance or
            neutral words; otherwise they stay.

    Raises:
        UserError: if there is no such model or stage.

    Example:

    ```python
    chatbot = keras_dialgan.load_chatbot("model")
    chatbot.reply(["hi!", "who is she?"])
    ```
    """
    model = ModelDirectory(directory)
    generator, _ = model.load_stage(stage)
    return Chatbot(
        model, generator, stage or model.stages[-1], strategy, fill_tags
    )


def _check(utterances: Sequence[str]) -> None:
    if isinstance(utterances, str | bytes):
        raise TypeError(
            "utterances must be a list of strings; for one utterance write "
            "reply([utterance])"
        )
    if not isinstance(utterances, Sequence):
        raise TypeError(
            "utterances must be a list of strings, not "
            f"{type(utterances).__name__}"
        )
    for index, utterance in enumerate(utterances):
        if not isinstance(utterance, str):
            raise TypeError(
                f"utterance {index} must be a string, not "
                f"{type(utterance).__name__}"
            )

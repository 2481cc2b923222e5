"""What a model looked at for a response, and what its opponent thinks."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_dialgan.models import Discriminator, Generator, pad_rows
from keras_dialgan.models.attention_weights import attention_weights
from keras_dialgan.models.sequences import valid_positions
from keras_dialgan.serving.chatbot import Chatbot, Reply
from keras_dialgan.training import ModelDirectory


@dataclass(frozen=True)
class Inspection:
    """A response looked into.

    Attributes:
        context: the tokens that the model read, the end token included.
        response: the tokens that it wrote, likewise.
        attention: the weights a of Eq. 2, `[response, context]`; each row
            sums to 1.
        bot_confidence: the discriminator's confidence that a bot wrote the
            response.
    """

    context: list[str]
    response: list[str]
    attention: np.ndarray
    bot_confidence: float


class InspectedChatbot(Chatbot):
    """A chatbot whose responses can be looked into.

    Args:
        directory: the model.
        generator: one of its generators.
        discriminator: the discriminator of the same stage.
        stage: the stage that they are of.
        **options: as of `Chatbot`.

    Example:

    ```python
    chatbot = load_inspected_chatbot("model")
    (reply,) = chatbot.replies(["who is she?"])
    chatbot.inspect("who is she?", reply).bot_confidence
    ```
    """

    def __init__(
        self,
        directory: ModelDirectory,
        generator: Generator,
        discriminator: Discriminator,
        stage: str,
        **options,
    ):
        super().__init__(directory, generator, stage, **options)
        self._look = _make_look(generator, discriminator)

    def inspect(self, utterance: str, reply: Reply) -> Inspection:
        """Looks into a response.

        Args:
            utterance: the raw text that was answered.
            reply: the response to it.
        """
        (analysed,) = self._analyse([utterance])
        context = pad_rows([self._context(analysed)])
        response = pad_rows([self._vocabulary.encode(reply.tokens)])
        attention, confidence = self._look(context, response)
        return Inspection(
            self._tokens(context[0]),
            self._tokens(response[0]),
            attention.numpy()[0].astype(float),
            float(confidence),
        )

    def _tokens(self, row) -> list[str]:
        return [self._vocabulary.tokens[i] for i in row]


def load_inspected_chatbot(
    directory: ModelDirectory, stage: str | None = None
) -> InspectedChatbot:
    """Loads a stage of a model to talk to and to look into.

    Args:
        directory: the model.
        stage: the stage; the last one of training when None.

    Raises:
        UserError: if there is no such stage.
    """
    return InspectedChatbot(
        directory,
        *directory.load_stage(stage),
        stage or directory.stages[-1],
    )


def _make_look(generator: Generator, discriminator: Discriminator):
    @tf.function(
        autograph=False,
        input_signature=[tf.TensorSpec([None, None], tf.int32)] * 2,
    )
    def look(context, response):
        confidence = discriminator(
            {
                "context": generator.word_embedding(context),
                "context_mask": valid_positions(context),
                "response": generator.word_embedding(response),
                "response_mask": valid_positions(response),
            }
        )
        return attention_weights(generator, context, response), confidence[0, 0]

    return look

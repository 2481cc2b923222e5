"""A fixed set of inputs whose responses are watched during training."""

from collections import Counter

from keras_dialgan.models import Generator, Responder
from keras_dialgan.text import Vocabulary, detokenize
from keras_dialgan.text.diversity import diversity

TABLE_1_UTTERANCES = (
    "hi!",
    "I love you.",
    "who is she?",
    "what's the color of the sky?",
    "see you",
)


class Probe:
    """Measures the responses to a fixed set of inputs.

    Args:
        generator: the generator that is trained.
        vocabulary: of its tokens.
        contexts: tokens of each input, without EOS.
        shown: pairs of an utterance as a person would type it and its
            tokens, whose responses are shown as text.
    """

    def __init__(
        self,
        generator: Generator,
        vocabulary: Vocabulary,
        contexts: list[list[int]],
        shown: list[tuple[str, list[int]]],
    ):
        self._respond = Responder(generator)
        self._vocabulary = vocabulary
        self._contexts = contexts
        self._shown = shown

    def measure(self) -> dict:
        """Returns diversity metrics and the most frequent response."""
        if not self._contexts:
            return {}
        responses = [
            self._vocabulary.decode(tokens)
            for tokens in self._respond(self._contexts)
        ]
        most_frequent = Counter(map(tuple, responses)).most_common(1)[0][0]
        return {
            **diversity(responses),
            "most_frequent": detokenize(list(most_frequent)),
        }

    def samples(self) -> list[tuple[str, str]]:
        """Returns the shown utterances with their responses."""
        responses = self._respond([tokens for _, tokens in self._shown])
        return [
            (utterance, detokenize(self._vocabulary.decode(tokens)))
            for (utterance, _), tokens in zip(
                self._shown, responses, strict=True
            )
        ]

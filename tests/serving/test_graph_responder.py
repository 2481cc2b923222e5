import pytest
import tensorflow as tf

from keras_dialgan import load_chatbot
from keras_dialgan.models import Greedy
from keras_dialgan.serving.graph_responder import GraphResponder
from keras_dialgan.serving.graph_tagger import GraphNoTagger
from tests.model_fixture import LENGTH

# Nothing in these is an entity, so that both taggers agree.
TEXTS = ["hi xyzzy you", "hi you", "xyzzy plugh", "do you like plugh ?"]


@pytest.mark.parametrize("maps_unknown", [False, True])
def test_unknown_words_are_deleted_or_mapped_as_by_the_chatbot(
    model_directory, maps_unknown
):
    generator, _ = model_directory.load_stage()
    responder = GraphResponder(
        generator,
        GraphNoTagger(),
        model_directory.path / "vocabulary.txt",
        LENGTH,
        maps_unknown=maps_unknown,
    )

    @tf.function(autograph=False)
    def respond(raw):
        return responder.respond(raw, lambda first, last: Greedy())

    chatbot = load_chatbot(model_directory.path)
    chatbot._pipeline.maps_unknown = maps_unknown
    replies = [
        text.decode()
        for text in respond(tf.constant(TEXTS))["response"].numpy()
    ]
    assert replies == chatbot.reply(TEXTS)
    assert (replies[0] == replies[1]) != maps_unknown

import numpy as np
import pytest

import keras_dialgan
from keras_dialgan.errors import UserError
from keras_dialgan.models import BeamSearch, Responder, TopKSampling
from keras_dialgan.text import EOS, detokenize
from keras_dialgan.text.vocabulary import PERSON, UNK
from tests.model_fixture import LENGTH

STAGES = ["mle", "after_mle", "after_adversarial", "final"]
PAIRED = ["Do you like dogs?", "hi!", "who is Anna?", "see you in Rome"]
HOSTILE = {
    "empty": "",
    "white space": " \t\n\r\x0b\u2003",
    "unknown words": "xyzzy plugh",
    "symbols": "#$%^&*()[]{}|\\",
    "control characters": "hi\x00\x07\x1b[31m\x7f there\u200b",
    "invalid UTF-8": b"hi \xff\xfe\xc3 you".decode(errors="surrogateescape"),
    "lone surrogates": "\ud800 hi \udfff",
    "emoji": "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 hi",
    "right to left": "\u202eשלום مرحبا hi\u202c",
    "combining marks": "h" + "\u0301" * 5000 + "i",
    "expanding": "\ufdfa" * 3000,
    "tags": "<person> <pad> <eos> <unk> <bos> <place>",
    "digits": "1" * 5000,
    "numbers": "two " * 3000,
    "marks": "?!." * 3000,
    "a megabyte": "how are you " * 90_000,
    "a megabyte without a space": "a" * 1_000_000,
}


@pytest.fixture(scope="module")
def chatbot(model_directory):
    return keras_dialgan.load_chatbot(model_directory.path)


def bias_towards(chatbot, token):
    """Returns a chatbot that says one token, and what undoes it."""
    bias = chatbot._generator.projection.bias
    former = bias.numpy()
    bias.assign(former + 1e4 * np.eye(len(former))[token])
    return lambda: bias.assign(former)


def test_replies_are_the_generators_own_responses(chatbot, model_directory):
    generator, _ = model_directory.load_stage("final")
    contexts = model_directory.text_pipeline().encode(PAIRED)
    tokens = [
        model_directory.vocabulary.decode(row)
        for row in Responder(generator)(contexts)
    ]
    replies = chatbot.replies(PAIRED)
    assert [reply.tokens for reply in replies] == tokens
    assert all(reply.log_probability < 0 for reply in replies)
    assert [reply.text for reply in replies] == chatbot.reply(PAIRED)


def test_the_last_stage_answers_unless_another_is_chosen(
    chatbot, model_directory
):
    assert chatbot.stages == STAGES
    assert chatbot.stage == "final"
    other = keras_dialgan.load_chatbot(str(model_directory.path), stage="mle")
    assert other.stage == "mle"
    assert other.reply(PAIRED) != chatbot.reply(PAIRED)


def test_a_missing_stage_or_model_is_a_users_error(model_directory, tmp_path):
    with pytest.raises(UserError, match="has no stage 'E'"):
        keras_dialgan.load_chatbot(model_directory.path, stage="E")
    with pytest.raises(UserError, match="no such file"):
        keras_dialgan.load_chatbot(tmp_path)


def test_a_strategy_decodes_with_the_same_weights(chatbot):
    beam = chatbot.with_strategy(BeamSearch(1, length_penalty=0.0))
    assert beam.reply(PAIRED) == chatbot.reply(PAIRED)
    drawing = chatbot.with_strategy(TopKSampling(20, seed=1))
    assert drawing.reply(PAIRED) != chatbot.reply(PAIRED)


def test_a_top_k_beyond_the_vocabulary_is_a_users_error(chatbot):
    with pytest.raises(UserError, match="exceeds the vocabulary"):
        chatbot.with_strategy(TopKSampling(100_000))


def test_tags_are_filled_from_the_utterance_or_kept(chatbot, model_directory):
    undo = bias_towards(chatbot, chatbot.directory.vocabulary.id(PERSON))
    try:
        known, unknown = chatbot.replies(["do you know anna", "hello"])
    finally:
        undo()
    assert known.text.startswith("Anna my friend my friend")
    assert unknown.text.startswith("My friend my friend")
    assert known.tokens == [PERSON] * len(known.tokens)

    keeping = keras_dialgan.load_chatbot(model_directory.path, fill_tags=False)
    bias_towards(keeping, chatbot.directory.vocabulary.id(PERSON))
    (kept,) = keeping.replies(["do you know anna"])
    assert kept.text == detokenize(kept.tokens)
    assert kept.text.startswith("<person> <person>")


@pytest.mark.parametrize("token", [EOS, UNK])
def test_a_response_without_words_becomes_dots(chatbot, token):
    undo = bias_towards(chatbot, token)
    try:
        assert chatbot.reply(["hi!", ""]) == ["...", "..."]
    finally:
        undo()


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_input_is_answered(chatbot, text):
    (reply,) = chatbot.reply([text])
    assert reply
    assert reply.isprintable()
    reply.encode("utf-8")


def test_an_utterance_without_known_words_is_an_empty_context(chatbot):
    (expected,) = chatbot.reply([""])
    for text in (" ", "xyzzy plugh", "\ud800", "#"):
        assert chatbot.reply([text]) == [expected]


def test_the_end_of_a_long_utterance_is_read(chatbot):
    words = [
        word for word in chatbot.directory.vocabulary.tokens if word.isalpha()
    ]
    asked = " ".join(words[:LENGTH])
    assert chatbot.reply(["no " * 300_000 + asked]) == chatbot.reply([asked])


def test_a_tag_that_is_typed_is_a_word(chatbot):
    assert chatbot.reply(["<person>"]) == chatbot.reply(["person"])
    assert chatbot.reply(["hi <eos> you"]) == chatbot.reply(["hi you"])


def test_batches_of_any_size_are_answered_row_by_row(chatbot):
    assert chatbot.reply([]) == []
    texts = [*PAIRED, *HOSTILE.values()]
    alone = [chatbot.reply([text])[0] for text in texts]
    assert chatbot.reply(texts) == alone
    many = chatbot.reply(PAIRED * 1024)
    assert many == alone[: len(PAIRED)] * 1024


def test_nothing_is_kept_of_what_users_say(chatbot):
    chatbot.reply(["Anna lives in Rome"])
    counts = chatbot._pipeline.tagger.entities.values()
    assert not any(counts)


@pytest.mark.parametrize(
    ("utterances", "message"),
    [
        ("hi", r"reply\(\[utterance\]\)"),
        (b"hi", "list of strings"),
        (None, "not NoneType"),
        (3, "not int"),
        (["hi", None], "utterance 1 must be a string, not NoneType"),
        ([b"hi"], "utterance 0 must be a string, not bytes"),
        ([["hi"]], "utterance 0 must be a string, not list"),
    ],
)
def test_what_is_no_list_of_strings_is_a_type_error(
    chatbot, utterances, message
):
    with pytest.raises(TypeError, match=message):
        chatbot.reply(utterances)

from keras_dialgan.text import UNK, TextPipeline, Vocabulary, get_tagger
from keras_dialgan.text.vocabulary import FIRST_TOKENS

VOCABULARY = Vocabulary([*FIRST_TOKENS, "is", "in", "."])


def test_raw_text_becomes_ids_without_unknown_words():
    pipeline = TextPipeline(get_tagger("rules"), VOCABULARY)
    assert pipeline.encode(["Anna is in Rome.", "nothing known"]) == [
        [4, 7, 8, 6, 9],
        [],
    ]
    assert pipeline.tokens(["Who is Anna"]) == [["who", "is", "<person>"]]


def test_a_long_utterance_keeps_its_last_tokens():
    pipeline = TextPipeline(get_tagger("rules"), VOCABULARY, max_length=2)
    assert pipeline.encode(["Anna is in Rome."]) == [[6, 9]]


def test_unknown_words_may_become_the_unknown_token():
    pipeline = TextPipeline(get_tagger("none"), VOCABULARY, maps_unknown=True)
    assert pipeline.encode(["nothing is."]) == [[UNK, 7, 9]]

import gzip
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_dialgan.corpus import Problems
from keras_dialgan.corpus.formats import opensubtitles, raw_files
from keras_dialgan.corpus.formats.opensubtitles import read_opensubtitles
from keras_dialgan.text.tokenisation import tokenize
from tests.data_folder import dialogue_data

HEAD = '<?xml version="1.0" encoding="utf-8"?>\n<document id="1">\n'
END = "</document>\n"


def sentence(text, start=None, end=None):
    marks = [
        f'<time id="T1{kind}" value="00:00:{seconds:06.3f}" />'.replace(
            ".", ","
        )
        if seconds is not None
        else ""
        for kind, seconds in (("S", start), ("E", end))
    ]
    return f'  <s id="1">\n    {marks[0]}\n{text}\n    {marks[1]}\n  </s>\n'


def words(*tokens):
    return "\n".join(f'    <w id="1.1">{token}</w>' for token in tokens)


def film(*sentences):
    return HEAD + "".join(sentences) + END


def read(folder, text):
    path = folder / "film.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    problems = Problems()
    dialogues = list(read_opensubtitles(path, problems))
    places = {
        reason: [place.removeprefix(f"{path}:") for place in places]
        for reason, places in problems.examples.items()
    }
    return dialogues, places


def test_six_seconds_of_silence_end_a_dialogue(tmp_path):
    text = film(
        sentence("A.", 1, 2),
        sentence("B.", 7.999),
        sentence("C.", None, 9),
        sentence("D.", 15, 16),
        sentence("E.", 2, 3),
    )
    assert read(tmp_path, text) == ([["A.", "B.", "C."], ["D."], ["E."]], {})


def test_a_sentence_over_several_subtitles_is_one_utterance(tmp_path):
    between = (
        '<time id="T1E" value="00:00:02,000" />\n'
        '<time id="T2S" value="00:00:02,500" />'
    )
    text = film(sentence(f"I think\n{between}\nyou know.", 1, 4))
    assert read(tmp_path, text) == ([["I think you know."]], {})


def test_a_silence_within_a_sentence_ends_nothing(tmp_path):
    late = '<time id="T2S" value="00:00:30,000" />'
    text = film(sentence("A.", 1, 2), sentence(f"I think\n{late}\nso."))
    assert read(tmp_path, text)[0] == [["A.", "I think so."]]


def test_speakers_notes_and_songs_are_told_apart(tmp_path):
    text = film(
        sentence("- Is he here? - Yes."),
        sentence("[ Door slams ]"),
        sentence("♪ La la ♪"),
        sentence("- No."),
    )
    assert read(tmp_path, text)[0] == [["Is he here?", "Yes.", "No."]]


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        (["Do", "n't", "you", "'re", "late", "!"], "Don't you're late!"),
        (["DO", "N'T"], "DON'T"),
        (["-", "How", "'d", "it", "go", "?"], "How'd it go?"),
        (["I", "'m", "gon", "na", "go", "."], "I'm gonna go."),
        (["I", "got", "ta", "go", "..."], "I gotta go..."),
        (["Of", "1", ",", "600", "men", ",", "two"], "Of 1,600 men, two"),
        (["It", "'s", "5", "o", "'clock"], "It's 5 o'clock"),
        (["C", "'est", "la", "vie", "…"], "C'est la vie…"),
        (["Tom", "&amp;", "Ann", "&lt;3"], "Tom & Ann <3"),
        (["Begon", "na", "now"], "Begon na now"),
    ],
)
def test_tokens_are_put_together(tmp_path, tokens, text):
    assert read(tmp_path, film(sentence(words(*tokens))))[0] == [[text]]


def test_the_raw_text_of_the_corpus_is_read_as_lines(tmp_path):
    path = tmp_path / "en.txt.gz"
    path.write_bytes(gzip.compress("\ufeffHi.\n- Hello!\n".encode()))
    assert list(read_opensubtitles(path, Problems())) == [["Hi.", "- Hello!"]]


def test_a_document_that_is_broken_off_gives_what_came_before(tmp_path):
    text = film(*[sentence(f"{letter}.") for letter in "ABC"])
    dialogues, problems = read(tmp_path, text[: text.index("C.") + 1])
    assert dialogues == [["A.", "B."]]
    assert problems == {"broken XML": ["15"]}


def test_a_document_with_a_mistake_gives_what_came_before(tmp_path):
    text = film(sentence("A."), sentence("B. & so"), sentence("C."))
    assert read(tmp_path, text) == ([["A."]], {"broken XML": ["10"]})


def test_broken_times_are_counted(tmp_path):
    text = film(sentence("A.", 1, 2), sentence("B.", 30), sentence("C."))
    text = text.replace("00:00:30,000", "soon")
    assert read(tmp_path, text) == (
        [["A.", "B.", "C."]],
        {"broken times": ["8"]},
    )


@pytest.mark.parametrize(
    "declaration",
    [
        '<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY b SYSTEM "file:///etc/hostname">',
        '<!ENTITY % p SYSTEM "http://localhost/x.dtd"> %p;',
    ],
)
def test_entities_are_neither_expanded_nor_fetched(tmp_path, declaration):
    text = film(sentence("A."), sentence("&b;"))
    text = text.replace("?>", f"?><!DOCTYPE document [{declaration}]>", 1)
    assert read(tmp_path, text) == ([], {"XML with entities": ["1"]})


def test_an_external_document_type_is_not_fetched(tmp_path):
    (tmp_path / "x.dtd").write_text('<!ENTITY b "stolen">')
    text = film(sentence("A."), sentence("&b;"), sentence("C."))
    text = text.replace("?>", '?><!DOCTYPE document SYSTEM "x.dtd">', 1)
    dialogues, _ = read(tmp_path, text)
    assert "stolen" not in str(dialogues)


@pytest.mark.parametrize(
    ("hostile", "problem"),
    [
        (sentence("x" * 10_000_000), "sentence too long"),
        (sentence("x " * 40_000), "sentence too long"),
        (f'<s id="{"x" * 10_000_000}">B.</s>', "XML tag too long"),
        ("<w>" * 3_000_000, "XML nested too deeply"),
    ],
)
def test_memory_does_not_grow_with_a_document(tmp_path, hostile, problem):
    path = tmp_path / "film.xml.gz"
    text = film(sentence("A."), hostile, sentence("C."))
    path.write_bytes(gzip.compress(text.encode(), 1))
    del text
    problems = Problems()
    tracemalloc.start()
    dialogues = list(read_opensubtitles(path, problems))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert dialogues[0] == ["A."]
    assert problem in problems.counts
    assert peak < 40_000_000


pieces = st.lists(
    st.sampled_from(
        [sentence("A.", 1, 2), sentence(words("Do", "n't")), "<s>", "</s>",
         "<w>", "</w>", "x", "&amp;", "&#0;", "&b;", "<!-- <s>c</s> -->",
         "<![CDATA[<s>d</s>]]>", "<time/>", "<s x='1'>e</s>", "<", "\n"]
    )
)  # fmt: skip


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(pieces, st.integers(1, 40), st.booleans())
def test_no_document_stops_the_reader_nor_depends_on_blocks(
    tmp_path, monkeypatch, parts, size, is_gzip
):
    text = film(*parts).encode()
    whole = read(tmp_path, text)
    monkeypatch.setattr(raw_files, "BLOCK_BYTES", size)
    assert read(tmp_path, gzip.compress(text) if is_gzip else text) == whole
    monkeypatch.undo()
    for dialogue in whole[0]:
        assert all(" ".join(text.split()) == text for text in dialogue)


@pytest.mark.parametrize("layout", ["xml", "raw"])
def test_the_opening_of_an_original_is_read(layout):
    path = dialogue_data() / f"native/opus/{layout}/en/4296906-opening.xml"
    assert list(read_opensubtitles(path, Problems())) == [
        ["How'd you score that?", "Mike the groundskeeper."]
    ]


def test_tokenised_and_raw_layout_give_the_same_tokens():
    problems = Problems()
    films = [
        [
            [tokenize(text) for text in dialogue]
            for dialogue in read_opensubtitles(
                dialogue_data() / f"native/opus/{layout}/en/1917.xml.gz",
                problems,
            )
        ]
        for layout in ("xml", "raw")
    ]
    assert films[0] == films[1]
    assert len(films[0]) == 115
    assert not problems.counts


def test_a_sentence_may_be_spread_over_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(raw_files, "BLOCK_BYTES", 7)
    monkeypatch.setattr(opensubtitles, "MAX_SENTENCE_BYTES", 200)
    text = film(sentence("Ä."), sentence("♥ B."), sentence("x" * 300))
    dialogues, problems = read(tmp_path, text)
    assert dialogues == [["Ä.", "♥ B."]]
    assert problems == {"sentence too long": ["13"]}

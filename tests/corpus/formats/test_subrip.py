import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_dialgan.corpus import Problems
from keras_dialgan.corpus.formats.subrip import read_subrip
from tests.data_folder import dialogue_data


def time(seconds):
    minutes, seconds = divmod(seconds, 60)
    return f"00:{int(minutes):02}:{seconds:06.3f}".replace(".", ",")


def film(*cues):
    """SubRip text of cues (start, end, text) in seconds."""
    return "\n".join(
        f"{number}\n{time(start)} --> {time(end)}\n{text}\n"
        for number, (start, end, text) in enumerate(cues, start=1)
    )


def read(path, data):
    path = path / "film.srt"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    problems = Problems()
    dialogues = list(read_subrip(path, problems))
    places = {
        reason: [place.removeprefix(f"{path}:") for place in places]
        for reason, places in problems.examples.items()
    }
    return dialogues, places


PLAIN = film((1, 2, "Who's there?"), (3, 4, "Me."), (10, 11, "Oh."))


def test_six_seconds_of_silence_end_a_dialogue(tmp_path):
    cues = [(1, 2, "A."), (7.999, 9, "B."), (15, 16, "C."), (2, 3, "D.")]
    assert read(tmp_path, film(*cues)) == ([["A.", "B."], ["C."], ["D."]], {})


def test_notes_and_songs_do_not_break_a_silence(tmp_path):
    cues = [(1, 2, "A."), (4, 6, "[THUNDER]"), (9, 10, "B.")]
    assert read(tmp_path, film(*cues))[0] == [["A."], ["B."]]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("I think that", "we should go.", "I think that we should go."),
        ("I told you,", "Frank.", "I told you, Frank."),
        ("I told you...", "not to go.", "I told you... not to go."),
        ("I told you...", "...not to go.", "I told you... not to go."),
        ("I told you--", "--not to go.", "I told you-- not to go."),
        ("I told you...", "What?", None),
        ("I told you.", "not to go.", None),
        ("I told you", "- What?", None),
        ("I told you", "ANN: What?", None),
        ('"I told you."', "not to go.", None),
    ],
)
def test_a_sentence_over_two_cues_is_joined(tmp_path, first, second, joined):
    dialogues, _ = read(tmp_path, film((1, 2, first), (2.5, 4, second)))
    if joined:
        assert dialogues == [[joined]]
    else:
        assert [len(dialogue) for dialogue in dialogues] == [2]


def test_a_pause_parts_the_cues_of_a_sentence(tmp_path):
    dialogues, _ = read(tmp_path, film((1, 2, "I told"), (5.5, 6, "you")))
    assert dialogues == [["I told", "you"]]


def test_at_most_four_cues_are_joined(tmp_path):
    cues = [(i, i + 0.9, f"word{i}") for i in range(1, 7)]
    assert read(tmp_path, film(*cues))[0] == [
        ["word1 word2 word3 word4", "word5 word6"]
    ]


def test_only_the_last_speaker_of_a_cue_goes_on(tmp_path):
    cues = [(1, 2, "- Who?\n- The man\nwho lives"), (2, 3, "next door.")]
    assert read(tmp_path, film(*cues))[0] == [
        ["Who?", "The man who lives next door."]
    ]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]
)
def test_every_usual_encoding_is_read(tmp_path, encoding):
    text = film((1, 2, "Déjà vu, naïve…"), (3, 4, "“Quite” so."))
    dialogues, problems = read(tmp_path, text.encode(encoding))
    assert dialogues[0][0] == "Déjà vu, naïve…"
    assert dialogues[0][1] == "“Quite” so."
    assert not problems


@pytest.mark.parametrize("end", ["\r\n", "\r", "\r\r\n"])
def test_line_ends_do_not_matter(tmp_path, end):
    expected = read(tmp_path, PLAIN)
    assert read(tmp_path, PLAIN.replace("\n", end)) == expected
    mixed = PLAIN.replace("\n", end, 4)
    assert read(tmp_path, mixed) == expected


@pytest.mark.parametrize(
    ("old", "new", "problems"),
    [
        ("2\n00:00:03", "00:00:03", {"cue without number": ["5"]}),
        ("2\n00:00:03", "l2\n00:00:03", {"cue without number": ["6"]}),
        ("\n\n2\n", "\n2\n", {"no blank line between cues": ["5"]}),
        ("\n\n2\n", "\n\n\n2\n\n", {}),
        ("04,000\nMe", "04,000\n\nMe", {}),
        ("00:00:03,000", "0:0:3", {}),
        ("00:00:03,000", "00:00:O3,000", {"broken times": ["6"]}),
        ("--> 00:00:04,000", "", {"broken times": ["6"]}),
        (
            "00:00:04,000",
            "00:00:02,000",
            {"cue that ends before it starts": ["6"]},
        ),
    ],
)
def test_untidy_cues_are_read_and_counted(tmp_path, old, new, problems):
    assert old in PLAIN
    dialogues, found = read(tmp_path, PLAIN.replace(old, new))
    said = [text for dialogue in dialogues for text in dialogue]
    assert said == ["Who's there?", "Me.", "Oh."]
    assert found == problems


def test_a_cue_without_times_is_left_out_and_ends_the_dialogue(tmp_path):
    text = film((1, 2, "A."), (3, 4, "B."), (5, 6, "C.")).replace(
        "00:00:03,000 --> 00:00:04,000\n", ""
    )
    dialogues, problems = read(tmp_path, text)
    assert dialogues == [["A."], ["C."]]
    assert problems == {"cue without times": ["5"]}


def test_a_file_without_times_has_no_dialogue(tmp_path):
    dialogues, problems = read(tmp_path, "1\nA.\n\n2\nB.\n\n3\nC.\n")
    assert dialogues == []
    assert problems == {"cue without times": ["1", "4", "7"]}


def test_an_unusable_line_takes_its_cue_with_it(tmp_path):
    data = film((1, 2, "A."), (3, 4, "B\0."), (5, 6, "C.")).encode()
    dialogues, problems = read(tmp_path, data)
    assert dialogues == [["A."], ["C."]]
    assert problems == {"NUL character": ["7"]}


def test_a_cue_has_a_bounded_number_of_lines(tmp_path):
    text = film((1, 2, "A."), (3, 4, "x\n" * 10_000), (5, 6, "C."))
    dialogues, problems = read(tmp_path, text)
    assert dialogues == [["A."], ["C."]]
    assert problems["cue too long"] == ["57"]


cues = st.lists(
    st.sampled_from(
        ["1", "22", "", " ", "00:00:01,000 --> 00:00:02,000", "Hi.", "- no",
         "<i>x", "(a", "00:00:0x --> 1", "-->", "[b]", "FRANK:", "♪", "and..."]
    )
    | st.text(max_size=5)
)  # fmt: skip


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cues)
def test_no_text_stops_the_reader(tmp_path, lines):
    dialogues, _ = read(
        tmp_path, "\n".join(lines).encode("utf-8", "surrogatepass")
    )
    for dialogue in dialogues:
        assert dialogue
        for text in dialogue:
            assert text
            assert text == " ".join(text.split())
            assert not set(text) & set("\r\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("10.utf-8-bom", "Ah. Come in, Mr. Webber."),
        ("1917.utf-8", "They told us we'd be home by Christmas."),
        ("300.cp1252", "When the boy was born... like all Spartans, he was"
         " inspected."),
        ("airplane.labels", "The white zone is for immediate loading and"
         " unloading of passengers only."),
        ("beetlejuice.utf-16", "Manchurian tung oil. Where did you get this?"),
        ("fast-furious.font", "You got this? You bet your ass, bubba."),
    ],
)  # fmt: skip
def test_films_are_read_without_problems(name, said):
    problems = Problems()
    path = dialogue_data() / f"native/srt/{name}.srt"
    dialogues = list(read_subrip(path, problems))
    assert not problems.counts
    assert 80 < len(dialogues) < 140
    assert said in [text for dialogue in dialogues for text in dialogue]


def test_films_have_the_dialogues_of_the_reference_corpus():
    """Dialogues of several utterances, as films.tsv counts them."""
    folder = dialogue_data()
    rows = (folder / "film-subtitles/films.tsv").read_text().splitlines()
    counts = {row.split("\t")[0]: int(row.split("\t")[2]) for row in rows[1:]}
    films = {
        "10": "10.utf-8-bom",
        "1917": "1917.utf-8",
        "300": "300.cp1252",
        "Airplane!": "airplane.labels",
    }
    for title, name in films.items():
        path = folder / f"native/srt/{name}.srt"
        dialogues = list(read_subrip(path, Problems()))
        assert sum(len(d) > 1 for d in dialogues) == counts[title]

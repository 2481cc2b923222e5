import pytest

from keras_dialgan.corpus.formats.subtitle_text import spoken_parts


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Hello there.", ["Hello there."]),
        ("A sentence on\ntwo lines.", ["A sentence on two lines."]),
        (
            "<i>Slanted</i> <font color='#ffffff'>white</font>",
            ["Slanted white"],
        ),
        ("{\\an8}{i}On top", ["On top"]),
        ("I <3 you, x < y > z", ["I <3 you, x < y > z"]),
        ("[door slams] Hi.", ["Hi."]),
        ("(SIGHS)", []),
        ("(THEME FROM\nJAWS PLAYING)", []),
        ("Oh (laughs)\nno.", ["Oh no."]),
        ("♪ Here comes the sun ♪", []),
        ("♪ Here comes\nthe sun ♪\nMorning.", ["Morning."]),
        ("# Row, row your boat #", []),
        ("#1 is the best", ["#1 is the best"]),
        ("Subtitles by SomeOne", []),
        ("Subtitles downloaded from\nPodnapisi.NET", []),
        ("www.yifysubtitles.com", []),
        ("Synced and corrected by Elder", []),
        ("I came by the sub.", ["I came by the sub."]),
        ("Wait. . . what . . . .", ["Wait... what ..."]),
        ("...", []),
        ("-", []),
    ],
)
def test_only_what_is_spoken_is_left(text, spoken):
    assert [part for part, _ in spoken_parts(text)] == spoken


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("- Is he here?\n- Yes.", [("Is he here?", True), ("Yes.", True)]),
        ("-Is he\nhere?\n-Yes.", [("Is he here?", True), ("Yes.", True)]),
        ("Is he here?\n– Yes.", [("Is he here?", False), ("Yes.", True)]),
        ("- Is he here? - Yes.", [("Is he here?", True), ("Yes.", True)]),
        ("- [GASPS]\n- Yes.", [("Yes.", True)]),
        ("-- and then he left", [("-- and then he left", False)]),
        ("It's a well-known - if old - joke.", None),
        ("FRANK: Hi.\nMAN ON PHONE: Hm.", [("Hi.", True), ("Hm.", True)]),
        ("DILIOS:\nWhen he was born", [("When he was born", True)]),
        ("McCOY: He's dead.", [("He's dead.", True)]),
        ("At 10:30: we go.", None),
        ("Listen: we go.", None),
    ],
)
def test_dashes_and_labels_begin_another_speaker(text, parts):
    assert spoken_parts(text) == (parts or [(text, False)])

import re
import unicodedata

import pytest

from keras_dialgan.text import normalise, patterns
from keras_dialgan.text.normalisation import fold


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  two\t words\r\n", "two words"),
        ("It\u2019s \u201cfine\u201d", 'It\'s "fine"'),
        ("don\u00b4t can`t", "don't can't"),
        ("wait\u2026", "wait..."),
        ("\ufeffzero\u200bwidth\u00ad", "zerowidth"),
        ("bell\x07 nul\x00", "bell nul"),
        ("\uff28\uff49 \ufb01ne\u00a0day", "Hi fine day"),
        ("José", "José"),
        ("Jose\u0301", "José"),
        ("", ""),
    ],
)
def test_equal_text_gets_one_spelling(raw, clean):
    assert normalise(raw) == clean


def test_folding_strips_accents_and_keeps_case():
    assert fold("José Łódź Søren Ærø naïve") == "Jose Lodz Soren Aero naive"


def test_the_ascii_short_cut_agrees_with_the_long_way():
    for code in range(128):
        text = f"a{chr(code)}b  c"
        slow = unicodedata.normalize("NFKC", text)
        for pattern, replacement in patterns.QUOTE_SUBSTITUTIONS:
            slow = re.sub(pattern, replacement, slow)
        for pattern, replacement in patterns.SPACE_SUBSTITUTIONS:
            slow = re.sub(pattern, replacement, slow, flags=re.ASCII)
        assert normalise(text) == slow.strip(" ")

"""Strings that text processing finds hard, made at random."""

import random

from keras_dialgan.text.entity_rules import GAZETTEERS, gazetteer

FRAGMENTS = (
    *"aisSAZ09",
    *" .,!?:'\"-_/%<>&()*#@",
    *("...", "?!", " ' s", "'em", "'s", "o'", "O'", "D'", "don't", "n't"),
    *("\x00", "\x01", "\x02", "\x1b[31m", "\x7f", "\t", "\r\n", "\x85", "\x1c"),
    *("\u00a0", "\u00a8", "\u00ad", "\u0301", "\u0345", "\u05b0", "\u061c"),
    *("\u1680", "\u180e", "\u200b", "\u200d", "\u2028", "\u202e", "\u2066"),
    *("\u3000", "\u3164", "\ufe0f", "\ufeff", "\ufffd", "\uffff", "\ufdfa"),
    *("é", "Ł", "ß", "ẞ", "İ", "ı", "ſ", "Å", "ﬁ", "…", "½", "²", "№", "Ⅷ"),
    *("’", "“", "`", "´", "＇", "｀", "Ａ", "９", "①", "𝐀", "\U0001ccd6"),
    *("שלום", "مرحبا", "你好", "한글", "ПРИВЕТ", "Ωμέγα", "😀", "👨‍👩‍👧", "🇬🇧"),
    *("<person>", "<place>", "<pad>", "<eos>", "[UNK]", "\\1", "\\x01", "$&"),
    *("5", "5:30", "pm", "p.m.", "a.m", "1st", "20%", "two", "twenty", "one"),
    *("hundred", "and", "million", "1,000.50", "9mm", "M16", "2s", "k"),
    *("Mr.", "mr", "MRS", "Dr.", "dr.", "Captain", "aunt", "Who", "McCoy"),
    *("Anna", "anna", "ANNA", "Mary", "Ann", "Smith", "smith", "Will", "may"),
    *("New", "York", "new york", "City", "St.", "Louis", "D.C.", "Turkey"),
    *("hi", "who", "is", "the", "How are you?", "I", "i'm", "you've"),
)


def fuzzed(seed: int, count: int) -> list[str]:
    """Makes strings of hard fragments, names, titles and any characters."""
    source = random.Random(seed)
    phrases = [p for name in GAZETTEERS for p in gazetteer(name)]
    return [_string(source, phrases) for _ in range(count)]


def _string(source, phrases):
    separator = source.choice(["", " ", " ", " "])
    length = min(int(source.expovariate(0.15)), 60)
    return separator.join(_fragment(source, phrases) for _ in range(length))


def _fragment(source, phrases):
    kind = source.random()
    if kind < 0.6:
        return source.choice(FRAGMENTS)
    if kind < 0.9:
        phrase = source.choice(phrases)
        return source.choice(
            [phrase, phrase.title(), phrase.upper(), phrase.capitalize()]
        )
    while True:
        code = source.choice([256, 0x3000, 0x10000, 0x110000])
        character = chr(source.randrange(code))
        if not "\ud800" <= character <= "\udfff":
            return character

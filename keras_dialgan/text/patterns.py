r"""Every pattern of the text processing, written once.

The constants are read alike by Python's `re` (with `re.ASCII`) and by RE2, so
that training, chat and an exported TensorFlow graph cannot disagree: no
look-around, no back-references, no named classes. Substitutions are pairs of
a pattern and a replacement, to be applied in order.
"""

# Normalisation, before NFKC: typographic quotes and what is typed for them,
# and the outlined letters of Unicode 16, which not every Unicode library
# decomposes yet.
QUOTE_SUBSTITUTIONS = (
    ("[\u2018\u2019\u201a\u201b\u2032\u00b4`\u02bb\u02bc]", "'"),
    ("[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]", '"'),
    ("[\U0001ccd6-\U0001ccf9]", " "),
)

# Normalisation, after NFKC.
SPACE_SUBSTITUTIONS = (
    (
        "[\\x00-\\x08\\x0e-\\x1f\\x7f-\u0084\u0086-\u009f\u00ad\u200b-\u200f"
        "\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+",
        "",
    ),
    (
        "[\\t\\n\\x0b\\f\\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f"
        "\u205f\u3000]+",
        " ",
    ),
)

# Folding, after NFKD: combining marks, then letters without decomposition,
# and the spaces that lone accents leave.
FOLD_SUBSTITUTIONS = (
    (
        "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+",
        "",
    ),
    ("[\u00f8]", "o"),
    ("[\u00d8]", "O"),
    ("[\u0142]", "l"),
    ("[\u0141]", "L"),
    ("[\u0131]", "i"),
    ("[\u00f0\u0111]", "d"),
    ("[\u00d0\u0110]", "D"),
    ("[\u00e6]", "ae"),
    ("[\u00c6]", "Ae"),
    ("[\u0153]", "oe"),
    ("[\u0152]", "Oe"),
    ("[\u00fe]", "th"),
    ("[\u00de]", "Th"),
    ("[\u00df]", "ss"),
    ("[\u1e9e]", "SS"),
    (" +", " "),
)

# Words whose full stop does not end a sentence.
ABBREVIATIONS = ("mr", "mrs", "ms", "dr", "prof", "jr", "sr", "vs")

# Tokenisation, after case folding. The full stop of an abbreviated title does
# not end a sentence, contractions that a corpus splits ("don ' t") are joined,
# and a run of marks says no more than one mark.
TOKEN_SUBSTITUTIONS = (
    (rf"\b({'|'.join(ABBREVIATIONS)})\.", r"\1"),
    (r"([a-z]) ' (s|t|m|d|ll|re|ve)\b", r"\1'\2"),
    (r"[!?]*\?[!?]*", "?"),
    (r"!+", "!"),
    (r"\.\.+", "..."),
)

# A word with its contractions, what is left of one after a tag or an elision
# ("<person> 's", "'em"), or a punctuation mark. All else separates tokens.
TOKEN = (
    r"[a-z0-9]+(?:'[a-z0-9]+)*"
    r"|'(?:s|d|ll|re|ve|em|til|cause)\b"
    r"|\.\.\.|[.,!?]"
)

# Detokenisation: tokens that join the word before them, those of them that
# end a sentence, and words that have a capital anywhere.
PUNCTUATION = (".", ",", "!", "?", "...")
CLITICS = ("'s", "'d", "'ll", "'re", "'ve")
SENTENCE_ENDS = (".", "!", "?", "...")
CAPITALISED = r"i(?:'[a-z]+)?"

# The words of the rules tagger: runs of letters and digits, single symbols.
WORD = r"[A-Za-z0-9]+"
SYMBOL = r"[^A-Za-z0-9]"

_TENS = "(?:twenty|thirty|forty|fourty|fifty|sixty|seventy|eighty|ninety)"
_SCALE = "(?:hundred|thousand|million|billion|trillion)s?"
_BELOW_TEN = "two|three|four|five|six|seven|eight|nine"
_TEENS = (
    "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    "|nineteen"
)
_NUMBER_WORD = (
    f"(?:{_TENS}(?:[ -](?:one|{_BELOW_TEN})\\b)?|{_TEENS}|{_BELOW_TEN}"
    f"|(?:one[ -])?{_SCALE})"
)
_NUMBER_WORDS = rf"{_NUMBER_WORD}\b(?:[ -]{_NUMBER_WORD}\b)*"
_DIGITS = (
    r"[0-9]+(?:[.,:/-][0-9]+)*"
    rf"(?:%|(?:st|nd|rd|th|s|k|m)\b| ?(?:am|pm)\b| ?[ap]\.m\b\.?"
    rf"|(?: {_SCALE})+\b|\b)"
)

# Numbers in digits, with their suffix, or in words. "one" alone is a pronoun
# as often as a number and stays a word.
NUMBER = (
    rf"(?i)\b(?:{_DIGITS}"
    rf"|(?:{_NUMBER_WORD}[ -])*(?:one[ -])?{_SCALE}"
    rf" and (?:one\b|{_NUMBER_WORDS})"
    rf"|{_NUMBER_WORDS})"
)

# What a title makes a name: a capitalised word, or after an abbreviation any
# word where nothing is capitalised.
AFTER_TITLE = r"\.? ((?:O'|D')?[A-Z][A-Za-z]*[a-z])"
AFTER_SMALL_TITLE = r"\.? ([a-z][a-z]+)"
SMALL_TITLES = ("mr", "mrs", "ms", "dr")

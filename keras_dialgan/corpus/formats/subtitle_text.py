"""What people say in the text of a film subtitle."""

import re
from collections.abc import Iterator

# Every repetition is bounded, so that the time for hostile text is too.
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,200}>|\{[^{}]{0,200}\}")
_NOTE = re.compile(r"\[[^\[\]]{0,300}\]|\([^()]{0,300}\)")
_SONG = re.compile(r"[♪♫]|^#(?!\d)|(?<!\w)#$")
_LABEL = re.compile(r"[A-Z](?:[A-Zc0-9 .,'&#/\"-]{0,40}[A-Z0-9.\"])? ?:(?!\S)")
_DASH = re.compile(r"[-‐–—](?![-‐–—])\s*")
_NEXT_SPEAKER = re.compile(r"(?<=[.!?…\"']) [-‐–—] ?(?=[A-Z\"'.¿¡])")
_SPACED_ELLIPSIS = re.compile(r"\.(?: ?\.){1,9}")
# Without one of these a text is what one speaker says, and nothing else.
_MARKS = re.compile(r"[-‐–—:♪♫#<{\[(]")
_WORD = re.compile(r"[^\W_]")

# Texts of the people who made or published the subtitles.
_CREDIT = re.compile(
    r"www\.|https?:|\w\.(?:com|org|net)\b"
    r"|\bsub(?:title|s\b)s?.{0,20}\b(?:by|from|download|rip|edit|extract)"
    r"|\b(?:caption|transcri|correct|rip|translat|sync)\w{0,20}"
    r" (?:(?:and|&) \w{1,20} )?by\b"
    r"|\bsync.{0,20}\bcorrect|remove all ads",
    re.DOTALL,
)


def _is_credit(text: str) -> bool:
    lower = text.lower()
    # Each credit has one of these, which are quicker to search for.
    return (
        " by" in lower
        or "www." in lower
        or "http" in lower
        or ".com" in lower
        or ".org" in lower
        or ".net" in lower
        or "sub" in lower
        or "sync" in lower
        or "remove all" in lower
    ) and bool(_CREDIT.search(lower))


def spoken_parts(text: str) -> list[tuple[str, bool]]:
    """Splits the text of a subtitle into what its speakers say.

    Markup, notes for the hard of hearing in brackets, songs, speaker labels
    and credits are left out.

    Args:
        text: one or several lines.

    Returns:
        The words of each speaker on one line, with whether a dash or a label
        marks that another speaker begins.

    Example:

    >>> spoken_parts("<i>- Who's there?</i>\\n- [whispers] Me.")
    [("Who's there?", True), ('Me.', True)]
    """
    if _is_credit(text):
        return []
    if ". ." in text:
        text = _SPACED_ELLIPSIS.sub("...", text)
    if not _MARKS.search(text):
        return [(" ".join(text.split()), False)] if _WORD.search(text) else []
    if "<" in text or "{" in text:
        text = _MARKUP.sub("", text)
    if "[" in text or "(" in text:
        text = _NOTE.sub("", text)
    parts = []
    for line, is_new in _lines_by_speaker(text):
        if is_new or not parts:
            parts.append((line, is_new))
        else:
            parts[-1] = (f"{parts[-1][0]} {line}", parts[-1][1])
    return [
        (" ".join(part.split()), is_new)
        for part, is_new in parts
        if _WORD.search(part)
    ]


def _lines_by_speaker(text: str) -> Iterator[tuple[str, bool]]:
    sings = False
    for line in _NEXT_SPEAKER.sub("\n- ", text).split("\n"):
        line = line.strip()
        dash = _DASH.match(line)
        if dash:
            line = line[dash.end() :]
            sings = False
        label = _LABEL.match(line)
        if label:
            line = line[label.end() :]
        notes = len(_SONG.findall(line))
        if notes or sings:
            sings ^= notes % 2 == 1
            line = ""
        yield line, bool(dash or label)

"""Reader of SubRip subtitles."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from keras_dialgan.corpus.formats.plain_text import group_dialogues
from keras_dialgan.corpus.formats.raw_files import (
    Advance,
    guess_encoding,
    read_lines,
)
from keras_dialgan.corpus.formats.subtitle_text import spoken_parts
from keras_dialgan.corpus.formats.subtitle_times import is_silence, milliseconds
from keras_dialgan.corpus.problems import Problems

# Milliseconds between subtitles that one sentence runs over.
JOIN_WITHIN = 3_000

MAX_JOINED_CUES = 4
_MAX_CUE_LINES = 50

_TIME = r"(?:(\d{1,3}) ?: ?)?(\d{1,2}) ?: ?(\d{1,2})(?: ?[,.:] ?(\d{1,3}))?"
_TIMES = re.compile(rf"\s*{_TIME}\s*--?>\s*{_TIME}", re.ASCII)
# What was meant to be a line of times, whatever became of it.
_LIKE_TIMES = re.compile(r"\d\d?:\d\d:\d\d[,.]\d", re.ASCII)

_CLOSING = "\"'”’)]"
_SENTENCE_ENDS = (".", "!", "?", "…")
_TRAILING_OFF = ("..", "…", "-", "–", "—")
_CONTINUES = re.compile(r"\A(?:\.\.+|…|--?|[–—])\s*(?=\S)")


@dataclass(slots=True)
class _Cue:
    start: int | None
    end: int | None
    lines: list[str] = field(default_factory=list)


def read_subrip(
    path: Path, problems: Problems, advance: Advance = None
) -> Iterator[list[str]]:
    """The dialogues of a film; six seconds of silence lie between them.

    A sentence that runs over up to four subtitles is one utterance; of a
    subtitle with several speakers each one's words are. The encoding is
    that of the byte-order mark, else UTF-16, UTF-8 or Windows-1252,
    whichever the whole file agrees with.
    """
    encodings = (guess_encoding(path),)
    lines = read_lines(path, problems, advance, encodings)
    cues = _read_cues(lines, path, problems)
    return group_dialogues(_utterances(cues))


def _read_cues(
    lines: Iterable[tuple[int, str | None]], path: Path, problems: Problems
) -> Iterator[_Cue | None]:
    """The cues of a file; `None` stands for text that cannot be used."""
    cue = None
    # The last lines since a blank one that belong to no cue.
    stray = []
    stray_from = 0
    for number, text in lines:
        if text is None:
            cue = None
            stray = []
            yield None
        elif "-->" in text or (":" in text and _LIKE_TIMES.match(text)):
            above = stray if cue is None else cue.lines
            if above and above[-1].strip().isdecimal():
                above.pop()
                if cue and cue.lines:
                    problems.add("no blank line between cues", path, number)
            else:
                problems.add("cue without number", path, number)
                # A single line is what became of the number.
                stray = stray[1:]
            if cue:
                yield cue
            elif stray:
                problems.add("cue without times", path, stray_from)
                yield None
            cue = _Cue(*_parse_times(text, path, number, problems))
            stray = []
        elif text and not text.isspace():
            if cue is None:
                stray_from = stray_from if stray else number
                stray = [*stray[-1:], text]
                continue
            cue.lines.append(text)
            if len(cue.lines) > _MAX_CUE_LINES:
                problems.add("cue too long", path, number)
                cue = None
                yield None
        elif cue and cue.lines:
            yield cue
            cue = None
        # Some files have a blank line after the number, too.
        elif len(stray) > 1 or (stray and not stray[0].strip().isdecimal()):
            problems.add("cue without times", path, stray_from)
            stray = []
            yield None
    if cue:
        yield cue
    elif stray:
        problems.add("cue without times", path, stray_from)


def _parse_times(text, path, number, problems) -> tuple[int | None, ...]:
    match = _TIMES.match(text)
    if match is None:
        problems.add("broken times", path, number)
        return None, None
    times = match.groups()
    start, end = milliseconds(*times[:4]), milliseconds(*times[4:])
    if end < start:
        problems.add("cue that ends before it starts", path, number)
    return start, max(start, end)


def _utterances(cues: Iterable[_Cue | None]) -> Iterator[str | None]:
    """What is said; `None` where a dialogue ends."""
    pending = None
    joined = 0
    last_end = None
    for cue in cues:
        if cue is None:
            yield pending
            yield None
            pending = last_end = None
            continue
        parts = spoken_parts("\n".join(cue.lines))
        if not parts:
            continue
        gap = None
        if cue.start is not None and last_end is not None:
            gap = cue.start - last_end
        last_end = cue.end
        text, is_new = parts[0]
        if (
            pending
            and not is_new
            and gap is not None
            and abs(gap) <= JOIN_WITHIN
            and joined < MAX_JOINED_CUES
            and _goes_on(pending, text)
        ):
            pending = f"{pending} {_CONTINUES.sub('', text)}"
            joined += 1
        else:
            if pending:
                yield pending
            if is_silence(gap):
                yield None
            pending = text
            joined = 1
        for text, _ in parts[1:]:
            yield pending
            pending = text
            joined = 1
    if pending:
        yield pending


def _goes_on(text: str, following: str) -> bool:
    """Whether the next subtitle continues an unfinished sentence."""
    if text.endswith(_TRAILING_OFF):
        return following[0].islower() or bool(_CONTINUES.match(following))
    return not text.rstrip(_CLOSING).endswith(_SENTENCE_ENDS)

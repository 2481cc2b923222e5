"""Reader of the OpenSubtitles corpus as OPUS publishes it."""

import html
import re
from collections.abc import Iterator
from pathlib import Path
from xml.parsers import expat

from keras_dialgan.corpus.formats.plain_text import (
    group_dialogues,
    read_plain_lines,
)
from keras_dialgan.corpus.formats.raw_files import (
    MAX_LINE_BYTES,
    Advance,
    read_blocks,
    read_head,
)
from keras_dialgan.corpus.formats.subtitle_text import spoken_parts
from keras_dialgan.corpus.formats.subtitle_times import is_silence
from keras_dialgan.corpus.problems import Problems

# Of one sentence with its markup, and of one tag.
MAX_SENTENCE_BYTES = 1 << 20
_MAX_DEPTH = 100_000
_SENTENCE_END = "</s>"

_TIME = re.compile(
    r"<time\s+id=[\"'][^\"'<>]*([SE])[\"']\s+value=[\"']"
    r"(\d{1,3}:\d\d:\d\d(?:[,.]\d{1,9})?)[\"']",
    re.ASCII,
)
_TEXT = re.compile(r">\s*([^<\s][^<]*)")

# Spaces that only separate tokens: within contractions, at punctuation.
_JOINS = re.compile(
    r" (?:(?=n't\b|'(?:s|m|d|ll|re|ve|t)\b|[.,!?;:%)\]…])"
    r"|(?<=\b[a-z] )(?='[^\W_])|(?<=[(\[$] )|(?<=\d , )(?=\d\d\d\b)"
    r"|(?<=\b(?:gon|wan) )(?=na\b)|(?<=\bgot )(?=ta\b))",
    re.IGNORECASE,
)


def read_opensubtitles(
    path: Path, problems: Problems, advance: Advance = None
) -> Iterator[list[str]]:
    """The dialogues of one film, or of the corpus as raw text.

    A film is an XML document of sentences, either tokenised (`<w>`) or not.
    Six seconds of silence, by the times between the sentences, end a
    dialogue. The raw text (`en.txt.gz`) has a sentence a line, and no times.

    Reference:

    - Lison, Tiedemann and Kouylekov, *OpenSubtitles2018: Statistical
      Rescoring of Sentence Alignments in Large, Noisy Parallel Corpora*,
      LREC 2018.
    """
    if not read_head(path, 1_024).lstrip().startswith("<"):
        return read_plain_lines(path, problems, advance)
    return group_dialogues(_sentences(path, problems, advance))


def _sentences(path, problems, advance) -> Iterator[str | None]:
    document = _Document(path, problems)
    check = _Check()
    try:
        for block in read_blocks(path, problems, advance):
            valid = check.feed(block)
            yield from document.feed(valid)
            if check.error:
                break
        check.feed(b"", is_final=True)
    except _RefusedError as error:
        problems.add(str(error), path, check.line)
    if check.error:
        problems.add("broken XML", path, check.error.lineno)


class _RefusedError(Exception):
    """The document may be well-formed, but is not to be read."""


class _Check:
    """Checks that a document is well-formed XML, and harmless.

    The parser neither expands entities nor opens files. It calls no Python
    for a tag, which would take longer than all other work on it.
    """

    def __init__(self):
        self.error = None
        self._fed = 0
        self._opened = 0
        self._closed = []
        self._parser = expat.ParserCreate("utf-8")
        self._parser.EntityDeclHandler = self._refuse_entity
        self._parser.EndElementHandler = self._closed.append

    @property
    def line(self) -> int:
        """The line that was read last."""
        return self._parser.CurrentLineNumber

    def feed(self, data: bytes, is_final: bool = False) -> bytes:
        """Checks the next bytes; returns those before the first error."""
        if self.error:
            return b""
        try:
            self._parser.Parse(data, is_final)
        except expat.ExpatError as error:
            self.error = error
            return data[: max(0, self._parser.ErrorByteIndex - self._fed)]
        self._fed += len(data)
        if self._fed - self._parser.CurrentByteIndex > MAX_SENTENCE_BYTES:
            raise _RefusedError("XML tag too long")
        # The parser keeps each open tag in memory.
        self._opened += data.count(b"<") - data.count(b"</") - len(self._closed)
        self._closed.clear()
        if self._opened > _MAX_DEPTH:
            raise _RefusedError("XML nested too deeply")
        return data

    def _refuse_entity(self, *_):
        raise _RefusedError("XML with entities")


class _Document:
    """Takes the sentences out of a document that has been checked."""

    def __init__(self, path, problems):
        self._path = path
        self._problems = problems
        self._rest = b""
        self._line = 1
        self._last_time = None

    def feed(self, data: bytes) -> list[str | None]:
        """What is said; `None` where a dialogue ends."""
        data = self._rest + data
        end = data.rfind(_SENTENCE_END.encode())
        end = end + len(_SENTENCE_END) if end >= 0 else 0
        self._rest = data[end:]
        utterances = []
        for part in data[:end].decode("utf-8", "replace").split(_SENTENCE_END):
            if part:
                utterances += self._read_sentence(part)
                self._line += part.count("\n")
        if len(self._rest) > MAX_SENTENCE_BYTES:
            before = self._rest.partition(b"<s")[0]
            line = self._line + before.count(b"\n")
            self._problems.add("sentence too long", self._path, line)
            self._line += self._rest.count(b"\n")
            self._rest = b""
            utterances.append(None)
        return utterances

    def _read_sentence(self, part: str) -> list[str | None]:
        before, tag, body = part.rpartition("<s ")
        if not tag:
            before, tag, body = part.rpartition("<s>")
            body = tag + body
        if not tag:
            return []
        line = self._line + before.count("\n")
        text = " ".join(_TEXT.findall(body))
        if len(text) > MAX_LINE_BYTES:
            self._problems.add("sentence too long", self._path, line)
            return [None]
        if "&" in text:
            text = html.unescape(text)
        if "\n" in text or "  " in text:
            text = " ".join(text.split())
        if "<w" in body:
            text = _JOINS.sub("", text)
        spoken = [words for words, _ in spoken_parts(text)]
        return [None, *spoken] if self._is_after_silence(body, line) else spoken

    def _is_after_silence(self, body: str, line: int) -> bool:
        """Whether a sentence is the first of a dialogue, by its times."""
        times = _TIME.findall(body)
        if len(times) != body.count("<time"):
            self._problems.add("broken times", self._path, line)
            self._last_time = None
        if not times:
            return False
        before = self._last_time
        kind, first = times[0]
        self._last_time = _milliseconds(times[-1][1])
        return (
            kind == "S"
            and before is not None
            and is_silence(_milliseconds(first) - before)
            and not _TEXT.search(body[: body.index("<time")])
        )


def _milliseconds(time: str) -> int:
    hours, minutes, rest = time.split(":")
    whole = int(hours) * 3_600_000 + int(minutes) * 60_000
    return whole + round(1_000 * float(rest.replace(",", ".")))

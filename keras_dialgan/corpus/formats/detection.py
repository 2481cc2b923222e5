"""Recognition of a raw file's format."""

import re
from collections.abc import Callable
from pathlib import Path

from keras_dialgan.corpus.formats import cornell, dailydialog
from keras_dialgan.corpus.formats.raw_files import read_head
from keras_dialgan.errors import UserError

# Files beside a corpus, by their names: they may look like plain text.
_COMPANION = re.compile(
    r"(?:readme|licen[cs]e|copying|notice|authors|changelog|changes|citation"
    r"|contributing|checksums|(?:md5|sha\d+)sums?|manifest)(?:\.\w+)?"
    r"|\..*"
    r"|.*\.(?:md|rst|html?|json|jsonl|csv|ya?ml|toml|cfg|ini|log|bib|tex|pdf"
    r"|docx?|py|sh|js|css|c|h|java|nfo|sub|idx|jpe?g|png|gif|mp[34]|avi|mkv"
    r"|zip|tar|tgz|7z|rar|bz2|xz|zst|npy|npz|pkl|h5|md5|sha\d+)",
    re.IGNORECASE,
)
_TABLE = re.compile(r".*\.tsv", re.IGNORECASE)

_BINARY = re.compile(r"[\0-\x08\x0e-\x1f\x7f\ufffd]")
_MARKUP = re.compile(
    r"\s*<(?:\?xml|!doctype|!--|document|html|head|body|tei)\b", re.IGNORECASE
)
_OPUS = re.compile(r"\s*(?:<\?xml[^>]*>\s*)?<document\b")
_JSON = re.compile(r"\s*(?:\{\s*(?:\"|\}|\Z)|\[\s*(?:[\"{\[\]]|\Z))")
_CSV_HEADER = re.compile(r"\"?\w[\w ]{0,30}\"?(?:,\"?\w[\w ]{0,30}\"?){2,}")
_SUBRIP_TIMES = re.compile(
    r"\s*(?:\d+:)?\d\d?:\d\d?(?:[,.:]\d+)?\s*--?>", re.ASCII
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_PERSONA = re.compile(r"\d+ (?:your|partner's) persona:")
_COLUMNS = re.compile(r"\w{1,20}\|.*\|\S{0,40}")
_SUBRIP_LINES = 50


def strip_gzip(path: Path) -> str:
    """The name of a file without `.gz`, in lower case."""
    return path.name.lower().removesuffix(".gz")


def is_companion(path: Path, format: str) -> bool:
    """Whether a file is by its name no dialogue, but lies beside some.

    Args:
        path: the file.
        format: what its format would be; only pairs are kept in tables.
    """
    name = strip_gzip(path)
    if format not in ("auto", "pairs") and _TABLE.fullmatch(name):
        return True
    return bool(_COMPANION.fullmatch(name))


def detect_format(path: str | Path) -> str:
    """Recognises the format of a file by its first lines.

    Args:
        path: the file.

    Returns:
        The name of the format.

    Raises:
        UserError: if the file has none of the formats.
    """
    path = Path(path)
    head = read_head(path)
    # First, as there may be hundreds of thousands of these files.
    if _OPUS.match(head):
        return "opensubtitles"
    if 10 * len(_BINARY.findall(head)) > len(head):
        raise _refusal(path, "is not text, or not in UTF-8")
    if _MARKUP.match(head):
        raise _refusal(path, "is a marked-up document of another kind")
    lines = [line for line in head.splitlines() if line.strip()]

    def share(test: Callable[[str], object]) -> float:
        return sum(map(bool, map(test, lines))) / max(1, len(lines))

    if strip_gzip(path).endswith(".srt") or any(
        _SUBRIP_TIMES.match(line) for line in lines[:_SUBRIP_LINES]
    ):
        return "srt"
    if share(lambda line: cornell.SEPARATOR in line) > 0.5:
        return "cornell"
    if share(lambda line: dailydialog.END_OF_UTTERANCE in line) > 0.5:
        return "dailydialog"
    if _JSON.match(head):
        raise _refusal(path, "is JSON")
    if _is_csv(lines):
        raise _refusal(path, "is a table with commas between its columns")
    if any(map(_PERSONA.match, lines)):
        raise _refusal(path, "has numbered lines and personas")
    if share(_COLUMNS.fullmatch) > 0.9:
        raise _refusal(path, "has columns between vertical bars")
    if share(_NUMBER.fullmatch) > 0.25 and len(lines) >= 8:
        raise _refusal(path, "has lines of numbers between its text")
    if share(lambda line: line.count("\t") >= 2) > 0.5:
        raise _refusal(path, "is a table of more than two columns")
    if share(lambda line: line.count("\t") == 1) >= 0.9:
        return "pairs"
    return "lines"


def _is_csv(lines: list[str]) -> bool:
    """Whether a header of short names is followed by as many columns."""
    if len(lines) < 2 or not _CSV_HEADER.fullmatch(lines[0]):
        return False
    columns = lines[0].count(",")
    first = lines[1].split(",")[: columns + 1]
    return len(first) > columns and not any(
        field.startswith(" ") for field in first
    )


def _refusal(path: Path, reason: str) -> UserError:
    return UserError(
        f"{path}: {reason}, none of the formats that are read; convert it "
        f"to one utterance a line, or name its --format"
    )

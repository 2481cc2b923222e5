"""What the documentation tells its readers to type."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`((?:python )?scripts/\w+\.py\s[^`]*)`")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document.

    Attributes:
        language: what stands behind the fence.
        text: its lines.
        line: where it begins.
    """

    language: str
    text: str
    line: int


def blocks(document: Path) -> list[Block]:
    """Finds a document's fenced blocks in their order."""
    text = document.read_text(encoding="utf-8")
    return [
        Block(found[1], found[2], text.count("\n", 0, found.start()) + 2)
        for found in _FENCE.finditer(text)
    ]


def commands(shell: str) -> list[list[str]]:
    """Splits shell lines into commands, each a list of words.

    A command goes on behind a backslash and within an open quote.
    """
    found, pending = [], ""
    for line in shell.splitlines():
        pending += line
        if pending.endswith("\\"):
            pending = pending[:-1]
            continue
        try:
            words = shlex.split(pending, comments=True)
        except ValueError:  # a quote is open
            pending += "\n"
            continue
        if words:
            found.append(words)
        pending = ""
    assert not pending, f"unfinished: {pending}"
    return found


def prose(document: Path) -> str:
    """Returns a document without its fenced blocks."""
    return _FENCE.sub("", document.read_text(encoding="utf-8"))


def inline_commands(document: Path) -> list[list[str]]:
    """Finds scripts with flags that a sentence mentions."""
    found = _INLINE.finditer(prose(document))
    return [shlex.split(mention[1]) for mention in found]


def script_call(words: list[str]) -> tuple[str, list[str]] | None:
    """Returns a script's name and arguments, if a command is one."""
    for place, word in enumerate(words[:2]):
        if re.fullmatch(r"scripts/\w+\.py", word):
            return word.removeprefix("scripts/"), words[place + 1 :]
    return None

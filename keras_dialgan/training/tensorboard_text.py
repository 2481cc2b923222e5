"""Text that TensorBoard shows as it stands."""

from collections.abc import Iterable
from html import escape

# What Markdown would take for its own.
_MARKS = {ord(mark): f"&#{ord(mark)};" for mark in "|\\`*_[]!#~"}


def markdown_table(heading: tuple[str, ...], rows: Iterable) -> str:
    """Lays rows of text out as a table in Markdown.

    Tags such as `<person>` are shown, not taken for HTML.

    Args:
        heading: the columns' titles.
        rows: as many texts each.
    """
    lines = [heading, ["---"] * len(heading)]
    lines += [[_literal(str(text)) for text in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _literal(text: str) -> str:
    return escape(" ".join(text.split()), quote=False).translate(_MARKS)

"""Numbers in digits and in words."""

import re

from keras_dialgan.text import patterns

_NUMBER = re.compile(patterns.NUMBER, re.ASCII)
# Every number holds a digit or one of these; most utterances hold none.
_HINT = re.compile(
    "[0-9]|tw[eo]|thr|thi|fou|fif|for|fiv|si[x]|sev|eig|nin|ten|ele"
    "|hundred|thousand|illion",
    re.ASCII | re.IGNORECASE,
)


def find_numbers(text: str) -> list[tuple[int, int]]:
    """Finds numbers in normalised text.

    Args:
        text: normalised text.

    Returns:
        The start and end of each number.

    Example:

    >>> find_numbers("at 5:30 pm, with twenty-five men")
    [(3, 10), (17, 28)]
    """
    if not _HINT.search(text):
        return []
    return [match.span() for match in _NUMBER.finditer(text)]

"""Times of film subtitles, in milliseconds."""

# Between two dialogues.
SILENCE = 6_000

# What the last of so many decimals is worth.
_PLACE = (0, 100, 10, 1)


def milliseconds(
    hours: str | None, minutes: str, seconds: str, fraction: str | None
) -> int:
    """A time from its parts; the last has up to three decimals."""
    time = int(minutes) * 60_000 + int(seconds) * 1_000
    if hours:
        time += int(hours) * 3_600_000
    if fraction:
        time += int(fraction) * _PLACE[len(fraction)]
    return time


def is_silence(gap: int | None) -> bool:
    """Whether a dialogue ends with a gap between subtitles.

    Args:
        gap: from the end of one to the start of the next; a jump back in
            time (a second disc, subtitles out of order) is an end, too.
            `None` if it is not known.
    """
    return gap is not None and abs(gap) >= SILENCE

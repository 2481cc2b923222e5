"""First pass of preparation: dialogues to tokens, in a temporary file.

A tokenised dialogue is a line of text: a tab between its utterances, a space
between the tokens of one.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from keras_dialgan.text import ENTITY_TAGS, get_tagger

# Enough to make passing a chunk between processes cheap.
CHUNK_UTTERANCES = 4_000

_tagger = None


@dataclass
class TokenisedChunk:
    """Some tokenised dialogues, with the counts of their tokens.

    Args:
        lines: one line for each dialogue.
        counts: how often each token occurs in the counted dialogues.
        entities: for each tag the surface forms seen.
    """

    lines: list[str]
    counts: Counter[str]
    entities: dict[str, Counter[str]] = field(
        default_factory=lambda: {tag: Counter() for tag in ENTITY_TAGS}
    )


def chunks(
    dialogues: Iterable[tuple[list[str], bool]],
) -> Iterator[list[tuple[list[str], bool]]]:
    """Groups dialogues into chunks of about `CHUNK_UTTERANCES`."""
    chunk = []
    size = 0
    for item in dialogues:
        chunk.append(item)
        size += len(item[0])
        if size >= CHUNK_UTTERANCES:
            yield chunk
            chunk = []
            size = 0
    if chunk:
        yield chunk


def start_tokenising(tagger: Any) -> None:
    """Makes this process's tagger, from what `get_tagger` takes."""
    global _tagger
    _tagger = get_tagger(tagger)


def tokenise_chunk(chunk: list[tuple[list[str], bool]]) -> TokenisedChunk:
    """Tags and tokenises dialogues.

    Args:
        chunk: dialogues, each with whether its tokens are to be counted.

    Returns:
        The lines of the dialogues and the counts.
    """
    for counter in _tagger.entities.values():
        counter.clear()
    tokens = _tagger.tag([text for dialogue, _ in chunk for text in dialogue])
    result = TokenisedChunk([], Counter())
    for dialogue, counted in chunk:
        utterances = [next(tokens) for _ in dialogue]
        result.lines.append("\t".join(map(" ".join, utterances)))
        if counted:
            for utterance in utterances:
                result.counts.update(utterance)
    for tag, counter in _tagger.entities.items():
        result.entities[tag].update(counter)
    return result

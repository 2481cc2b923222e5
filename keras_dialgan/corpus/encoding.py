"""The second pass of preparation: from tokens to stored pairs."""

from itertools import pairwise
from pathlib import Path
from typing import Any

from keras_dialgan.corpus.storage import SplitWriter
from keras_dialgan.text import PUNCTUATION, Vocabulary


def encode_split(
    path: Path,
    writer: SplitWriter,
    vocabulary: Vocabulary,
    longest: int,
    counts,
    progress,
) -> dict[str, Any]:
    """Encodes and stores the tokenised dialogues of one split.

    Args:
        path: the file of tokens, a dialogue a line; it is removed.
        writer: of the split.
        vocabulary: gives the ids; other tokens are deleted.
        longest: the most tokens of an utterance.
        counts: the `Counts` to add to.
        progress: as of `prepare`.

    Returns:
        The split's manifest entry.
    """
    punctuation = frozenset(vocabulary.encode(PUNCTUATION))
    with (
        open(path, encoding="ascii") as lines,
        progress(f"encoding {path.stem}", None) as bar,
    ):
        for line in lines:
            tokens = [u.split() for u in line.rstrip("\n").split("\t")]
            utterances = [vocabulary.encode(u) for u in tokens]
            read = sum(map(len, tokens))
            counts.tokens += read
            counts.deleted_tokens += read - sum(map(len, utterances))
            stored = False
            for context, response in pairwise(utterances):
                reason = _reason_to_drop(
                    context, response, longest, punctuation
                )
                if reason:
                    counts.dropped[reason] += 1
                    stored = False
                    continue
                if not stored:
                    writer.add(context[-longest:])
                writer.add(response)
                writer.pair()
                stored = True
            writer.end_dialogue()
            bar.update(len(utterances))
    path.unlink()
    entry = writer.close()
    counts.kept_pairs += entry["pairs"]
    return entry


def _reason_to_drop(
    context: list[int],
    response: list[int],
    longest: int,
    punctuation: frozenset[int],
) -> str | None:
    # What lost all of its words says nothing: a lone full stop, learned as
    # a response, would fit everything.
    if punctuation.issuperset(context):
        return "empty_context"
    if punctuation.issuperset(response):
        return "empty_response"
    return "long_response" if len(response) > longest else None

"""The manifest of a prepared corpus."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from keras_dialgan.corpus import storage
from keras_dialgan.corpus.preparation.encoding import DROP_REASONS
from keras_dialgan.corpus.preparation.settings import PreparationSettings
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.errors import UserError
from keras_dialgan.text import Vocabulary


class NothingLeftError(UserError):
    """The input gives no pair for training."""


def describe(
    settings: PreparationSettings,
    tagger: dict[str, str],
    vocabulary: Vocabulary,
    shards: list[dict[str, Any]],
    problems: Problems,
) -> dict[str, Any]:
    """Makes the manifest.

    Args:
        settings: of the preparation.
        tagger: name and version of the entity tagger.
        vocabulary: the vocabulary.
        shards: for each shard its `splits`, entries of `write_shard` by
            split, and its `counts` of what was read, kept and dropped.
        problems: what was wrong with the input.

    Raises:
        NothingLeftError: if no pair is left for training.
    """
    counts = Counter()
    for shard in shards:
        counts.update(shard["counts"])
    splits = {
        name: storage.describe_split([s["splits"][name] for s in shards])
        for name in storage.SPLITS
    }
    if not splits["train"]["pairs"]:
        raise NothingLeftError(
            f"no pair is left for training: of {counts['pairs']} pairs read, "
            f"dropped "
            + ", ".join(f"{counts[reason]} {reason}" for reason in DROP_REASONS)
            + "; check the input and its --format"
        )
    return {
        "kind": storage.KIND,
        "format_version": storage.FORMAT_VERSION,
        "settings": asdict(settings),
        "entity_tagger": tagger,
        "vocabulary": {
            "size": vocabulary.size,
            "digest": vocabulary.digest,
        },
        "counts": _describe_counts(counts),
        "problems": problems.to_json(),
        "splits": splits,
    }


def _describe_counts(counts: Counter[str]) -> dict[str, Any]:
    duplicates = counts["duplicate_dialogues"]
    return {
        "dialogues": {
            "read": counts["dialogues"],
            "kept": counts["dialogues"] - duplicates,
            "duplicate": duplicates,
        },
        "utterances": {"read": counts["utterances"]},
        "tokens": {
            "read": counts["tokens"],
            "outside_vocabulary": counts["tokens_outside"],
        },
        "pairs": {
            "read": counts["pairs"],
            "kept": counts["pairs_kept"],
            "dropped": {reason: counts[reason] for reason in DROP_REASONS},
        },
    }

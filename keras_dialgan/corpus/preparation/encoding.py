"""Second stage of preparation: parts of tokens to shards of pairs."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from keras_dialgan.corpus.preparation.tokenised import TokenisedPart
from keras_dialgan.corpus.shard import Shard, offsets_of, token_type
from keras_dialgan.text import PUNCTUATION, UNK, Vocabulary

DROP_REASONS = (
    "duplicate_dialogue",
    "empty_context",
    "empty_response",
    "unknown_word_in_response",
    "long_context",
    "long_response",
)
_DELETED = -1


@dataclass(frozen=True)
class EncodingRules:
    """What becomes of tokens and pairs.

    Args:
        max_length: the most tokens of an utterance.
        unknown_words: `"delete"` tokens outside the vocabulary, replace them
            by the unknown `"token"`, or `"drop"` the pairs whose response
            holds one and delete them from contexts.
        long_contexts: `"truncate"` to the last tokens or `"drop"` the pair.
        long_responses: `"drop"` the pair or `"truncate"` to the first tokens.
        validation_fraction: the share of the dialogues set apart.
    """

    max_length: int
    unknown_words: str
    long_contexts: str
    long_responses: str
    validation_fraction: float


def in_validation(digests: np.ndarray, fraction: float) -> np.ndarray:
    """Whether dialogues belong to the validation split.

    The digest of its text decides, so a dialogue stays in its split whatever
    else the corpus holds.

    Args:
        digests: uint64, of the dialogues.
        fraction: the share of the validation split.
    """
    return digests < np.uint64(int(fraction * 2.0**64))


def count_training_tokens(
    part: TokenisedPart, duplicate: np.ndarray, fraction: float
) -> dict[str, int]:
    """How often each token occurs in the training split of a part.

    Args:
        part: the part.
        duplicate: whether each of its dialogues is a copy.
        fraction: the share of the validation split.
    """
    counted = ~duplicate & ~in_validation(part.digests, fraction)
    by_utterance = np.repeat(counted, part.dialogues)
    by_token = np.repeat(by_utterance, part.lengths)
    counts = np.bincount(part.tokens[by_token], minlength=len(part.words))
    return {
        word: count
        for word, count in zip(part.words, counts.tolist(), strict=True)
        if count
    }


class Encoder:
    """Encodes parts with a vocabulary.

    Args:
        vocabulary: gives the ids.
        rules: what becomes of tokens and pairs.
    """

    def __init__(self, vocabulary: Vocabulary, rules: EncodingRules):
        self._rules = rules
        self._type = token_type(vocabulary.size)
        self._unknown = UNK if rules.unknown_words == "token" else _DELETED
        self._id = vocabulary.id_or
        # The last place is that of deleted tokens.
        self._is_word = np.ones(vocabulary.size + 1, bool)
        marks = [m for m in PUNCTUATION if m in vocabulary]
        self._is_word[[UNK, _DELETED, *map(vocabulary.id, marks)]] = False

    def encode(
        self, part: TokenisedPart, duplicate: np.ndarray
    ) -> tuple[dict[str, Shard], Counter[str]]:
        """Makes the pairs of a part.

        Args:
            part: the part.
            duplicate: whether each of its dialogues is a copy.

        Returns:
            The pairs of each split, and how much was read, kept and dropped.
        """
        words = np.array(
            [self._id(word, self._unknown) for word in part.words], np.int32
        )
        ids = words[part.tokens]
        ends = offsets_of(part.lengths)
        known = offsets_of(ids != _DELETED)[ends]
        words_up_to = offsets_of(self._is_word[ids])[ends]
        unknown_up_to = offsets_of(ids == self._unknown)[ends]
        utterances = _Utterances(
            tokens=ids[ids != _DELETED].astype(self._type),
            starts=known[:-1],
            lengths=np.diff(known),
            is_empty=np.diff(words_up_to) == 0,
            unknown=np.diff(unknown_up_to),
        )
        contexts = _contexts(part.dialogues)
        dialogue = np.repeat(np.arange(len(part.dialogues)), part.dialogues)
        reasons = self._reasons_to_drop(
            utterances, contexts, duplicate[dialogue[contexts]]
        )
        validation = in_validation(
            part.digests, self._rules.validation_fraction
        )[dialogue[contexts]]
        kept = reasons == len(DROP_REASONS)
        shards = {
            "train": self._store(utterances, contexts[kept & ~validation]),
            "validation": self._store(utterances, contexts[kept & validation]),
        }
        read = ~duplicate[dialogue]
        counts = Counter(
            {
                "dialogues": len(part.dialogues),
                "duplicate_dialogues": int(duplicate.sum()),
                "utterances": len(part.lengths),
                "tokens": int(part.lengths[read].sum()),
                "tokens_outside": int(utterances.unknown[read].sum()),
                "pairs": len(contexts),
                "pairs_kept": int(kept.sum()),
            }
        )
        dropped = np.bincount(reasons, minlength=len(DROP_REASONS) + 1)
        counts.update(dict(zip(DROP_REASONS, dropped.tolist(), strict=False)))
        return shards, counts

    def _reasons_to_drop(self, utterances, contexts, duplicate) -> np.ndarray:
        """Places in `DROP_REASONS`; of several reasons the first counts."""
        rules = self._rules
        responses = contexts + 1
        is_long = utterances.lengths > rules.max_length
        never = np.zeros(len(contexts), bool)
        # What lost all of its words says nothing: a lone full stop, learned
        # as a response, would fit everything.
        conditions = {
            "duplicate_dialogue": duplicate,
            "empty_context": utterances.is_empty[contexts],
            "empty_response": utterances.is_empty[responses],
            "unknown_word_in_response": utterances.unknown[responses] > 0
            if rules.unknown_words == "drop"
            else never,
            "long_context": is_long[contexts]
            if rules.long_contexts == "drop"
            else never,
            "long_response": is_long[responses]
            if rules.long_responses == "drop"
            else never,
        }
        return np.select(
            [conditions[reason] for reason in DROP_REASONS],
            range(len(DROP_REASONS)),
            len(DROP_REASONS),
        )

    def _store(self, utterances: "_Utterances", contexts: np.ndarray) -> Shard:
        """Lays out the utterances of pairs, given by their contexts."""
        longest = self._rules.max_length
        # A context that was the response before it is there already, unless
        # it is cut at the other end.
        is_stored = np.zeros(len(contexts), bool)
        is_stored[1:] = np.diff(contexts) == 1
        is_stored &= utterances.lengths[contexts] <= longest
        ends = np.cumsum(2 - is_stored)
        size = int(ends[-1]) if len(ends) else 0
        numbers = np.empty(size, np.int64)
        numbers[ends - 1] = contexts + 1
        numbers[(ends - 2)[~is_stored]] = contexts[~is_stored]
        is_context = np.zeros(size, bool)
        is_context[(ends - 2)[~is_stored]] = True
        whole = utterances.lengths[numbers]
        lengths = np.minimum(whole, longest)
        starts = utterances.starts[numbers]
        starts = starts + np.where(is_context, whole - lengths, 0)
        offsets = offsets_of(lengths)
        places = np.repeat(starts - offsets[:-1], lengths)
        places += np.arange(len(places))
        return Shard(
            utterances.tokens[places],
            offsets.astype(np.uint32),
            (ends - 2).astype(np.uint32),
        )


@dataclass
class _Utterances:
    """The utterances of a part after deletion, and facts about each."""

    tokens: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray
    is_empty: np.ndarray
    unknown: np.ndarray


def _contexts(dialogues: np.ndarray) -> np.ndarray:
    """The numbers of all utterances but the last of each dialogue."""
    is_context = np.ones(int(dialogues.sum()), bool)
    ends = np.cumsum(dialogues, dtype=np.int64)
    is_context[ends[dialogues > 0] - 1] = False
    return np.flatnonzero(is_context)

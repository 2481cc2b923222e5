"""The words that a model knows, and their ids."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_write

PAD, BOS, EOS, UNK = range(4)
SPECIAL_TOKENS = ("<pad>", "<bos>", "<eos>", "<unk>")
PERSON, NUMBER, PLACE = "<person>", "<number>", "<place>"
ENTITY_TAGS = (PERSON, NUMBER, PLACE)
FIRST_TOKENS = (*SPECIAL_TOKENS, *ENTITY_TAGS)


class Vocabulary:
    """A list of tokens; a token's id is its place in the list.

    Ids 0 to 3 are the padding, begin, end and unknown tokens, 4 to 6 the tags
    `<person>`, `<number>` and `<place>`, and words follow by decreasing
    frequency.

    Args:
        tokens: all tokens in the order of their ids.

    Raises:
        ValueError: if the list does not begin with the special tokens and
            tags, or holds a token twice or one with white space.
    """

    def __init__(self, tokens: Sequence[str]):
        self.tokens = tuple(tokens)
        if self.tokens[: len(FIRST_TOKENS)] != FIRST_TOKENS:
            raise ValueError(
                f"a vocabulary begins with {' '.join(FIRST_TOKENS)}"
            )
        for token in self.tokens:
            if not token or token.split() != [token]:
                raise ValueError(f"{token!r} is not a token")
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if len(self._ids) != len(self.tokens):
            raise ValueError("a token stands in the vocabulary twice")
        # Special tokens never come out of text.
        self._encodable = {
            token: i
            for token, i in self._ids.items()
            if i >= len(SPECIAL_TOKENS)
        }

    @classmethod
    def of_words(cls, words: Iterable[str]) -> "Vocabulary":
        """The vocabulary of some words.

        Args:
            words: the most frequent first.
        """
        return cls((*FIRST_TOKENS, *words))

    @property
    def size(self) -> int:
        """The number of tokens, special tokens included."""
        return len(self.tokens)

    @property
    def digest(self) -> str:
        """The SHA-256 of the tokens in order, in hexadecimal."""
        return hashlib.sha256("\n".join(self.tokens).encode()).hexdigest()

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def __eq__(self, other) -> bool:
        return isinstance(other, Vocabulary) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def id(self, token: str) -> int:
        """The id of any token, special ones included."""
        return self._ids[token]

    def id_or(self, token: str, default: int) -> int:
        """The id of a token of text, or `default` if it is not known."""
        return self._encodable.get(token, default)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """Ids of the tokens; those outside the vocabulary are deleted."""
        ids = self._encodable
        return [ids[token] for token in tokens if token in ids]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Tokens of the ids up to the end token, without padding."""
        tokens = []
        for i in ids:
            if i == EOS:
                break
            if i not in (PAD, BOS):
                tokens.append(self.tokens[i])
        return tokens

    def save(self, path: str | Path) -> None:
        """Writes one token a line."""
        with atomic_write(path) as file:
            file.writelines(f"{token}\n" for token in self.tokens)

    @classmethod
    def load(cls, path: str | Path) -> "Vocabulary":
        """Reads a file written by `save`.

        Raises:
            UserError: if the file is missing or is not a vocabulary.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
            return cls(text.removesuffix("\n").split("\n"))
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        except ValueError as error:
            raise UserError(f"{path}: not a vocabulary ({error})") from None

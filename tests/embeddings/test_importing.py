import gzip
import hashlib
import json
import random
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_dialgan.embeddings import import_word_vectors, load_word_vectors
from keras_dialgan.errors import UserError
from keras_dialgan.text import BOS, EOS, PAD, UNK
from keras_dialgan.text.vocabulary import FIRST_TOKENS
from tests.embeddings.vectors import corpus_of

GLOVE = "the 1 2 3\n, 4 5 6\ncat -0.5 1e-1 7\n"


@pytest.fixture
def corpus(tmp_path):
    return corpus_of(tmp_path / "corpus", "the", "cat", "don't", "...", "dog")


@pytest.fixture
def write(tmp_path):
    def write(content, name="vectors.txt"):
        path = tmp_path / name
        content = content.encode() if isinstance(content, str) else content
        path.write_bytes(content)
        return path

    return write


def binary(vectors, header=None, end=b""):
    """word2vec's binary format, written by hand."""
    dimension = len(next(iter(vectors.values())))
    head = header or f"{len(vectors)} {dimension}\n"
    return head.encode() + b"".join(
        word.encode() + b" " + struct.pack(f"<{dimension}f", *row) + end
        for word, row in vectors.items()
    )


def row(corpus, vectors, token):
    return vectors[corpus.vocabulary.id(token)].tolist()


def test_text_without_a_header_is_imported(corpus, write):
    vectors, record = import_word_vectors(corpus, write(GLOVE))
    assert row(corpus, vectors, "the") == [1, 2, 3]
    assert row(corpus, vectors, "cat") == pytest.approx([-0.5, 0.1, 7])
    assert vectors.dtype == np.float32
    assert record["vectors"] == 3
    assert record["covered"] == 2
    # Five words and three tags.
    assert record["tokens"] == 8
    assert record["share_covered"] == 0.25


def test_text_with_a_header_is_imported(corpus, write):
    # fastText ends lines with a space, some writers with CRLF or a tab.
    text = "4 3\nthe 1 2 3 \ncat 4 5 6\r\ndog 7 8 9\n</s> 0 0 0 \n"
    vectors, record = import_word_vectors(corpus, write(text))
    assert row(corpus, vectors, "the") == [1, 2, 3]
    assert row(corpus, vectors, "cat") == [4, 5, 6]
    assert row(corpus, vectors, "dog") == [7, 8, 9]
    assert record["vectors"] == 4
    assert record["problems"] == {}


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_binary_is_imported_with_and_without_line_ends(corpus, write, end):
    rows = {"the": [1, 2, 3], "Cat": [9, 9, 9], "cat": [-1, 0.5, 3e5]}
    content = binary(rows, end=end)
    for name in ("vectors.bin", "vectors"):
        vectors, record = import_word_vectors(corpus, write(content, name))
        assert row(corpus, vectors, "the") == [1, 2, 3]
        assert row(corpus, vectors, "cat") == [-1, 0.5, 3e5]
        assert record["format"] == "binary"


def test_gzip_is_read_as_it_is(corpus, write):
    plain, _ = import_word_vectors(corpus, write(GLOVE))
    packed = write(gzip.compress(GLOVE.encode()), "glove.txt.gz")
    vectors, record = import_word_vectors(corpus, packed)
    np.testing.assert_array_equal(vectors, plain)
    assert record["sha256"] == hashlib.sha256(packed.read_bytes()).hexdigest()


def test_file_checksum_and_method_are_recorded(corpus, write):
    path = write(GLOVE)
    vectors, record = import_word_vectors(corpus, path, seed=3)
    folder = corpus.directory / "word_vectors"
    metadata = json.loads((folder / "metadata.json").read_text())
    assert metadata["method"] == "imported"
    assert metadata["dimension"] == 3
    assert metadata["settings"] == record
    assert record["file"] == "vectors.txt"
    assert record["sha256"] == hashlib.sha256(GLOVE.encode()).hexdigest()
    loaded = load_word_vectors(corpus.directory, corpus.vocabulary)
    np.testing.assert_array_equal(loaded, vectors)


def test_special_and_absent_rows_are_defined(corpus, write):
    vectors, _ = import_word_vectors(corpus, write(GLOVE))
    norms = np.linalg.norm(vectors, axis=1)
    found = [corpus.vocabulary.id("the"), corpus.vocabulary.id("cat")]
    assert norms[PAD] == 0
    others = np.delete(norms, [PAD, *found])
    np.testing.assert_allclose(others, norms[found].mean(), rtol=1e-5)
    assert len(np.unique(vectors, axis=0)) == len(vectors)
    again, _ = import_word_vectors(corpus, write(GLOVE), seed=0)
    np.testing.assert_array_equal(again, vectors)
    other, _ = import_word_vectors(corpus, write(GLOVE), seed=1)
    assert not np.allclose(other[EOS], vectors[EOS])
    np.testing.assert_array_equal(other[found], vectors[found])


def test_special_tokens_are_not_taken_from_the_file_but_tags_are(corpus, write):
    rows = "<unk> 9 9 9\n<pad> 9 9 9\n<eos> 9 9 9\n<bos> 9 9 9\n"
    text = rows + "<person> 1 2 3\nthe 1 1 1\n"
    vectors, record = import_word_vectors(corpus, write(text))
    assert row(corpus, vectors, "<person>") == [1, 2, 3]
    assert not vectors[PAD].any()
    for i in (BOS, EOS, UNK):
        assert vectors[i].tolist() != [9, 9, 9]
    assert record["covered"] == 2


def test_equal_words_come_before_folded_and_first_before_later(corpus, write):
    text = (
        "THE 1 1 1\nThe 2 2 2\nthe 3 3 3\nthe 4 4 4\ntHe 5 5 5\n"
        "Don\u2019t 6 6 6\nDON'T 7 7 7\nC\u00e1t 8 8 8\n\u2026 9 9 9\n"
        "dog! 1 1 1\n"
    )
    vectors, record = import_word_vectors(corpus, write(text))
    assert row(corpus, vectors, "the") == [3, 3, 3]
    assert row(corpus, vectors, "don't") == [6, 6, 6]
    assert row(corpus, vectors, "cat") == [8, 8, 8]
    assert row(corpus, vectors, "...") == [9, 9, 9]
    assert record["covered"] == 4


def test_words_with_spaces_are_no_problem(corpus, write):
    text = "the 1 2 3\n. . . 4 5 6\nat name@domain.com 4 5 6\ncat 7 8 9\n"
    vectors, record = import_word_vectors(corpus, write(text))
    assert row(corpus, vectors, "cat") == [7, 8, 9]
    assert record["vectors"] == 4
    assert record["problems"] == {}


def test_malformed_lines_are_counted_with_their_places(corpus, write):
    lines = [
        "400 3",
        "the 1 2 3",
        "cat 1 2",
        "cat 1 2 3 4",
        "cat 1 x 3",
        "cat nan 1 2",
        "cat 1 1e99 2",
        "cat 1 1_0 2",
        "cat 0 0 0",
        "cat 0 1e-9 0",
        "cat 4 5 6",
        "",
        *(f"w{i} 1 2 3" for i in range(389)),
    ]
    content = "\n".join(lines).encode() + b"\n"
    vectors, record = import_word_vectors(corpus, write(content))
    assert row(corpus, vectors, "cat") == [4, 5, 6]
    first = {k: p["first"] for k, p in record["problems"].items()}
    assert first == {
        "wrong number of columns": [f"vectors.txt:{i}" for i in (3, 4, 12)],
        "not numbers": [f"vectors.txt:{i}" for i in (5, 8)],
        "numbers too large": [f"vectors.txt:{i}" for i in (6, 7)],
        "zero vector": ["vectors.txt:9", "vectors.txt:10"],
    }


def test_words_that_are_not_utf_8_are_counted(corpus, write):
    content = b"2 3\nc\xfft 1 2 3\nthe 4 5 6\n"
    _, record = import_word_vectors(corpus, write(content))
    assert record["problems"]["invalid UTF-8"]["count"] == 1
    assert record["covered"] == 1


def test_a_file_of_malformed_lines_is_refused(corpus, write):
    text = "the 1 2 3\n" + "cat 1\n" * 11
    with pytest.raises(UserError, match=r"11 of 12 vectors.*vectors\.txt:2"):
        import_word_vectors(corpus, write(text))
    assert not corpus.directory.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "vectors.txt:1: 0 numbers a word"),
        ("hello\n", ":1: 0 numbers a word"),
        ("3 999999999\nthe 1\n", ":1: 999999999 numbers a word"),
        ("3 5000\nthe 1\n", "2 to 4,096 are possible"),
        ("0 3\n", "holds no vectors"),
        ("2 3\nthe 1 2\ncat 1 2\n", ":2: not a word and 3 numbers"),
        ("how are you?\tfine thanks\n", ":1: not a word and 4 numbers"),
        ("1 3\n" + "x" * 300_000, ":2: the line is longer than 262,144"),
        ("5 3\nthe 1 2 3\n", "promises 5 vectors, but the file holds 1"),
        ("1 3\nthe 1 2 3\ncat 1 2 3\n", "promises 1 vectors, but .* holds 2"),
        ("zebra 1 2 3\n", "holds none of the tokens"),
        (binary({"the": [1, 2, 3]})[:-1], "promises 1 vectors.* holds 0"),
        (binary({"the": [1, 2, 3]}, "9 3\n"), "promises 9 vectors.* holds 1"),
        (binary({"the": [1, 2], "a": [3, 4]}, "1 2\n"), "goes on after the 1"),
        (
            binary({"the": [1e-9] * 300}, "9999 4\n") + bytes(9000),
            "vector 2: the word is longer than 4,096 bytes",
        ),
        (struct.pack("<i", 793712314) + bytes(99), "a fastText model; import"),
        (b"\x80\x05\x95", "a Python pickle, which may run code"),
        (b"PK\3\4rest", "a zip archive; unpack it"),
        (b"\x93NUMPY\1\0", "a NumPy array"),
        (gzip.compress(GLOVE.encode() * 9, mtime=0)[:-9], "damaged gzip"),
        (b"\x1f\x8b" + bytes(30), "damaged gzip"),
    ],
)
def test_files_that_cannot_be_used_are_refused(corpus, write, content, message):
    with pytest.raises(UserError, match=message):
        import_word_vectors(corpus, write(content))
    assert not corpus.directory.exists()


def test_missing_files_and_folders_are_refused(corpus, tmp_path):
    with pytest.raises(UserError, match="none: no such file"):
        import_word_vectors(corpus, tmp_path / "none")
    with pytest.raises(UserError, match="a folder, not a file"):
        import_word_vectors(corpus, tmp_path)


def test_another_dimension_than_asked_for_is_refused(corpus, write):
    path = write(GLOVE)
    with pytest.raises(UserError, match="have 3 numbers where --dimension 4"):
        import_word_vectors(corpus, path, dimension=4)
    vectors, _ = import_word_vectors(corpus, path, dimension=3)
    assert vectors.shape[1] == 3


def test_the_progress_ends_at_the_size_of_the_file(corpus, write):
    shown = {}

    class Bar:
        def __init__(self, title, total):
            self.shown = shown[title] = [total, 0]

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def update(self, count):
            self.shown[1] += count

    text = GLOVE + "w 1 2 3\n" * 25_000
    for content in (text.encode(), gzip.compress(text.encode())):
        path = write(content)
        import_word_vectors(corpus, path, progress=Bar)
        size = path.stat().st_size
        assert shown == {"importing": [size, size], "checking": [size, size]}


def test_vectors_longer_than_a_block_are_read_whole(corpus, write):
    draw = np.random.default_rng(0)
    rows = {f"w{i}": draw.normal(size=900) for i in range(700)}
    rows["cat"] = draw.normal(size=900)
    vectors, _ = import_word_vectors(corpus, write(binary(rows)))
    np.testing.assert_array_equal(
        row(corpus, vectors, "cat"), rows["cat"].astype(np.float32)
    )


WORDS = st.text(
    st.characters(exclude_categories=("C", "Z"), max_codepoint=0x2FFF),
    min_size=1,
    max_size=8,
).filter(lambda word: word not in FIRST_TOKENS)
NUMBERS = st.floats(-1000, 1000, width=32)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), is_binary=st.booleans(), is_packed=st.booleans())
def test_what_gensim_writes_is_read_back(data, is_binary, is_packed):
    from gensim.models import KeyedVectors

    words = data.draw(st.lists(WORDS, min_size=1, max_size=12, unique=True))
    dimension = data.draw(st.integers(2, 6))
    row = st.lists(NUMBERS, min_size=dimension, max_size=dimension)
    rows = [
        data.draw(row.filter(lambda row: max(map(abs, row)) > 1e-5))
        for _ in words
    ]
    keyed = KeyedVectors(dimension)
    keyed.add_vectors(words, np.array(rows, np.float32))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("vectors.gz" if is_packed else "vectors")
        keyed.save_word2vec_format(str(path), binary=is_binary)
        corpus = corpus_of(Path(folder) / "corpus", *words)
        vectors, record = import_word_vectors(corpus, path)
    assert record["covered"] == len(words)
    assert record["problems"] == {}
    found = [vectors[corpus.vocabulary.id(word)] for word in words]
    if is_binary:
        np.testing.assert_array_equal(found, rows)
    else:
        np.testing.assert_allclose(found, rows, rtol=1e-6)


def test_damaged_files_are_imported_or_refused(tmp_path):
    corpus = corpus_of(tmp_path / "corpus", "the", "cat", "dog")
    rows = {"the": [1, 2, 3], "a": [0, 1, 2], "cat": [3, 4, 5]}
    text = "3 3\n" + "".join(
        f"{word} {' '.join(map(str, row))}\n" for word, row in rows.items()
    )
    seeds = [text.encode(), GLOVE.encode(), binary(rows)]
    seeds += [gzip.compress(content) for content in seeds]
    draw = random.Random(0)
    refused = 0
    for i in range(300):
        content = bytearray(seeds[i % len(seeds)])
        for _ in range(draw.randint(1, 4)):
            at = draw.randrange(len(content))
            change = draw.choice(["set", "cut", "double", "remove"])
            if change == "set":
                content[at] = draw.randrange(256)
            elif change == "cut":
                del content[at + 1 :]
            elif change == "double":
                content[at:at] = content[: at + 1]
            else:
                content[at : at + 3] = b"\n"
        path = tmp_path / "vectors"
        path.write_bytes(content)
        try:
            vectors, _ = import_word_vectors(corpus, path)
        except UserError:
            refused += 1
        else:
            assert np.isfinite(vectors).all()
            assert (np.linalg.norm(vectors, axis=1)[1:] > 0).all()
    assert 50 < refused < 300

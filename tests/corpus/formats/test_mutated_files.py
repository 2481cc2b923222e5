"""Damaged files in every native format, read by every reader."""

import contextlib
import gzip
import random

import pytest

from keras_dialgan.corpus import FORMATS, Problems
from keras_dialgan.corpus.formats.detection import detect_format
from keras_dialgan.corpus.formats.readers import read_file
from keras_dialgan.errors import UserError
from tests.data_folder import find_dialogue_data

FILES = 20_000
BATCHES = 20
SLICE_BYTES = 3_000

CUE = "{}\r\n00:00:{:02},000 --> 00:00:{:02},500\r\n{}\r\n\r\n"
CORNELL_LINES = "".join(
    f"L{i} +++$+++ u{i % 2} +++$+++ m0 +++$+++ ANN +++$+++ Café {i}?\n"
    for i in range(20)
)
SAMPLES = {
    "lines": "Hi.\nHello, é!\n\nBye…\nSee you.\n" * 5,
    "pairs": "Hi.\tHello!\nBye.\tSee you, é.\n" * 5,
    "dailydialog": "Hi . __eou__ Hello ! __eou__\t1\t2 3\n" * 5,
    "conversations": "u0 +++$+++ u1 +++$+++ m0 +++$+++ ['L1', 'L2']\n" * 5,
    "movie lines": CORNELL_LINES,
    "srt": "".join(
        CUE.format(i, i, i, text)
        for i, text in enumerate(
            ["<i>Who's</i> here", "is it - é?\n- [SIGHS] Me!", "♪ la", "ANN: a"]
        )
    ),
    "xml": "<?xml version='1.0' encoding='utf-8'?>\n<document id='1'>\n"
    + '<s id="1"><time id="T1S" value="00:00:05,897" />'
    '<w id="1.1">Do</w> <w id="1.2">n\'t</w> &amp; é</s>\n' * 5
    + "</document>\n",
}  # fmt: skip


def samples():
    """Samples of this file, and native files where they are."""
    contents = [text.encode() for text in SAMPLES.values()]
    contents.append(SAMPLES["srt"].encode("utf-16"))
    contents.append(SAMPLES["srt"].encode("cp1252", "replace"))
    folder = find_dialogue_data()
    if folder:
        for path in sorted((folder / "native").rglob("*.*")):
            data = path.read_bytes()
            is_gzip = path.suffix == ".gz"
            contents.append(gzip.decompress(data) if is_gzip else data)
    return contents


def take_slice(content, rng):
    """The head of a file, or what follows a head for a random while."""
    start = rng.choice([0, rng.randrange(len(content))])
    head = content[: rng.choice([0, 100, 400])] if start else b""
    return head + content[start : start + rng.randrange(1, SLICE_BYTES)]


def mutate(data, rng, others):
    """Flips, deletes, repeats, cuts off or puts in some bytes."""
    for _ in range(rng.randint(1, 4)):
        a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
        b = min(b, a + rng.choice([1, 2, 10, 500]))
        kind = rng.randrange(6)
        if kind == 0 and a < len(data):
            flipped = bytes([data[a] ^ 1 << rng.randrange(8)])
            data = data[:a] + flipped + data[a + 1 :]
        elif kind == 1:
            data = data[:a] + data[b:]
        elif kind == 2:
            data = data[:b] + data[a:b] * rng.choice([1, 3, 50]) + data[b:]
        elif kind == 3:
            data = data[:b]
        elif kind == 4:
            data = data[:a] + rng.randbytes(rng.randint(1, 8)) + data[b:]
        else:
            other = take_slice(rng.choice(others), rng)
            data = data[:a] + other + data[b:]
    return data


def check(dialogues):
    for dialogue in dialogues:
        assert dialogue
        for text in dialogue:
            assert isinstance(text, str)
            assert not set(text) & set("\r\n")


def test_mutations_change_nearly_every_file():
    rng = random.Random(0)
    contents = samples()
    data = [take_slice(rng.choice(contents), rng) for _ in range(200)]
    changed = sum(mutate(one, rng, contents) != one for one in data)
    assert changed > 180


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(BATCHES))
def test_no_mutated_file_stops_a_reader(tmp_path, seed):
    rng = random.Random(seed)
    contents = samples()
    path = tmp_path / "movie_conversations.txt"
    lines = tmp_path / "movie_lines.txt"
    for _ in range(FILES // BATCHES):
        data = mutate(take_slice(rng.choice(contents), rng), rng, contents)
        if rng.random() < 0.2:
            data = mutate(gzip.compress(data), rng, contents)
        path.write_bytes(data)
        lines.write_bytes(
            data if rng.random() < 0.1 else CORNELL_LINES.encode()
        )
        with contextlib.suppress(UserError):
            assert detect_format(path) in FORMATS
        for format in FORMATS[1:]:
            problems = Problems()
            check(read_file(path, format, problems))
            assert all(problems.counts.values())

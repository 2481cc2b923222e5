import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keras_dialgan.corpus import FORMATS, Problems, read_dialogues
from keras_dialgan.corpus.formats import plain_text, raw_files
from keras_dialgan.corpus.formats.raw_files import MAX_LINE_BYTES
from keras_dialgan.corpus.formats.readers import read_file, resolve_formats
from keras_dialgan.errors import UserError
from tests.data_folder import dialogue_data

SUBTITLES = b"1\n00:00:01,000 --> 00:00:02,000\nHi.\n\n"
DOCUMENT = b"<?xml version='1.0'?>\n<document>\n<s id='1'>Hi.</s></document>"


def read(path, format="auto"):
    problems = Problems()
    return list(read_dialogues([path], format, problems)), problems


def write(path, content=b"Hi.\nHello!\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def resolve(inputs, format="auto"):
    problems = Problems()
    return resolve_formats(inputs, format, problems), problems.examples


def test_a_blank_line_ends_a_dialogue(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffHi.\r\nHello!\r\n\r\n \n\nBye.\nSee you.".encode())
    assert read(path)[0] == [["Hi.", "Hello!"], ["Bye.", "See you."]]


def test_gzip_is_recognised_by_its_content(tmp_path):
    path = write(tmp_path / "a.txt", gzip.compress(b"Hi.\nHello!\n"))
    assert read(path)[0] == [["Hi.", "Hello!"]]


def test_wrong_columns_of_pairs_are_counted(tmp_path):
    path = tmp_path / "a.tsv"
    lines = ["Hi.\tHello!"] * 20 + ["alone", "one\ttwo\tthree", ""]
    path.write_text("\n".join(lines))
    dialogues, problems = read(path)
    assert dialogues == [["Hi.", "Hello!"]] * 20
    assert problems.to_json() == {
        "not two columns": {"count": 2, "first": [f"{path}:21", f"{path}:22"]}
    }


def test_bad_lines_end_the_dialogue_and_are_counted(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(
        b"a\nb\n\xff\xfe\nc\nd\nx\0y\ne\nf\n"
        + b"z" * (3 * MAX_LINE_BYTES)
        + b"\ng\nh\n"
    )
    dialogues, problems = read(path, "lines")
    assert dialogues == [["a", "b"], ["c", "d"], ["e", "f"], ["g", "h"]]
    assert problems.to_json() == {
        "NUL character": {"count": 1, "first": [f"{path}:6"]},
        "invalid UTF-8": {"count": 1, "first": [f"{path}:3"]},
        "line too long": {"count": 1, "first": [f"{path}:9"]},
    }


def test_an_empty_file_has_no_dialogues(tmp_path):
    path = write(tmp_path / "a.txt", b"")
    for format in FORMATS:
        if format != "cornell":
            dialogues, problems = read(path, format)
            assert dialogues == []
            assert not problems.counts


@pytest.mark.parametrize("length", range(1, 12))
def test_a_corpus_without_boundaries_is_read_in_pieces(
    tmp_path, monkeypatch, length
):
    monkeypatch.setattr(plain_text, "PIECE", 4)
    path = tmp_path / "a.txt"
    text = "abcdefghijkl"[:length]
    path.write_text("\n".join(text))
    dialogues, _ = read(path, "lines")
    pairs = [d[i : i + 2] for d in dialogues for i in range(len(d) - 1)]
    assert pairs == [list(text[i : i + 2]) for i in range(length - 1)]
    assert all(len(d) <= 4 for d in dialogues)
    assert length == 1 or all(len(d) > 1 for d in dialogues)


def test_folders_and_patterns_are_read_in_order(tmp_path):
    for name in "bac":
        (tmp_path / f"{name}.txt").write_text(f"{name}\n{name}\n")
    whole = list(read_dialogues([tmp_path]))
    assert whole == [["a", "a"], ["b", "b"], ["c", "c"]]
    assert list(read_dialogues([tmp_path / "*.txt"])) == whole
    twice = read_dialogues([tmp_path / "b.txt", tmp_path])
    assert list(twice) == [["b", "b"], ["a", "a"], ["c", "c"]]


def test_all_bytes_are_reported_as_progress(tmp_path):
    path = write(tmp_path / "a.txt", b"hello\n" * 5_000)
    sizes = []
    list(read_dialogues([path], advance=sizes.append))
    assert sum(sizes) == 30_000


def test_a_missing_input_is_named(tmp_path):
    with pytest.raises(UserError, match="none"):
        list(read_dialogues([tmp_path / "none.txt"]))


def test_an_unknown_format_is_named():
    with pytest.raises(UserError, match="'csv' is none of"):
        list(read_dialogues([], "csv"))


def test_what_is_no_dialogue_in_a_folder_is_left_out(tmp_path):
    texts = [
        write(tmp_path / "a.txt"),
        write(tmp_path / "b" / "pairs.tsv", b"Hi.\tHello!\n"),
        write(tmp_path / "c.srt", SUBTITLES),
    ]
    others = [
        write(tmp_path / "LICENSE"),
        write(tmp_path / "README.md"),
        write(tmp_path / "cover.jpg", b"\xff\xd8\xff\0" * 20),
        write(tmp_path / "films.tsv"),
        write(tmp_path / "page.txt", b"<html><p>Hi.</p></html>"),
    ]
    files, left_out = resolve([tmp_path])
    assert files == [
        (texts[0], "lines"), (texts[1], "pairs"), (texts[2], "srt"),
    ]  # fmt: skip
    assert left_out == {"not a dialogue file": [str(path) for path in others]}
    files, _ = resolve([tmp_path / "*"], "lines")
    assert [path.name for path, _ in files] == ["a.txt", "c.srt", "page.txt"]


def test_a_file_that_is_named_is_read_or_refused(tmp_path):
    path = write(tmp_path / "README.md")
    assert resolve([path]) == ([(path, "lines")], {})
    page = write(tmp_path / "page.txt", b"<html><p>Hi.</p></html>")
    with pytest.raises(UserError, match=r"page\.txt"):
        resolve([path, page])
    assert resolve([page], "lines")[0] == [(page, "lines")]


def test_a_folder_without_dialogue_is_refused(tmp_path):
    write(tmp_path / "README.md")
    with pytest.raises(UserError, match="holds no file with dialogue"):
        resolve([tmp_path])


@pytest.mark.parametrize("format", ["auto", "opensubtitles"])
def test_the_largest_document_of_a_film_is_taken(tmp_path, format):
    small, large = DOCUMENT, DOCUMENT + b"\n" * 100
    root = tmp_path / "xml" / "en" / "1999"
    paths = [
        write(root / "7" / "12.xml", small),
        write(root / "7" / "13.xml.gz", large),
        write(root / "8" / "14.xml", small),
        write(root / "8" / "15.xml", small),
    ]
    again = write(tmp_path / "raw" / "en" / "1999" / "7" / "13.xml", small)
    other = write(tmp_path / "raw" / "en" / "2000" / "7" / "13.xml", small)
    files, left_out = resolve([tmp_path], format)
    assert files == [
        (path, "opensubtitles") for path in (other, paths[1], paths[2])
    ]
    assert left_out == {
        "another file of the same film": [
            str(path) for path in (again, paths[0], paths[3])
        ]
    }
    assert resolve([paths[3], paths[2]], format)[0] == [
        (paths[2], "opensubtitles")
    ]


def test_documents_outside_of_film_folders_are_all_taken(tmp_path):
    for name in ("1.xml", "2.xml"):
        write(tmp_path / "en" / name, DOCUMENT)
    assert len(resolve([tmp_path])[0]) == 2


any_file = st.lists(
    st.sampled_from(
        [b"Hi.\n", b"\n", b"\r\n", b"\t", b"__eou__", b" +++$+++ ", SUBTITLES,
         b"</s>", b"<s id='1'>", b"\0", b"\xff", "é".encode(), DOCUMENT]
    )
    | st.binary(max_size=6)
).map(b"".join)  # fmt: skip


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(any_file, st.integers(1, 30))
@pytest.mark.parametrize(
    "format", [f for f in FORMATS if f not in ("auto", "cornell")]
)
def test_any_bytes_are_read_alike_in_any_blocks(
    tmp_path, monkeypatch, format, data, size
):
    path = tmp_path / "a.txt"
    if data.startswith(b"\x1f\x8b"):
        data = b"a" + data
    results = []
    for written, block in (
        (data, 1 << 18),
        (gzip.compress(data), 1 << 18),
        (data, size),
        (gzip.compress(data), size),
    ):
        monkeypatch.setattr(raw_files, "BLOCK_BYTES", block)
        path.write_bytes(written)
        problems = Problems()
        dialogues = list(read_file(path, format, problems))
        results.append((dialogues, problems.to_json()))
    assert all(result == results[0] for result in results)
    for dialogue in results[0][0]:
        assert dialogue
        for text in dialogue:
            assert isinstance(text, str)
            assert not set(text) & set("\r\n")


def test_the_whole_data_folder_is_read_with_one_call():
    folder = dialogue_data()
    problems = Problems(examples=100)
    files = resolve_formats([folder / "native"], "auto", problems)
    assert len(files) == 14
    assert problems.counts == {"not a dialogue file": 13}
    for path, format in files:
        assert sum(map(len, read_file(path, format, problems))) > 1
    assert problems.counts == {"not a dialogue file": 13}


def test_counts_agree_with_an_independent_count():
    path = dialogue_data() / "cornell-10k" / "train.txt"
    blocks = path.read_text().strip().split("\n\n")
    dialogues, problems = read(path)
    assert dialogues == [block.split("\n") for block in blocks]
    assert (len(dialogues), sum(map(len, dialogues))) == (1_796, 6_202)
    assert not problems.counts

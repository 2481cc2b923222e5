import hashlib
import random
import re
import zlib

import pytest

from keras_dialgan.corpus import read_dialogues
from keras_dialgan.corpus.download.catalogue import (
    CORPORA,
    Location,
    PublicCorpus,
    download,
)
from keras_dialgan.corpus.download.http_transfer import UnavailableError
from keras_dialgan.errors import UserError
from tests.corpus.download.http_server import failing, serving
from tests.corpus.download.test_archives import contents, zipped

TEXT = zlib.compress(random.Random(1).randbytes(5000))
ARCHIVE = zipped([("top/lines.txt", b"hello\nhi\n"), ("top/readme", b"-")])


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def corpus(*locations, members=("lines.txt",)):
    return PublicCorpus("t", "corpus.zip", locations, "l", "c", members)


def get(*arguments, **options):
    return download(*arguments, sleep=lambda seconds: None, **options)


def test_an_archive_is_downloaded_and_unpacked(tmp_path):
    with serving(ARCHIVE) as server:
        known = corpus(Location(server.url, len(ARCHIVE), digest(ARCHIVE)))
        result = get(known, tmp_path)
    assert result.path == tmp_path / "corpus"
    assert contents(result.path) == {"top/lines.txt": b"hello\nhi\n"}
    assert result.verified
    assert list(read_dialogues([result.path])) == [["hello", "hi"]]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "corpus",
        "corpus.zip",
        "corpus.zip.sha256",
    ]


def test_a_second_run_downloads_nothing(tmp_path):
    with serving(ARCHIVE) as server:
        known = corpus(Location(server.url, sha256=digest(ARCHIVE)))
        first = get(known, tmp_path)
        assert get(known, tmp_path) == first
        assert len(server.requests) == 1


def test_an_interrupted_unpacking_is_made_up_for(tmp_path):
    (tmp_path / "corpus.zip").write_bytes(ARCHIVE)
    result = get(corpus(Location("http://a.example/")), tmp_path)
    assert contents(result.path) == {"top/lines.txt": b"hello\nhi\n"}


def test_a_text_is_kept_as_it_is(tmp_path):
    with serving(TEXT) as server:
        result = get(corpus(Location(server.url), members=()), tmp_path)
    assert result.path == result.archive == tmp_path / "corpus.zip"
    assert result.path.read_bytes() == TEXT


def test_without_a_published_checksum_the_first_download_is_trusted(tmp_path):
    with serving(TEXT) as server:
        unknown = corpus(Location(server.url), members=())
        first = get(unknown, tmp_path)
        assert not first.verified
        record = (tmp_path / "corpus.zip.sha256").read_text()
        assert record == f"{digest(TEXT)}  corpus.zip\n"
        assert get(unknown, tmp_path) == first
        first.path.write_bytes(TEXT[:-1] + b"?")
        with pytest.raises(UserError, match=r"remove the file and run again"):
            get(unknown, tmp_path)
        first.path.unlink()
        server.content = TEXT[::-1]
        with pytest.raises(UserError, match=f"{digest(TEXT)} is expected"):
            get(unknown, tmp_path)
        server.content = TEXT
        assert get(unknown, tmp_path).verified


def test_a_checksum_of_the_users_takes_the_place_of_the_published(tmp_path):
    with serving(TEXT) as server:
        known = corpus(Location(server.url, 7, digest(b"other")), members=())
        with pytest.raises(UserError, match="give --sha256 if you trust"):
            get(known, tmp_path)
        result = get(known, tmp_path, sha256=digest(TEXT).upper())
        assert result.verified
        # What was trusted once is trusted when the command is run again.
        assert get(known, tmp_path).sha256 == digest(TEXT)
        with pytest.raises(UserError, match=f"{digest(b'x')} is expected"):
            get(known, tmp_path, sha256=digest(b"x"))


def test_a_mirror_must_have_the_published_file(tmp_path):
    with serving(ARCHIVE) as mirror, serving(b"") as server:
        known = corpus(Location(server.url, len(ARCHIVE), digest(ARCHIVE)))
        result = get(known, tmp_path / "a", url=mirror.url)
        assert result.verified
        assert not server.requests
        mirror.content = bytes(len(ARCHIVE))
        with pytest.raises(UserError, match="SHA-256 is"):
            get(known, tmp_path / "b", url=mirror.url)


def test_the_next_source_is_asked_where_one_is_unavailable(tmp_path):
    with serving(ARCHIVE) as second, serving(b"") as first:
        first.answers = [failing(404)]
        locations = (
            Location(first.url, 9, digest(b"first")),
            Location(second.url),
        )
        result = get(corpus(*locations), tmp_path)
    assert result.sha256 == digest(ARCHIVE)
    assert not result.verified


def test_without_any_available_source_the_last_is_named(tmp_path):
    with serving(b"") as server:
        server.answers = [failing(404), failing(410)]
        locations = (Location(server.url), Location(f"{server.url}?second"))
        with pytest.raises(UnavailableError, match=r"second: .* 410"):
            get(corpus(*locations), tmp_path)


def test_wrong_bytes_do_not_lead_to_the_next_source(tmp_path):
    with serving(TEXT) as server:
        locations = (
            Location(server.url, None, digest(b"")),
            Location(server.url),
        )
        with pytest.raises(UserError, match="SHA-256 is"):
            get(corpus(*locations, members=()), tmp_path)


def test_a_folder_of_the_users_is_left_alone(tmp_path):
    (tmp_path / "corpus").mkdir()
    with serving(ARCHIVE) as server:
        with pytest.raises(UserError, match="remove it to download again"):
            get(corpus(Location(server.url)), tmp_path)
        assert not server.requests


def test_another_archive_than_expected_is_refused(tmp_path):
    with serving(zipped([("a.csv", b"1")])) as server:
        with pytest.raises(UserError, match=r"holds none of lines\.txt"):
            get(corpus(Location(server.url)), tmp_path)
    assert not (tmp_path / "corpus").exists()


def test_addresses_of_other_schemes_are_refused(tmp_path):
    with pytest.raises(UserError, match="not an http"):
        get(corpus(Location("https://a.example/")), tmp_path, url="file:///a")


@pytest.mark.parametrize("known", CORPORA.values(), ids=CORPORA)
def test_every_corpus_is_described(known):
    for location in known.locations:
        assert location.url.startswith("https://")
        assert location.sha256 is None or re.fullmatch(
            "[0-9a-f]{64}", location.sha256
        )
    assert known.licence
    assert known.citation
    assert bool(known.members) == known.file.endswith(".zip")


def test_dailydialog_is_taken_from_its_inner_archives(tmp_path):
    # The layout of the published archive.
    splits = [
        (
            f"ijcnlp_dailydialog/{name}.zip",
            zipped(
                [
                    (
                        f"{name}/dialogues_{name}.txt",
                        f"{name} ? __eou__ yes . __eou__\n".encode(),
                    ),
                    (f"{name}/dialogues_act_{name}.txt", b"2 1\n"),
                ]
            ),
        )
        for name in ("train", "validation", "test")
    ]
    archive = zipped([("ijcnlp_dailydialog/dialogues_text.txt", b"-"), *splits])
    with serving(archive) as server:
        result = get(
            CORPORA["dailydialog"],
            tmp_path,
            url=server.url,
            sha256=digest(archive),
        )
    assert sorted(d[0].split()[0] for d in read_dialogues([result.path])) == [
        "test",
        "train",
        "validation",
    ]


def test_cornell_is_unpacked_as_its_reader_wants_it(tmp_path):
    top = "cornell movie-dialogs corpus"
    lines = (
        b"L1 +++$+++ u0 +++$+++ m0 +++$+++ A +++$+++ Hi.\n"
        b"L2 +++$+++ u1 +++$+++ m0 +++$+++ B +++$+++ Hello.\n"
    )
    talk = b"u0 +++$+++ u1 +++$+++ m0 +++$+++ ['L1', 'L2']\n"
    archive = zipped(
        [
            (f"{top}/movie_lines.txt", lines),
            (f"{top}/movie_conversations.txt", talk),
            (f"{top}/README.txt", b"Cornell Movie-Dialogs Corpus\n"),
            (f"__MACOSX/{top}/._movie_lines.txt", b"\0"),
        ]
    )
    with serving(archive) as server:
        result = get(
            CORPORA["cornell"],
            tmp_path,
            url=server.url,
            sha256=digest(archive),
        )
    assert list(read_dialogues([result.path])) == [["Hi.", "Hello."]]

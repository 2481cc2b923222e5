import contextlib
import errno
import fcntl
import hashlib
import json
import random
import resource
import urllib.request

import pytest

from keras_dialgan.corpus.download.http_file import check_url, fetch
from keras_dialgan.corpus.download.http_transfer import (
    UnavailableError,
    _Redirects,
)
from keras_dialgan.errors import UserError
from tests.corpus.download.http_server import failing, serving, silent

CONTENT = random.Random(0).randbytes(300_000)
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with serving(CONTENT) as server:
        yield server


@pytest.fixture
def path(tmp_path):
    return tmp_path / "new" / "corpus.bin"


class Sleeps(list):
    def __call__(self, seconds):
        self.append(seconds)


def get(server, path, *expected, **options):
    options = {"sleep": Sleeps(), "timeout": 5, **options}
    return fetch(server.url, path, *expected, **options)


def names(path):
    return sorted(p.name for p in path.parent.iterdir())


def interrupt(server, path, after=100_000):
    """Leaves the first bytes of the file, as an interrupted download does."""
    server.cuts = [after]
    with pytest.raises(UnavailableError, match="connection was cut"):
        get(server, path, attempts=1)
    assert path.with_name("corpus.bin.part").stat().st_size == after


def test_a_file_is_downloaded_and_nothing_else_is_left(server, path):
    assert get(server, path, len(CONTENT), DIGEST) == DIGEST
    assert path.read_bytes() == CONTENT
    assert names(path) == ["corpus.bin"]
    assert server.ranges_asked() == [None]


def test_a_cut_connection_is_taken_up_where_it_was_cut(server, path):
    server.cuts = [70_000, 1, 0, 129_999]
    sleeps = Sleeps()
    assert get(server, path, sleep=sleeps, sha256=DIGEST) == DIGEST
    assert path.read_bytes() == CONTENT
    assert server.ranges_asked() == [
        None,
        "bytes=70000-",
        "bytes=70001-",
        "bytes=70001-",
        "bytes=200000-",
    ]
    assert server.requests[-1][1]["If-Range"] == '"first"'
    assert sleeps == [1, 1, 2, 1]


def test_a_later_run_goes_on_where_an_earlier_stopped(server, path):
    interrupt(server, path)
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, "bytes=100000-"]


def test_the_date_serves_where_the_etag_is_weak(server, path):
    server.etag = 'W/"weak"'
    server.last_modified = "Sun, 01 Apr 2018 10:00:00 GMT"
    interrupt(server, path)
    assert get(server, path) == DIGEST
    assert server.requests[-1][1]["If-Range"] == server.last_modified


def test_without_etag_and_date_the_download_starts_over(server, path):
    server.etag = None
    interrupt(server, path)
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, None]


def test_a_server_that_ignores_ranges_mixes_no_bytes(server, path):
    server.ranges = False
    server.cuts = [100_000, 50_000]
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, "bytes=100000-", "bytes=50000-"]
    assert path.read_bytes() == CONTENT


def test_a_file_that_changed_on_the_server_starts_over(server, path):
    interrupt(server, path)
    server.content, server.etag = CONTENT[::-1], '"second"'
    digest = get(server, path)
    assert path.read_bytes() == CONTENT[::-1]
    assert digest == hashlib.sha256(CONTENT[::-1]).hexdigest()


def test_a_part_of_another_version_is_not_appended(server, path):
    def careless(handler):
        server.etag = '"second"'
        start = int(handler.headers["Range"][6:-1])
        whole = len(CONTENT)
        handler.answer(
            206,
            CONTENT[::-1][start:],
            {
                "Content-Range": f"bytes {start}-{whole - 1}/{whole}",
                "ETag": server.etag,
            },
        )

    interrupt(server, path)
    server.answers = [careless]
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, "bytes=100000-", None]


@pytest.mark.parametrize(
    "content_range", ["bytes 0-299999/300000", "nonsense", None]
)
def test_a_part_from_elsewhere_in_the_file_is_not_appended(
    server, path, content_range
):
    headers = {"Content-Range": content_range} if content_range else {}
    interrupt(server, path)
    server.answers = [lambda handler: handler.answer(206, CONTENT, headers)]
    assert get(server, path) == DIGEST


def test_a_file_that_came_whole_before_is_only_checked(server, path):
    interrupt(server, path, after=len(CONTENT) - 1)
    part = path.with_name("corpus.bin.part")
    part.write_bytes(CONTENT)
    assert get(server, path) == DIGEST
    assert server.ranges_asked()[1:] == ["bytes=300000-"]


def test_more_bytes_than_the_server_has_start_over(server, path):
    interrupt(server, path)
    path.with_name("corpus.bin.part").write_bytes(CONTENT + b"more")
    assert get(server, path) == DIGEST


def test_what_came_from_another_address_starts_over(server, path):
    interrupt(server, path)
    fetch(server.url + "?mirror", path, sleep=Sleeps())
    assert server.ranges_asked() == [None, None]
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("saved", [b"{", b"[]", b'{"url": 1}', b"\xff"])
def test_damaged_notes_on_a_partial_file_start_over(server, path, saved):
    interrupt(server, path)
    path.with_name("corpus.bin.part.json").write_bytes(saved)
    assert get(server, path) == DIGEST


def test_notes_that_no_header_can_hold_start_over(server, path):
    interrupt(server, path)
    notes = json.dumps({"url": server.url, "validator": "a\r\nb"})
    path.with_name("corpus.bin.part.json").write_text(notes)
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, None]


def test_wrong_bytes_are_refused_and_removed(server, path):
    server.content = b"x" + CONTENT[1:]
    found = hashlib.sha256(server.content).hexdigest()
    with pytest.raises(UserError, match=f"{found} where {DIGEST} is expected"):
        get(server, path, len(CONTENT), DIGEST)
    assert names(path) == []


def test_a_wrong_size_is_refused_before_the_bytes_come(server, path):
    with pytest.raises(UserError, match="300,000 bytes where 299,999 are"):
        get(server, path, 299_999, DIGEST)
    assert names(path) == []


def test_a_length_that_is_too_small_ends_in_wrong_bytes(server, path):
    server.length = lambda body: len(body) - 10
    with pytest.raises(UserError, match="SHA-256 is"):
        get(server, path, sha256=DIGEST)
    assert names(path) == []


def test_a_length_that_is_too_large_never_passes_for_whole(server, path):
    server.length = lambda body: len(body) + 10
    server.ranges = False
    with pytest.raises(UnavailableError, match="gave up after 3 attempts"):
        get(server, path, attempts=3)
    assert not path.exists()


def test_a_length_that_is_too_large_is_put_right_by_a_range(server, path):
    server.length = lambda body: len(body) + 10
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, "bytes=300000-"]


def test_without_a_size_a_checksum_is_needed(server, path):
    server.length = None
    with pytest.raises(UnavailableError, match="give --sha256"):
        get(server, path)
    assert get(server, path, sha256=DIGEST) == DIGEST


def test_a_missing_file_is_not_asked_for_again(server, path):
    server.answers = [failing(404), failing(404)]
    with pytest.raises(UnavailableError, match=r"404.*give its address"):
        get(server, path)
    assert len(server.requests) == 1
    assert names(path) == []


def test_a_busy_server_is_asked_again_when_it_says(server, path):
    sleeps = Sleeps()
    server.answers = [
        failing(503, {"Retry-After": "7"}),
        failing(429, {"Retry-After": "9999"}),
        failing(500),
    ]
    assert get(server, path, sleep=sleeps) == DIGEST
    assert sleeps == [7, 60, 4]


def test_attempts_without_progress_are_bounded(server, path):
    sleeps = Sleeps()
    server.answers = [failing(503)] * 20
    with pytest.raises(UnavailableError, match="gave up after 4 attempts"):
        get(server, path, attempts=4, sleep=sleeps)
    assert len(server.requests) == 4
    assert sleeps == [1, 2, 4]


def test_starting_over_is_no_progress(server, path):
    server.ranges = False
    server.cuts = [1000] * 50
    with pytest.raises(UnavailableError, match="gave up after 5 attempts"):
        get(server, path, attempts=5)
    assert len(server.requests) == 5


def test_a_silent_server_counts_as_cut(server, path):
    server.answers = [silent(0.6)]
    assert get(server, path, timeout=0.2) == DIGEST
    assert len(server.requests) == 2


def test_a_server_that_is_not_there_is_named(path):
    with serving(b"") as server:
        url = server.url
    with pytest.raises(UnavailableError, match=r"refused.*gave up after 2"):
        fetch(url, path, attempts=2, sleep=Sleeps())


def test_redirections_are_followed_with_the_range(server, path):
    interrupt(server, path)
    server.answers = [failing(302, {"Location": "/elsewhere"})]
    assert get(server, path) == DIGEST
    assert server.requests[-1][0] == "/elsewhere"
    assert server.requests[-1][1]["Range"] == "bytes=100000-"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://a.example/b"])
def test_redirections_to_other_schemes_are_refused(server, path, target):
    server.answers = [failing(302, {"Location": target})]
    with pytest.raises(UnavailableError, match=r"not (protected|allowed)"):
        get(server, path)


def test_redirections_from_https_to_http_are_refused():
    request = urllib.request.Request("https://a.example/b")
    with pytest.raises(UnavailableError, match=r"redirects to http://c.*--url"):
        _Redirects().redirect_request(
            request, None, 302, "Found", {}, "http://c.example/b"
        )


def test_redirections_to_nowhere_are_refused(server, path):
    server.answers = [failing(302, {"Location": "http://[::1/a"})]
    with pytest.raises(UnavailableError, match="cannot be used"):
        get(server, path)


def test_endless_redirections_are_refused(server, path):
    server.answers = [failing(302, {"Location": "/corpus.bin"})] * 30
    with pytest.raises(UnavailableError, match="infinite loop"):
        get(server, path)


def test_the_proxy_of_the_environment_is_used(server, path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.removesuffix("/corpus.bin"))
    fetch("http://corpora.example/file.bin", path)
    assert path.read_bytes() == CONTENT
    assert server.requests[0][0] == "http://corpora.example/file.bin"


def test_hosts_without_proxy_are_asked_themselves(server, path, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert get(server, path) == DIGEST


def test_a_disk_without_room_is_noticed_before_the_bytes_come(server, path):
    with pytest.raises(UserError, match="are free, but"):
        get(server, path, free=lambda folder: 300_000)
    assert names(path) == []


def test_a_disk_that_fills_up_keeps_what_has_come(server, path, monkeypatch):
    import keras_dialgan.corpus.download.http_transfer as transfer

    monkeypatch.setattr(transfer, "_BLOCK", 1000)
    monkeypatch.setattr(transfer, "_BYTES_PER_SPACE_CHECK", 50_000)
    room = [1 << 30, 1 << 30, 0]
    with pytest.raises(UserError, match="are free, but"):
        get(server, path, free=lambda folder: room.pop(0))
    kept = path.with_name("corpus.bin.part").stat().st_size
    assert 100_000 <= kept < 102_000
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, f"bytes={kept}-"]


@contextlib.contextmanager
def largest_file(size):
    """Lets writes fail beyond a size, as a full disk does."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def test_a_write_that_fails_keeps_what_has_come(server, path):
    with (
        largest_file(123_456),
        pytest.raises(UserError, match="first 123,456 bytes are kept"),
    ):
        get(server, path)
    assert get(server, path) == DIGEST
    assert server.ranges_asked() == [None, "bytes=123456-"]


def test_a_disk_too_full_for_the_notes_is_named(server, path):
    with largest_file(5), pytest.raises(UserError, match="make room and run"):
        get(server, path)
    assert len(server.requests) == 1
    assert names(path) == []


def test_two_downloads_of_one_file_do_not_mix(server, path):
    path.parent.mkdir()
    with open(path.with_name("corpus.bin.part"), "wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(UserError, match="another process"):
            get(server, path)
    assert get(server, path) == DIGEST


def test_progress_adds_up_to_the_size_whatever_happens(server, path):
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

    server.ranges = False
    server.cuts = [200_000, 10_000]
    get(server, path, progress=Bar)
    assert shown == {
        "corpus.bin": [300_000, 300_000],
        "checking": [300_000, 300_000],
    }


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a.example/b",
        "a.example/b",
        "http://",
        "http://[::1",
        "",
    ],
)
def test_only_web_addresses_are_taken(url, path):
    with pytest.raises(UserError, match="not an http:// or https:// address"):
        fetch(url, path)
    assert not path.parent.exists()


def test_addresses_with_spaces_are_refused():
    with pytest.raises(UserError, match="percent-encode"):
        check_url("http://a.example/b c")


def test_an_unwritable_folder_is_named(server, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file") as error:
        get(server, tmp_path / "file" / "corpus.bin")
    assert error.value.errno in (errno.ENOTDIR, errno.EEXIST)


def test_the_notes_hold_the_address_and_the_etag(server, path):
    interrupt(server, path)
    notes = path.with_name("corpus.bin.part.json").read_text()
    assert json.loads(notes) == {"url": server.url, "validator": '"first"'}

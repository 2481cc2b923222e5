import io
import shutil
import stat
import zipfile

import pytest

from keras_dialgan.corpus.download.archives import unpack
from keras_dialgan.errors import UserError


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """The bytes of a zip archive of names, or `ZipInfo`s, and contents."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def make(tmp_path):
    def make(*files):
        path = tmp_path / "archive.zip"
        path.write_bytes(zipped(files))
        return path

    return make


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "corpus"


def contents(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_refused(archive, folder, message, members=("*.txt",), **options):
    before = sorted(p.name for p in folder.parent.iterdir())
    with pytest.raises(UserError, match=message):
        unpack(archive, folder, members, **options)
    assert sorted(p.name for p in folder.parent.iterdir()) == before


def test_members_are_unpacked_and_others_left(make, folder):
    archive = make(
        ("a b/", b""),
        ("a b/lines.txt", b"one"),
        ("a b/paper.pdf", b"%PDF"),
        ("__MACOSX/a b/._lines.txt", b"\0"),
        ("deep/er/more.txt", b"two"),
    )
    assert unpack(archive, folder, ["*.txt"]) == 2
    assert contents(folder) == {
        "a b/lines.txt": b"one",
        "deep/er/more.txt": b"two",
    }


def test_archives_within_the_archive_are_unpacked(make, folder):
    inner = zipped([("train/lines.txt", b"one"), ("train/acts.txt", b"1")])
    archive = make(
        ("top/train.zip", inner),
        ("__MACOSX/top/._train.zip", b"\0\5"),
        ("top/readme.txt", b"-"),
    )
    assert unpack(archive, folder, ["lines.txt"]) == 1
    assert contents(folder) == {"top/train/lines.txt": b"one"}
    assert [p.name for p in folder.parent.iterdir() if p != folder] == [
        "archive.zip"
    ]


def test_archives_below_the_second_level_are_not_opened(make, folder):
    innermost = zipped([("lines.txt", b"x")])
    archive = make(("a.zip", zipped([("b.zip", innermost)])))
    assert_refused(archive, folder, "holds none of lines.txt", ["lines.txt"])


def test_a_file_beside_its_own_archive_is_taken_once(make, folder):
    inner = zipped([("train/lines.txt", b"from the inner archive")])
    archive = make(("train/lines.txt", b"itself"), ("train.zip", inner))
    assert unpack(archive, folder, ["lines.txt"]) == 1
    assert contents(folder) == {"train/lines.txt": b"itself"}


@pytest.mark.parametrize(
    "name", ["../out.txt", "/out.txt", "a/../../out.txt", "..\\out.txt"]
)
@pytest.mark.parametrize("nested", [False, True])
def test_names_that_lead_out_of_the_folder_are_refused(
    make, folder, name, nested
):
    evil = (name, b"evil")
    fine = ("fine.txt", b"")
    files = [("a.zip", zipped([fine, evil]))] if nested else [fine, evil]
    assert_refused(make(*files), folder, "leads out of the folder")
    assert not (folder.parent.parent / "out.txt").exists()


def test_links_are_refused(make, folder):
    link = zipfile.ZipInfo("link.txt")
    link.create_system = 3
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    assert_refused(make((link, b"/etc/passwd")), folder, "is a link")


def test_encrypted_files_are_refused(make, folder):
    archive = make(("a.txt", b"secret"))
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(content)
    assert_refused(archive, folder, "is encrypted")


def test_more_than_the_disk_can_take_is_refused(make, folder):
    archive = make(("bomb.txt", bytes(50_000_000)))
    assert archive.stat().st_size < 60_000
    for free in (lambda path: 50_000_000, lambda path: 0):
        assert_refused(archive, folder, "are free, but", free=free)
    nested = zipped([("bomb.txt", bytes(50_000_000))])
    archive = make(("bomb.zip", nested))
    assert_refused(
        archive, folder, "are free, but", free=lambda path: 100_000_000
    )


def test_a_file_larger_than_it_declares_is_refused(make, folder):
    archive = make(("a.txt", b"x" * 100_000))
    content = archive.read_bytes()
    declared = (100_000).to_bytes(4, "little")
    assert content.count(declared) == 2
    archive.write_bytes(content.replace(declared, (10).to_bytes(4, "little")))
    assert_refused(archive, folder, "cannot be unpacked")


def test_archives_damaged_anywhere_are_refused_or_unpacked_right(make, folder):
    text = b"the quick brown fox " * 20
    good = make(("a.txt", text)).read_bytes()
    refused = 0
    for i in range(len(good)):
        damaged = bytearray(good)
        damaged[i] ^= 0x55
        archive = folder.parent / "archive.zip"
        archive.write_bytes(damaged)
        try:
            unpack(archive, folder, ["*.txt"])
        except UserError:
            refused += 1
            assert not folder.exists()
        else:
            assert text in contents(folder).values()
            shutil.rmtree(folder)
    assert refused > len(good) / 3


def test_truncated_archives_are_refused(make, folder):
    archive = make(("a.txt", b"text"))
    good = archive.read_bytes()
    for size in range(len(good)):
        archive.write_bytes(good[:size])
        assert_refused(archive, folder, "cannot be unpacked")


def test_a_file_that_is_also_a_folder_is_refused(make, folder):
    archive = make(("a.txt", b"x"), ("a.txt/b.txt", b"y"))
    assert_refused(archive, folder, "cannot be written")


def test_progress_counts_bytes(make, folder):
    class Bar:
        shown = 0

        def __init__(self, title, total):
            Bar.total = total

        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def update(self, count):
            Bar.shown += count

    archive = make(("a.txt", b"12345"), ("b.txt", b"123"), ("c.pdf", b"1"))
    unpack(archive, folder, ["*.txt"], progress=Bar)
    assert Bar.shown == Bar.total == 8

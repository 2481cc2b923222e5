"""Unpacking zip archives that come from elsewhere."""

import contextlib
import fnmatch
import lzma
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from keras_dialgan.corpus.disk import Progress, check_space, free_space
from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_directory

_BLOCK = 1 << 20
_ENCRYPTED = 0x1
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
    ValueError,
)


def unpack(
    archive: Path,
    directory: Path,
    members: Sequence[str],
    progress: Progress | None = None,
    free: Callable[[Path], int] = free_space,
) -> int:
    """Unpacks some files of a zip archive, all or none.

    Archives within the archive are looked into too, but not those within
    them. The folders of the archive are kept.

    Args:
        archive: the zip archive.
        directory: the folder to make; it appears when all is unpacked.
        members: patterns of the names (without folders) to unpack.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)`, called with numbers of bytes.
        free: tells the free bytes of the disk that holds a folder.

    Returns:
        The number of files.

    Raises:
        UserError: if the archive is damaged, holds a name that leads out of
            the folder, a link or an encrypted file, none of the members, or
            more than the disk can take.
    """
    try:
        with (
            atomic_directory(directory) as folder,
            tempfile.TemporaryDirectory(dir=directory.parent) as scratch,
            contextlib.ExitStack() as stack,
        ):
            outer = stack.enter_context(zipfile.ZipFile(archive))
            chosen = _choose(outer, PurePosixPath(), members)
            for inner, parent in _nested(outer, Path(scratch), stack, free):
                chosen = _choose(inner, parent, members) | chosen
            if not chosen:
                raise UserError(
                    f"{archive}: holds none of {', '.join(members)}; it is "
                    f"another archive than expected"
                )
            size = sum(info.file_size for _, info in chosen.values())
            check_space(directory.parent, size, free)
            bar = None
            if progress:
                bar = stack.enter_context(progress("unpacking", size))
            for path, (files, info) in chosen.items():
                _write(files, info, folder / path)
                if bar:
                    bar.update(info.file_size)
    except _DAMAGED as error:
        raise UserError(
            f"{archive}: cannot be unpacked ({error}); remove it and run again"
        ) from None
    except OSError as error:
        raise UserError(
            f"{directory}: cannot be written ({error}); mend this and run again"
        ) from None
    return len(chosen)


def _choose(
    files: zipfile.ZipFile, parent: PurePosixPath, members: Sequence[str]
) -> dict[PurePosixPath, tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
    """The members by their paths; the first of several of one name."""
    chosen = {}
    for path, info in _checked(files):
        if any(fnmatch.fnmatchcase(path.name, member) for member in members):
            chosen.setdefault(parent / path, (files, info))
    return chosen


def _nested(
    outer: zipfile.ZipFile,
    scratch: Path,
    stack: contextlib.ExitStack,
    free: Callable[[Path], int],
) -> Iterator[tuple[zipfile.ZipFile, PurePosixPath]]:
    """The archives within the archive, opened, and their folders."""
    found = [(p, i) for p, i in _checked(outer) if p.suffix.lower() == ".zip"]
    check_space(scratch, sum(info.file_size for _, info in found), free)
    for number, (path, info) in enumerate(found):
        copy = scratch / f"{number}.zip"
        _write(outer, info, copy)
        yield stack.enter_context(zipfile.ZipFile(copy)), path.parent


def _checked(
    files: zipfile.ZipFile,
) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """The files of an archive, unless one is not what a corpus needs.

    Hidden files, such as the resource forks of macOS, are left out.
    """
    for info in files.infolist():
        name = info.filename
        path = PurePosixPath(name)
        outside = path.is_absolute() or ".." in path.parts
        if outside or "\\" in name:
            raise UserError(
                f"{files.filename}: the name {name!r} leads out of the folder; "
                f"do not trust this archive"
            )
        if stat.S_ISLNK(info.external_attr >> 16):
            raise UserError(
                f"{files.filename}: {name!r} is a link; do not trust this "
                f"archive"
            )
        if info.flag_bits & _ENCRYPTED:
            raise UserError(f"{files.filename}: {name!r} is encrypted")
        if not info.is_dir() and not path.name.startswith("."):
            yield path, info


def _write(files: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> None:
    # A member that gives more bytes than it declares is cut there by
    # zipfile, and then fails its checksum.
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.open(info) as source, open(path, "xb") as target:
        shutil.copyfileobj(source, target, _BLOCK)

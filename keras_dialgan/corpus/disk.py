"""Room on a disk, and checksums of files on it."""

import contextlib
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from keras_dialgan.errors import UserError

# A progress bar: `progress(title, total)` gives a context manager with a
# method `update(n)`.
Progress = Callable[[str, int | None], Any]

# Left free, so that a download does not stop other programs.
RESERVE = 64 << 20
_BLOCK = 1 << 20


def free_space(path: Path) -> int:
    """Bytes that can still be written to the disk that holds `path`."""
    return shutil.disk_usage(path).free


def check_space(
    directory: Path, needed: int, free: Callable[[Path], int]
) -> None:
    """Refuses to begin what the disk cannot hold.

    Raises:
        UserError: if fewer than `needed` bytes, and a reserve, are free.
    """
    available = free(directory)
    if available < needed + RESERVE:
        raise UserError(
            f"{directory}: {available / 1e6:,.0f} MB are free, but "
            f"{(needed + RESERVE) / 1e6:,.0f} MB are needed; make room or "
            f"choose another --output"
        )


def file_digest(path: Path, progress: Progress | None = None) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with contextlib.ExitStack() as stack:
        file = stack.enter_context(open(path, "rb"))
        bar = None
        if progress:
            size = path.stat().st_size
            bar = stack.enter_context(progress("checking", size))
        while block := file.read(_BLOCK):
            digest.update(block)
            if bar:
                bar.update(len(block))
    return digest.hexdigest()

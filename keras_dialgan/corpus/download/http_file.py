"""Files over HTTP that are resumed where a connection was cut."""

import contextlib
import fcntl
import os
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from keras_dialgan.corpus.disk import Progress, file_digest, free_space
from keras_dialgan.corpus.download.http_transfer import Transfer
from keras_dialgan.errors import UserError


def check_url(url: str) -> str:
    """Returns the address if it is one of HTTP or HTTPS.

    Raises:
        UserError: if it is not.
    """
    try:
        parts = urllib.parse.urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_web = False
    if not is_web:
        raise UserError(f"{url!r}: not an http:// or https:// address")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise UserError(f"{url!r}: percent-encode spaces and symbols")
    return url


def fetch(
    url: str,
    path: Path,
    size: int | None = None,
    sha256: str | None = None,
    progress: Progress | None = None,
    timeout: float = 30.0,
    attempts: int = 6,
    sleep: Callable[[float], object] = time.sleep,
    free: Callable[[Path], int] = free_space,
) -> str:
    """Downloads a file; after an interruption goes on where it stopped.

    What has come so far is kept in `<path>.part`, and beside it, in
    `<path>.part.json`, the address and the ETag or date of the file on the
    server. A later call asks for the rest on the condition that these still
    hold, and begins anew where they do not or where the server ignores
    ranges. The file appears under its name only when it is whole and right.
    Proxies are taken from the environment (`https_proxy`, `http_proxy`,
    `no_proxy`).

    Args:
        url: an `http` or `https` address.
        path: the file to write.
        size: its size in bytes, where known; else the server's word is taken.
        sha256: its SHA-256, where known.
        progress: `progress(title, total)` gives a context manager with a
            method `update(n)`, called with numbers of bytes.
        timeout: seconds without a byte after which a connection counts as
            cut.
        attempts: how often in a row an attempt may bring nothing new.
        sleep: waits for so many seconds between attempts.
        free: tells the free bytes of the disk that holds a folder.

    Returns:
        The SHA-256 of the file.

    Raises:
        UnavailableError: if the server cannot be reached or has no such file.
        UserError: if the bytes are wrong, the disk is full or another process
            downloads the same file.
    """
    check_url(url)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path.with_name(f"{path.name}.part")) as file:
        transfer = Transfer(url, path, file, size, sha256, timeout, free)
        transfer.run(attempts, sleep, progress)
        digest = file_digest(transfer.part, progress)
        if sha256 and digest != sha256:
            transfer.discard()
            raise UserError(
                f"{url}: the SHA-256 is {digest} where {sha256} is expected; "
                f"the bytes were removed. Run again, try a mirror with --url, "
                f"or give --sha256 if you trust this file"
            )
        os.fsync(file.fileno())
        os.replace(transfer.part, path)
        transfer.source.unlink(missing_ok=True)
    return digest


@contextlib.contextmanager
def _locked(part: Path) -> Iterator[BinaryIO]:
    with open(part, "ab", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held the lock before may have renamed the file.
            mine = os.path.samestat(os.fstat(file.fileno()), part.stat())
        except (BlockingIOError, FileNotFoundError):
            mine = False
        if not mine:
            raise UserError(
                f"{part}: another process downloads this file; wait for it"
            )
        try:
            yield file
        finally:
            if os.fstat(file.fileno()).st_size == 0:
                for left in (part, part.with_name(f"{part.name}.json")):
                    left.unlink(missing_ok=True)

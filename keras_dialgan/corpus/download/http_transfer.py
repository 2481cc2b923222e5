"""One file on its way from a server to the disk."""

import contextlib
import http.client
import logging
import os
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request

from keras_dialgan.corpus.disk import check_space
from keras_dialgan.errors import UserError
from keras_dialgan.files import read_json, write_json

_BLOCK = 1 << 18
_BYTES_PER_SPACE_CHECK = 32 << 20
_LONGEST_DELAY = 60
_TRANSIENT = {408, 425, 429, 500, 502, 503, 504}
_CONTENT_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")
_log = logging.getLogger(__name__)


class UnavailableError(UserError):
    """A server that cannot be reached, or does not have the file."""


class _InterruptedError(Exception):
    """What another attempt may mend."""

    def __init__(self, reason: object, delay: int = 0):
        super().__init__(str(reason) or type(reason).__name__)
        self.delay = delay


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but never from HTTPS to something weaker."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        old, new = (urllib.parse.urlsplit(u) for u in (req.full_url, newurl))
        if new.scheme != "https" and new.scheme != old.scheme:
            raise UnavailableError(
                f"{req.full_url}: redirects to {newurl}, which is not "
                f"protected; if you trust it, give it with --url"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _validator(headers) -> str | None:
    """What tells this version of a file from others, if it can be sent."""
    etag = headers.get("ETag", "")
    validator = etag if etag.startswith('"') else headers.get("Last-Modified")
    return validator if _is_sendable(validator) else None


def _is_sendable(validator: object) -> bool:
    """Whether this can stand in the header of a request."""
    return (
        isinstance(validator, str)
        and validator.isascii()
        and validator.isprintable()
    )


class _Bar:
    """A progress bar that appears with the first answer."""

    def __init__(self, stack, progress, title):
        self._stack = stack
        self._progress = progress
        self._title = title
        self._bar = None
        self._shown = 0

    def __call__(self, total: int | None, have: int) -> None:
        if self._bar is None:
            bar = self._progress(self._title, total)
            self._bar = self._stack.enter_context(bar)
        self._bar.update(have - self._shown)
        self._shown = have


class Transfer:
    """A file that comes in one or more attempts.

    Args:
        url: its address.
        path: where it will be; what comes is written beside.
        file: the open partial file.
        size: its size in bytes, where known.
        sha256: its SHA-256, where known.
        timeout: seconds without a byte that end an attempt.
        free: tells the free bytes of the disk that holds a folder.
    """

    def __init__(self, url, path, file, size, sha256, timeout, free):
        self.part = path.with_name(f"{path.name}.part")
        self.source = path.with_name(f"{path.name}.part.json")
        self._url = url
        self._file = file
        self._size = size
        self._sha256 = sha256
        self._timeout = timeout
        self._free = free
        self._opener = urllib.request.build_opener(_Redirects)
        self._have = os.fstat(file.fileno()).st_size
        self._show = lambda total, have: None

    def discard(self) -> None:
        """Removes what has come."""
        self.part.unlink(missing_ok=True)
        self.source.unlink(missing_ok=True)

    def run(self, attempts, sleep, progress) -> None:
        """Asks until everything is there."""
        most, failures = 0, 0
        with contextlib.ExitStack() as stack:
            if progress:
                self._show = _Bar(stack, progress, self.part.stem)
            while True:
                try:
                    return self._attempt()
                except _InterruptedError as error:
                    failures = 1 if self._have > most else failures + 1
                    most = max(most, self._have)
                    if failures >= attempts:
                        raise UnavailableError(
                            f"{self._url}: {error}; gave up after {attempts} "
                            f"attempts. Run again to go on from "
                            f"{self._have:,} bytes, or give a mirror with "
                            f"--url"
                        ) from None
                    delay = error.delay or 2 ** (failures - 1)
                    delay = min(delay, _LONGEST_DELAY)
                    _log.warning(
                        "%s: %s after %s bytes; next attempt in %s s",
                        *(self._url, error, f"{self._have:,}", delay),
                    )
                    sleep(delay)

    def _attempt(self) -> None:
        validator = self._saved_validator()
        if validator is None:
            self._start_over()
        headers = {
            "User-Agent": "keras-dialgan",
            "Accept-Encoding": "identity",
        }
        if self._have:
            headers["Range"] = f"bytes={self._have}-"
            headers["If-Range"] = validator
        request = urllib.request.Request(self._url, headers=headers)
        try:
            with self._opener.open(request, timeout=self._timeout) as response:
                self._receive(response, validator)
        except urllib.error.HTTPError as error:
            with error:
                self._judge(error)
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise UnavailableError(f"{self._url}: {error.reason}") from None
            raise _InterruptedError(error.reason) from None
        except (OSError, http.client.HTTPException) as error:
            raise _InterruptedError(error) from None
        except ValueError as error:
            raise UnavailableError(
                f"{self._url}: an address that cannot be used, its own, a "
                f"redirection or a proxy's ({error})"
            ) from None

    def _judge(self, error) -> None:
        """Decides what an answer other than success means."""
        if error.code == 416:
            match = _CONTENT_RANGE.fullmatch(
                error.headers["Content-Range"] or ""
            )
            whole = match and match[2] == str(self._have)
            if whole and self._size in (None, self._have):
                return
            self._start_over()
            raise _InterruptedError("the server has no more bytes")
        if error.code in _TRANSIENT:
            delay = error.headers.get("Retry-After", "")
            raise _InterruptedError(
                error, int(delay) if delay.isdecimal() else 0
            )
        raise UnavailableError(
            f"{self._url}: {error}; the file may have moved: give its address "
            f"with --url"
        )

    def _receive(self, response, validator) -> None:
        total = self._accept(response, validator)
        if self._size is not None and total not in (None, self._size):
            self.discard()
            raise UserError(
                f"{self._url}: has {total:,} bytes where {self._size:,} are "
                f"expected; try a mirror with --url, or give --sha256 if you "
                f"trust this file"
            )
        total = self._size if total is None else total
        if total is None and self._sha256 is None:
            raise UnavailableError(
                f"{self._url}: the server does not tell the size, so a cut "
                f"connection would pass unnoticed; give --sha256"
            )
        self._show(total, self._have)
        checked = -1
        while block := response.read1(_BLOCK):
            if self._have // _BYTES_PER_SPACE_CHECK != checked:
                checked = self._have // _BYTES_PER_SPACE_CHECK
                left = len(block) if total is None else total - self._have
                check_space(self.part.parent, left, self._free)
            self._write(block)
            self._show(total, self._have)
        if total is not None and self._have != total:
            if self._have > total:
                self._start_over()
            raise _InterruptedError("the connection was cut")

    def _accept(self, response, validator) -> int | None:
        """Makes the partial file fit the answer; gives the whole's size."""
        if response.status == 206:
            text = response.headers.get("Content-Range", "")
            match = _CONTENT_RANGE.fullmatch(text)
            same = _validator(response.headers) in (None, validator)
            if not match or match[1] != str(self._have) or not same:
                self._start_over()
                raise _InterruptedError("the server sent another part")
            return None if match[2] == "*" else int(match[2])
        if response.status != 200:
            raise UnavailableError(
                f"{self._url}: unexpected answer {response.status}"
            )
        self._start_over()
        validator = _validator(response.headers)
        if validator is not None:
            self._save_validator(validator)
        length = response.headers.get("Content-Length", "")
        return int(length) if length.isdecimal() else None

    def _saved_validator(self) -> str | None:
        try:
            saved = read_json(self.source)
        except UserError:
            return None
        if not isinstance(saved, dict) or saved.get("url") != self._url:
            return None
        validator = saved.get("validator")
        return validator if _is_sendable(validator) else None

    def _save_validator(self, validator: str) -> None:
        try:
            write_json(self.source, {"url": self._url, "validator": validator})
        except OSError as error:
            raise UserError(
                f"{self.source}: {error.strerror}; make room and run again"
            ) from None

    def _start_over(self) -> None:
        self._file.truncate(0)
        self.source.unlink(missing_ok=True)
        self._have = 0

    def _write(self, block: bytes) -> None:
        try:
            while block:
                written = self._file.write(block)
                self._have += written
                block = block[written:]
        except OSError as error:
            raise UserError(
                f"{self.part}: {error.strerror}; make room and run again: the "
                f"first {self._have:,} bytes are kept"
            ) from None

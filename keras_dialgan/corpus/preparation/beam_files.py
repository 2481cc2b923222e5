"""Input and output of the Beam engine: local paths and URLs such as `gs://`."""

import contextlib
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apache_beam.io.filesystem import BeamIOError, CompressionTypes
from apache_beam.io.filesystems import FileSystems

from keras_dialgan.corpus.formats import readers
from keras_dialgan.corpus.preparation.sources import FileSource
from keras_dialgan.corpus.problems import Problems
from keras_dialgan.errors import UserError
from keras_dialgan.files import atomic_directory

_HEAD_BYTES = 1 << 20


def is_url(path: str | Path) -> bool:
    """Whether a path belongs to a file system that only Beam knows."""
    return "://" in str(path)


def _open(url: str):
    # Readers recognise gzip themselves.
    return FileSystems.open(url, compression_type=CompressionTypes.UNCOMPRESSED)


def write_bytes(path: str, content: bytes) -> None:
    """Writes a file."""
    with FileSystems.create(
        path, compression_type=CompressionTypes.UNCOMPRESSED
    ) as file:
        file.write(content)


def write_json(path: str, value: Any) -> None:
    """Writes `value` as `keras_dialgan.files.write_json` does."""
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode())


def read_json(path: str) -> Any:
    """Reads a JSON file."""
    with _open(path) as file:
        return json.loads(file.read())


def list_files(pattern: str) -> list[tuple[str, int, int]]:
    """The files of a pattern: their URLs, sizes and times of change."""
    (match,) = FileSystems.match([pattern])
    return sorted(
        (
            found.path,
            found.size_in_bytes,
            int((found.last_updated_in_seconds or 0) * 1e9),
        )
        for found in match.metadata_list
    )


@contextlib.contextmanager
def target(output: str) -> Iterator[str]:
    """Gives the directory to write, complete at the end or not at all.

    A local directory is written under another name and then renamed. What
    lies behind a URL can't be renamed: there the manifest, which is written
    last, makes the directory a prepared corpus.
    """
    if is_url(output):
        manifest = f"{output}/manifest.json"
        if FileSystems.exists(manifest):
            FileSystems.delete([manifest])
        yield output.rstrip("/")
        return
    with atomic_directory(output) as path:
        yield str(path)


@dataclass(frozen=True)
class UrlSource(FileSource):
    """A file behind a URL, copied to the worker's disk to be read."""

    def dialogues(self, problems, advance=None):
        (url,) = self.files
        found = Problems()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / url.rsplit("/", 1)[-1]
            try:
                with _open(url) as remote, open(path, "wb") as local:
                    shutil.copyfileobj(remote, local, 1 << 20)
            except (OSError, BeamIOError):
                problems.add("unreadable file", url)
                return
            yield from readers.read_file(path, self.format, found, advance)
        # Places are named by the URL, not by the copy.
        record = json.dumps(found.to_json())
        problems.merge(json.loads(record.replace(str(path), url)))


def url_sources(urls: Iterable[str], format: str) -> list[UrlSource]:
    """Sources for files behind URLs.

    Args:
        urls: files or patterns; a folder is written with `/**` at its end.
        format: one of `FORMATS`; `auto` recognises each file's.

    Raises:
        UserError: if a URL stands for no file.
    """
    sources = []
    for pattern in urls:
        try:
            files = list_files(pattern)
        except (BeamIOError, ValueError) as error:
            raise UserError(f"{pattern}: can't be listed ({error})") from None
        if not files:
            raise UserError(f"{pattern}: no such file or pattern")
        for url, size, changed in files:
            name = format if format != "auto" else _detect(url)
            sources.append(UrlSource((url,), name, ((size, changed),)))
    return sources


def _detect(url: str) -> str:
    """Recognises the format by the beginning of the file."""
    with _open(url) as remote:
        head = io.BytesIO(remote.read(_HEAD_BYTES))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / url.rsplit("/", 1)[-1]
        path.write_bytes(head.getvalue())
        return readers.detect_format(path)

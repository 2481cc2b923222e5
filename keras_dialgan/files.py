"""Atomic writing and versioned directories."""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from keras_dialgan.errors import UserError


@contextlib.contextmanager
def atomic_write(path: str | Path, mode: str = "w") -> Iterator[IO]:
    """Opens a temporary file that replaces `path` when the block succeeds.

    Args:
        path: the file to write; its folder is created.
        mode: `"w"` for UTF-8 text, `"wb"` for bytes.

    Yields:
        The open temporary file. A reader of `path` sees the former content
        or the whole new one, never a part.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    encoding = None if "b" in mode else "utf-8"
    descriptor, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}."
    )
    try:
        with open(descriptor, mode, encoding=encoding) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


@contextlib.contextmanager
def atomic_directory(path: str | Path) -> Iterator[Path]:
    """Makes a temporary directory that becomes `path` when the block succeeds.

    Args:
        path: the directory to write; one that exists is replaced.

    Yields:
        The path of the temporary directory to fill.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    name = tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.")
    os.chmod(name, 0o755)
    try:
        yield Path(name)
        former = f"{name}.former"
        if path.exists():
            os.rename(path, former)
        os.rename(name, path)
        shutil.rmtree(former, ignore_errors=True)
    except BaseException:
        shutil.rmtree(name, ignore_errors=True)
        raise


def write_json(path: str | Path, value: Any) -> None:
    """Writes `value` as indented JSON, atomically."""
    with atomic_write(path) as file:
        json.dump(value, file, indent=2, ensure_ascii=False)
        file.write("\n")


def read_json(path: str | Path) -> Any:
    """Reads a JSON file.

    Raises:
        UserError: if the file is missing or not JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UserError(f"{path}: not valid JSON ({error})") from None


def read_manifest(path: str | Path, kind: str, version: int) -> dict[str, Any]:
    """Reads the manifest of a directory and checks its kind and version.

    Args:
        path: the manifest's JSON file.
        kind: the value that its key `kind` must have.
        version: the only `format_version` that this code reads.

    Returns:
        The manifest.

    Raises:
        UserError: if the file is missing, of another kind or version.
    """
    manifest = read_json(path)
    if not isinstance(manifest, dict) or manifest.get("kind") != kind:
        raise UserError(f"{path}: does not describe a {kind}")
    found = manifest.get("format_version")
    if found != version:
        raise UserError(
            f"{path}: format version {found!r}, but this release reads "
            f"version {version}; make the {kind} again with this release"
        )
    return manifest

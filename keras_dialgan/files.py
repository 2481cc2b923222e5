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

_MAX_JSON_BYTES = 1 << 26


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
        sync_directory(path.parent)
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
        replace_directory(name, path)
    except BaseException:
        shutil.rmtree(name, ignore_errors=True)
        raise


def replace_directory(new: str | Path, path: str | Path) -> None:
    """Renames the directory `new` to `path`, removing what was there."""
    former = f"{new}.former"
    sync_tree(new)
    if os.path.exists(path):
        os.rename(path, former)
    os.rename(new, path)
    sync_directory(Path(path).parent)
    shutil.rmtree(former, ignore_errors=True)


def sync_tree(path: str | Path) -> None:
    """Puts all files below a directory onto the disk."""
    for folder, _, names in os.walk(path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                os.fsync(file.fileno())
        sync_directory(folder)


def sync_directory(path: str | Path) -> None:
    """Puts a directory's entries, not their content, onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: str | Path) -> None:
    """Removes what killed processes were about to write in a folder.

    Args:
        folder: what `atomic_write` and `atomic_directory` wrote into; no
            process may be doing so now.
    """
    for path in Path(folder).glob(".*.*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def file_inside(root: str | Path, name: str) -> Path:
    """Finds a file that a directory's own description names.

    Args:
        root: the directory, perhaps from somebody else.
        name: the file's path within it.

    Returns:
        The path.

    Raises:
        UserError: if the name, or a link on the way, leads out of the
            directory.
    """
    path = Path(root) / name
    inside = path.resolve().is_relative_to(Path(root).resolve())
    if not inside or Path(name).is_absolute() or ".." in Path(name).parts:
        raise UserError(f"{root}: {name!r} leads out of this directory")
    return path


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
        with open(path, "rb") as file:
            content = file.read(_MAX_JSON_BYTES + 1)
        if len(content) > _MAX_JSON_BYTES:
            raise UserError(f"{path}: more than {_MAX_JSON_BYTES:,} bytes")
        return json.loads(content.decode("utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (ValueError, RecursionError) as error:
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

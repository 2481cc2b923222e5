"""Where the work of a preparation waits until the corpus is complete."""

import contextlib
import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from keras_dialgan.corpus import storage
from keras_dialgan.errors import UserError
from keras_dialgan.files import read_json, replace_directory, write_json


class Workspace:
    """A folder beside the output that a killed preparation leaves behind.

        plan.json            what is being prepared
        sources/00003.json   a source has been read: parts and problems
        parts/00003-00012.npz  one `TokenisedPart`
        shards/00007.json    a shard has been encoded: its manifest entries
        corpus/              the prepared corpus as far as it goes

    Every file is written atomically, so one that exists is whole, and the
    next run goes on with what is there.

    Args:
        output: the directory of the corpus to be.

    Attributes:
        path: the folder.
        corpus: the folder that becomes `output`.
    """

    def __init__(self, output: Path):
        self._output = output
        self.path = output.parent / f".{output.name}.preparing"
        self.corpus = self.path / "corpus"

    @contextlib.contextmanager
    def locked(self, plan: Any, say: Callable[[str], object]) -> Iterator[None]:
        """Opens the workspace for this process alone.

        Args:
            plan: what is being prepared, as JSON. Work that was left by
                another plan is discarded.
            say: called with what was found.

        Raises:
            UserError: if another process prepares the same output.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / "lock", "w") as lock:
            try:
                # Unlike flock's, this lock is not inherited by workers, so
                # it ends with this process.
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise UserError(
                    f"{self._output}: another process is preparing this corpus"
                ) from None
            self._take_up(plan, say)
            for name in ("sources", "parts", "shards", "corpus"):
                (self.path / name).mkdir(exist_ok=True)
            for name in storage.SPLITS:
                (self.corpus / name).mkdir(exist_ok=True)
            yield

    def _take_up(self, plan: Any, say: Callable[[str], object]) -> None:
        path = self.path / "plan.json"
        try:
            former = read_json(path)
        except UserError:
            former = None
        # Without its corpus the work was published and not yet removed.
        if former == plan and self.corpus.exists():
            say(f"{self._output}: continuing an interrupted preparation")
            return
        if former not in (None, plan):
            differences = [key for key in plan if plan[key] != former.get(key)]
            say(
                f"{self._output}: starting anew, because an interrupted "
                f"preparation had other {', '.join(differences)}"
            )
        self._clear()
        write_json(path, plan)

    def _clear(self) -> None:
        for path in self.path.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "lock":
                path.unlink()

    def source_record(self, source: int) -> Path:
        """The file that says that a source has been read."""
        return self.path / f"sources/{source:06d}.json"

    def part(self, source: int, number: int) -> Path:
        """The file of a part."""
        return self.path / f"parts/{source:06d}-{number:06d}.npz"

    def shard_record(self, number: int) -> Path:
        """The file that says that a shard has been encoded."""
        return self.path / f"shards/{number:06d}.json"

    def publish(self) -> None:
        """Puts the corpus in its place and removes the workspace."""
        # Killed processes leave files that they were writing.
        for path in self.corpus.rglob(".*"):
            path.unlink()
        replace_directory(self.corpus, self._output)
        self.discard()

    def discard(self) -> None:
        """Removes the workspace."""
        # What is half removed must not be taken up.
        (self.path / "plan.json").unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)

"""A script that serves a page, in a process that tells whom it calls."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Python imports it at its start.
_SITECUSTOMIZE = """\
import os, sys

CALLS = (
    "socket.bind", "socket.connect", "socket.sendto", "socket.getaddrinfo"
)

def note(event, values):
    if event in CALLS:
        address = values[0] if event == "socket.getaddrinfo" else values[1]
        host = address[0] if isinstance(address, tuple) else address
        with open(os.environ["CALLS_FILE"], "a") as file:
            file.write(f"{event} {host}\\n")

sys.addaudithook(note)
"""
_LOCAL = ("127.0.0.1", "::1", "localhost", "None")


class ServedScript:
    """A running script; `serve_script` starts it.

    Attributes:
        url: the page's address, as the script printed it.
        status: its exit code after its end.
    """

    def __init__(self, process: subprocess.Popen, calls: Path):
        self._process = process
        self._calls = calls
        self.status = None
        line = process.stdout.readline()
        assert line.startswith("open http://"), line + process.stderr.read()
        self.url = line.split()[1]

    def stop(self) -> None:
        """Ends it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=60)
        self.status = self._process.returncode

    def outside_calls(self) -> list[str]:
        """What the process asked of other machines."""
        lines = self._calls.read_text().splitlines()
        assert any("socket.bind" in line for line in lines), "nothing noted"
        return [line for line in lines if line.split(" ")[1] not in _LOCAL]


@contextlib.contextmanager
def serve_script(folder: Path, *command) -> Iterator[ServedScript]:
    """Runs a Python script until the block ends.

    Args:
        folder: an empty folder for the records.
        *command: the script and its arguments.
    """
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(_SITECUSTOMIZE)
    calls = folder / "calls"
    calls.touch()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        env={
            **os.environ,
            "PYTHONPATH": str(folder / "site"),
            "CALLS_FILE": str(calls),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        served = ServedScript(process, calls)
        yield served
        served.stop()
    finally:
        process.kill()
        process.communicate()

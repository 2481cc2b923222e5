"""A program: kills a training run again and again, and lets it end.

Called with a prepared corpus, a folder and a number of kills. It prints, as
JSON, what it did and how far the result is from that of an untouched run.
The processes that train are forked from one that has imported TensorFlow but
not started it, which saves the seconds that an import takes.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import numpy as np

from keras_dialgan.config import load_preset
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.training import train
from keras_dialgan.training.arrays import read_arrays
from tests.training.test_algorithm import SETTINGS

LONGER = [
    "pretraining.generator_steps=60",
    "adversarial.iterations=6",
    "training.validate_every=20",
    "discriminator.dropout=0.2",
    "pretraining.scheduled_sampling=0.25",
]


def start(corpus: Path, output: Path, log: Path) -> int:
    """Forks a process that trains, from its newest checkpoint on."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        descriptor = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        train(
            load_preset("tiny", [*SETTINGS, *LONGER]),
            PreparedCorpus(corpus),
            output,
            resume=output.exists(),
        )
        code = 0
    finally:
        os._exit(code)


def checkpoints(output: Path) -> set[str]:
    folder = output / "checkpoints"
    if not folder.exists():
        return set()
    return {p.name for p in folder.iterdir() if p.name.startswith("step-")}


def has_ended(child: int) -> bool:
    return os.waitpid(child, os.WNOHANG)[0] != 0


def wait_for(condition, child: int, seconds: float) -> bool:
    """Waits; False if the process ended or the time was over."""
    end = time.monotonic() + seconds
    while not condition():
        if has_ended(child):
            raise RuntimeError("the run ended before the kill")
        if time.monotonic() > end:
            return False
        time.sleep(0.0005)
    return True


def kill_somewhen(child: int, output: Path, number: int, dice) -> bool:
    """Kills a run; returns whether a checkpoint was being written."""
    before = checkpoints(output)
    if number % 5 == 4:
        # Anywhere: while it starts, restores or traces its functions.
        time.sleep(dice.uniform(0, 6))
    else:
        wait_for(lambda: checkpoints(output) - before, child, 120)
        time.sleep(dice.uniform(0, 1))
        if number % 2:
            folder = output / "checkpoints"
            wait_for(lambda: any(folder.glob(".step-*")), child, 30)
            time.sleep(dice.uniform(0, 0.01))
    if has_ended(child):
        raise RuntimeError("the run ended before the kill")
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return any((output / "checkpoints").glob(".step-*"))


def last_state(output: Path) -> tuple[str, dict[str, np.ndarray]]:
    """The digests of the last checkpoint's files, and its arrays."""
    path = output / "checkpoints" / max(checkpoints(output))
    files = json.loads((path / "checkpoint.json").read_text())["files"]
    arrays, digest = {}, hashlib.sha256()
    for name, record in files.items():
        digest.update((path / name).read_bytes())
        arrays |= dict(read_arrays(path / name, record))
    return digest.hexdigest(), arrays


def main(corpus: Path, folder: Path, kills: int) -> None:
    dice = random.Random(0)
    logs = [folder / "untouched.log", folder / "killed.log"]
    untouched, killed = folder / "untouched", folder / "killed"
    child = start(corpus, untouched, logs[0])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 0, logs[0].read_text()
    writing = 0
    for number in range(kills):
        child = start(corpus, killed, logs[1])
        writing += kill_somewhen(child, killed, number, dice)
    child = start(corpus, killed, logs[1])
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code == 0, logs[1].read_text()
    (digest, expected), (other, found) = map(last_state, (untouched, killed))
    assert expected.keys() == found.keys()
    difference = max(
        float(np.abs(expected[k].astype(float) - found[k]).max(initial=0))
        for k in expected
    )
    records = [(p / "metrics.jsonl").read_text() for p in (untouched, killed)]
    print(
        json.dumps(
            {
                "kills": kills,
                "while_writing_a_checkpoint": writing,
                "arrays_compared": len(expected),
                "largest_difference": difference,
                "files_identical": digest == other,
                "records_identical": records[0] == records[1],
                "resumed": logs[1].read_text().count("resuming at step"),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

"""One device, two devices and two workers give the same training."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.training.test_algorithm import SETTINGS

ROOT = Path(__file__).parents[2]
# What a surviving worker may take to notice that another one is gone.
PATIENCE = 180


def start(arguments, log, task=None, ports=()):
    """Starts a program, as a worker of a cluster if it has a task."""
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    environment.pop("TF_CONFIG", None)
    if task is not None:
        cluster = {"worker": [f"localhost:{port}" for port in ports]}
        environment["TF_CONFIG"] = json.dumps(
            {"cluster": cluster, "task": {"type": "worker", "index": task}}
        )
    with open(log, "a") as output:
        return subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env=environment,
        )


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def run_steps(folder, strategy, devices=1, workers=1, objective=()):
    """Runs 20 steps of every phase; returns each worker's results."""
    folder.mkdir()
    program = ["-m", "tests.training.distributed_run", strategy, folder]
    ports = free_ports(workers)
    processes = [
        start(
            [*program, devices, *objective],
            folder / f"log{task}",
            task if workers > 1 else None,
            ports,
        )
        for task in range(workers)
    ]
    for task, process in enumerate(processes):
        code = process.wait(timeout=600)
        assert code == 0, (folder / f"log{task}").read_text()
    results = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    assert len(results) == workers
    return results


@pytest.fixture(scope="module")
def on_one_device(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one") / "run"
    return run_steps(folder, "one_device")[0]


def assert_same_results(found, expected):
    assert set(found) == set(expected)
    for name in found:
        np.testing.assert_allclose(
            found[name], expected[name], rtol=0, atol=1e-8
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [("mirrored", 2), ("multi_worker", 1, 2)],
    ids=["two devices", "two workers"],
)
def test_the_same_global_batch_gives_the_same_training(
    on_one_device, tmp_path, arguments
):
    """Ragged lengths and partial batches included; in float64."""
    for found in run_steps(tmp_path / "run", *arguments):
        assert_same_results(found, on_one_device)
    weights = [name for name in on_one_device if name.startswith("weight")]
    assert len(weights) > 30
    assert {"mle_loss", "adversarial_loss", "discriminator_loss"} <= set(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        ["noise=0.5"],
        ["name=gumbel_softmax", "final_temperature=0.5"],
        ["name=reinforce", "reward=rollouts", "rollouts=2"],
        ["name=reinforce", "reward=prefixes"],
    ],
    ids=" ".join,
)
def test_objectives_that_sample_train_alike_on_two_devices(tmp_path, settings):
    objective = [f"objective.{setting}" for setting in settings]
    expected, found = (
        run_steps(tmp_path / strategy, strategy, devices, objective=objective)
        for strategy, devices in (("one_device", 1), ("mirrored", 2))
    )
    assert_same_results(found[0], expected[0])


def step_of(output):
    try:
        return json.loads((output / "status.json").read_text())["step"]
    except FileNotFoundError:
        return 0


def wait_until(condition, processes, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        assert all(process.poll() is None for process in processes)
        time.sleep(0.2)


@pytest.mark.slow
def test_a_killed_worker_ends_the_others_cleanly_and_all_go_on_with_resume(
    small_corpus, tmp_path
):
    output = tmp_path / "model"
    call = [
        "scripts/train.py",
        *("--corpus", small_corpus.directory),
        *("--output", output),
        *("--preset", "tiny"),
        *("--set", *SETTINGS, "pretraining.generator_steps=600"),
        *("training.validate_every=1000", "adversarial.iterations=1"),
    ]

    def begin(name, *more):
        ports = free_ports(2)
        logs = [tmp_path / f"{name}{task}.log" for task in range(2)]
        return logs, [
            start([*call, *more], log, task, ports)
            for task, log in enumerate(logs)
        ]

    _, processes = begin("first")
    wait_until(lambda: step_of(output) > 10, processes)
    processes[0].kill()
    assert processes[1].wait(timeout=PATIENCE) != 0

    reached = step_of(output)
    logs, processes = begin("second", "--resume")
    wait_until(lambda: step_of(output) > reached + 10, processes)
    processes[1].kill()
    assert processes[0].wait(timeout=PATIENCE) == 1
    said = logs[0].read_text()
    assert "resuming at step" in said
    assert "error: another worker was lost at step" in said
    assert "Traceback" not in said

    reached = step_of(output)
    logs, processes = begin("third", "--resume")
    wait_until(lambda: step_of(output) > reached + 10, processes)
    processes[1].send_signal(signal.SIGTERM)
    for process in processes:
        assert process.wait(timeout=PATIENCE) == 1
    assert "another worker was asked to stop" in logs[0].read_text()
    assert "received SIGTERM" in logs[1].read_text()
    names = {path.name for path in (output / "checkpoints").iterdir()}
    assert f"step-{step_of(output):09d}" in names

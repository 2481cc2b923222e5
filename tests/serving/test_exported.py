import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request

import grpc
import pytest

from keras_dialgan.serving.exported import ServingClient
from tests.serving.servicer import served
from tests.serving.test_chatbot import PAIRED

SERVER = shutil.which("tensorflow_model_server")
ONE_SAMPLE = {"temperature": [1.0], "top_k": [0], "top_p": [0.9], "seed": [3]}


@pytest.fixture(scope="module")
def address(exported):
    """The address of a server that serves the export as `chatbot`."""
    with served(exported) as found:
        yield found


def test_a_client_gets_the_responses_of_the_model(address, exported):
    with ServingClient(address) as client:
        assert client.reply(PAIRED) == exported.reply(PAIRED)
        assert client.reply(["\ud800 hi", b"\xff"]) == exported.reply(
            ["? hi", "\ufffd"]
        )
        assert client.reply(["hi!"], "sample", **ONE_SAMPLE) == exported.reply(
            ["hi!"], "sample", **ONE_SAMPLE
        )
        assert len(client.reply(["a" * 1_000_000] * 8)) == 8


def test_a_client_reports_what_the_server_refuses(address):
    with (
        ServingClient(address, "another") as client,
        pytest.raises(grpc.RpcError, match="no such model"),
    ):
        client.reply(["hi!"])


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
@pytest.mark.skipif(not SERVER, reason="needs tensorflow_model_server")
def test_a_model_server_answers_over_grpc_and_rest(exported_path, exported):
    port, rest_port = free_port(), free_port()
    process = subprocess.Popen(
        [
            *(SERVER, f"--port={port}", f"--rest_api_port={rest_port}"),
            *("--model_name=chatbot", f"--model_base_path={exported_path}"),
            *("--enable_batching", "--enable_per_model_batching_parameters"),
        ]
    )
    try:
        url = f"http://localhost:{rest_port}/v1/models/chatbot"
        wait_until_ready(url)
        with ServingClient(f"localhost:{port}") as client:
            assert client.reply(PAIRED) == exported.reply(PAIRED)
        body = json.dumps({"inputs": {"utterance": PAIRED}}).encode()
        with urllib.request.urlopen(f"{url}:predict", body) as answer:
            outputs = json.load(answer)["outputs"]
        assert outputs["response"] == exported.reply(PAIRED)
    finally:
        process.kill()
        process.wait()


def wait_until_ready(url):
    for _ in range(120):
        with contextlib.suppress(OSError), urllib.request.urlopen(url) as state:
            if json.load(state)["model_version_status"][0]["state"] == (
                "AVAILABLE"
            ):
                return
        time.sleep(1)
    raise AssertionError("the server does not get ready")

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.request
from concurrent import futures

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from keras_dialgan.serving.exported import ServingClient
from tests.serving.test_chatbot import PAIRED

SERVER = shutil.which("tensorflow_model_server")
ONE_SAMPLE = {"temperature": [1.0], "top_k": [0], "top_p": [0.9], "seed": [3]}


class Servicer(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Serves an exported model as a model server does."""

    def __init__(self, exported):
        self._signatures = exported.signatures

    def Predict(self, request, context):
        if request.model_spec.name != "chatbot":
            context.abort(grpc.StatusCode.NOT_FOUND, "no such model")
        signature = self._signatures[request.model_spec.signature_name]
        inputs = {
            name: tf.constant(tf.make_ndarray(value))
            for name, value in request.inputs.items()
        }
        response = predict_pb2.PredictResponse()
        for name, value in signature(**inputs).items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response


@pytest.fixture(scope="module")
def address(exported):
    """The address of a server that serves the export as `chatbot`."""
    # A model server takes messages of any size, too.
    options = [("grpc.max_receive_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(2), options=options)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Servicer(exported), server
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    yield f"localhost:{port}"
    server.stop(None)


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

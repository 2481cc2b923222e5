"""Talking to an exported model, and to a server that serves one."""

from collections.abc import Sequence
from pathlib import Path

import grpc
import tensorflow as tf
import tensorflow_text  # noqa: F401  (registers the graph's ops)
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from keras_dialgan.errors import UserError

_LONGEST_REQUEST = 64 * 2**20


class ExportedChatbot:
    """An exported model; `load_exported` makes one.

    Args:
        path: the folder of a version.

    Attributes:
        signatures: the functions of the SavedModel by name.
    """

    def __init__(self, path: Path):
        self._model = tf.saved_model.load(str(path))
        self.signatures = self._model.signatures

    def reply(
        self,
        utterances: Sequence[str | bytes],
        signature: str = "serving_default",
        **inputs,
    ) -> list[str]:
        """Answers utterances.

        Args:
            utterances: raw texts.
            signature: `serving_default`, `beam` or `sample`.
            **inputs: further inputs of the signature, a value for each
                utterance.
        """
        tensors = _tensors(utterances, inputs)
        responses = self.signatures[signature](**tensors)["response"]
        return [text.decode() for text in responses.numpy()]


def load_exported(directory: str | Path) -> ExportedChatbot:
    """Loads what `export_saved_model.py` wrote.

    Args:
        directory: a version, or the folder of versions for the latest one.

    Raises:
        UserError: if there is no such version.
    """
    path = Path(directory)
    if path.is_dir() and not (path / "saved_model.pb").exists():
        path = path / str(max(versions(path), default=0))
    if not (path / "saved_model.pb").exists():
        raise UserError(
            f"{directory}: holds no exported model; export_saved_model.py "
            "writes one"
        )
    return ExportedChatbot(path)


def versions(folder: Path) -> list[int]:
    """The numbers of the versions in a folder."""
    return sorted(
        int(path.name) for path in folder.iterdir() if path.name.isdecimal()
    )


class ServingClient:
    """Asks a model server over gRPC.

    Args:
        address: host and port of the server.
        model: the name under which it serves the model.
        timeout: seconds to wait for a response.

    Example:

    ```python
    with ServingClient("localhost:8500", "chatbot") as client:
        client.reply(["hi!", "who is she?"])
        client.reply(["hi!"], "sample", temperature=[0.7], top_k=[0],
                     top_p=[0.9], seed=[1])
    ```
    """

    def __init__(
        self, address: str, model: str = "chatbot", timeout: float = 30.0
    ):
        options = [
            ("grpc.max_send_message_length", _LONGEST_REQUEST),
            ("grpc.max_receive_message_length", _LONGEST_REQUEST),
        ]
        self._channel = grpc.insecure_channel(address, options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(
            self._channel
        )
        self._model = model
        self._timeout = timeout

    def __enter__(self) -> "ServingClient":
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection."""
        self._channel.close()

    def reply(
        self,
        utterances: Sequence[str | bytes],
        signature: str = "serving_default",
        **inputs,
    ) -> list[str]:
        """Answers utterances; as `ExportedChatbot.reply`.

        Raises:
            grpc.RpcError: if the server refuses or cannot be reached.
        """
        request = predict_pb2.PredictRequest()
        request.model_spec.name = self._model
        request.model_spec.signature_name = signature
        for name, value in _tensors(utterances, inputs).items():
            request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
        result = self._stub.Predict(request, self._timeout)
        responses = tf.make_ndarray(result.outputs["response"])
        return [text.decode() for text in responses]


_TYPES = {
    "temperature": tf.float32,
    "top_k": tf.int32,
    "top_p": tf.float32,
    "seed": tf.int64,
}


def _tensors(utterances, inputs) -> dict[str, tf.Tensor]:
    # What UTF-8 cannot hold, a lone surrogate, is no character.
    raw = [
        text.encode(errors="replace") if isinstance(text, str) else text
        for text in utterances
    ]
    return {
        "utterance": tf.constant(raw, tf.string, [len(raw)]),
        **{n: tf.constant(v, _TYPES[n]) for n, v in inputs.items()},
    }

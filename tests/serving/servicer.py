"""A stand-in for a model server, by the API's own service definition."""

import contextlib
from collections.abc import Iterator
from concurrent import futures

import grpc
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc


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


@contextlib.contextmanager
def served(exported) -> Iterator[str]:
    """Serves an export as `chatbot` until the block ends.

    Args:
        exported: an `ExportedChatbot`.

    Yields:
        The address of the server.
    """
    # A model server takes messages of any size, too.
    options = [("grpc.max_receive_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(2), options=options)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Servicer(exported), server
    )
    port = server.add_insecure_port("localhost:0")
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(None)

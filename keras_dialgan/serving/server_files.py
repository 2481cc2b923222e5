"""What a server reads beside the graph: warm-up requests and batching."""

from pathlib import Path

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

from keras_dialgan.files import atomic_write
from keras_dialgan.serving.graph_responder import ROWS_AT_ONCE

ALLOWED_BATCH_SIZES = (1, 2, 4, 8, 16, 32, ROWS_AT_ONCE)
WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"
# A server finds this name with --enable_per_model_batching_parameters.
BATCHING_FILE = "batching_params.pbtxt"

# Short and long, with and without entities: every part of the graph runs.
_UTTERANCES = (
    "hi!",
    "Do you know Anna Smith? She lives in New York.",
    "I've been waiting for Mr. Jones since half past 5, and you?",
    "",
)
_SAMPLING = {
    "temperature": tf.constant([0.8]),
    "top_k": tf.constant([50]),
    "top_p": tf.constant([0.9]),
    "seed": tf.constant([1], tf.int64),
}


def write_warmup(folder: Path) -> None:
    """Writes requests that a server runs before it takes others.

    Args:
        folder: the SavedModel.
    """
    requests = [
        _request("serving_default", _batch(size))
        for size in (1, ALLOWED_BATCH_SIZES[-1])
    ]
    requests.append(_request("beam", _batch(1)))
    requests.append(_request("sample", _batch(1), **_SAMPLING))
    path = folder / WARMUP_FILE
    path.parent.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in requests:
            log = prediction_log_pb2.PredictLog(request=request)
            record = prediction_log_pb2.PredictionLog(predict_log=log)
            writer.write(record.SerializeToString())


def _batch(size: int):
    start = 1 if size == 1 else 0
    repeated = _UTTERANCES * -(-(start + size) // len(_UTTERANCES))
    return tf.constant(repeated[start : start + size])


def _request(signature: str, utterance, **inputs) -> predict_pb2.PredictRequest:
    request = predict_pb2.PredictRequest()
    request.model_spec.signature_name = signature
    for name, value in {"utterance": utterance, **inputs}.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def write_batching(folder: Path) -> None:
    """Writes how a server is to put requests into batches.

    Args:
        folder: the SavedModel.
    """
    lines = [
        f"max_batch_size {{ value: {ALLOWED_BATCH_SIZES[-1]} }}",
        "batch_timeout_micros { value: 2000 }",
        "max_enqueued_batches { value: 1000 }",
        *(f"allowed_batch_sizes: {size}" for size in ALLOWED_BATCH_SIZES),
    ]
    with atomic_write(folder / BATCHING_FILE) as file:
        file.writelines(f"{line}\n" for line in lines)

import re

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from keras_dialgan.serving.server_files import (
    ALLOWED_BATCH_SIZES,
    BATCHING_FILE,
    WARMUP_FILE,
)
from tests.serving.test_chatbot import PAIRED


@pytest.fixture(scope="module")
def session(exported_path):
    """The export loaded as a server loads it, and its signatures."""
    session = tf.compat.v1.Session(graph=tf.Graph())
    with session.graph.as_default():
        loaded = tf.compat.v1.saved_model.load(
            session, ["serve"], str(exported_path / "1")
        )
    yield session, loaded.signature_def
    session.close()


def run(session, signature, inputs):
    session, signatures = session
    definition = signatures[signature]
    feeds = {definition.inputs[n].name: value for n, value in inputs.items()}
    names = {n: info.name for n, info in definition.outputs.items()}
    return session.run(names, feeds)


def warmup_requests(exported_path):
    records = tf.data.TFRecordDataset(str(exported_path / "1" / WARMUP_FILE))
    for record in records.as_numpy_iterator():
        log = prediction_log_pb2.PredictionLog.FromString(record)
        yield log.predict_log.request


def test_a_session_answers_as_the_loaded_model(session, exported):
    raw = np.array([text.encode() for text in PAIRED], object)
    outputs = run(session, "serving_default", {"utterance": raw})
    responses = [text.decode() for text in outputs["response"]]
    assert responses == exported.reply(PAIRED)
    assert outputs["log_probability"].dtype == np.float32


@pytest.mark.slow
def test_warm_up_requests_run_and_reach_every_signature(session, exported_path):
    reached = set()
    for request in warmup_requests(exported_path):
        inputs = {n: tf.make_ndarray(v) for n, v in request.inputs.items()}
        signature = request.model_spec.signature_name
        outputs = run(session, signature, inputs)
        assert len(outputs["response"]) == len(inputs["utterance"])
        assert all(outputs["response"])
        reached.add((signature, len(inputs["utterance"])))
    assert reached == {
        ("serving_default", 1),
        ("serving_default", ALLOWED_BATCH_SIZES[-1]),
        ("beam", 1),
        ("sample", 1),
    }


def test_batches_are_as_a_server_demands(exported_path):
    text = (exported_path / "1" / BATCHING_FILE).read_text()
    sizes = [int(n) for n in re.findall(r"allowed_batch_sizes: (\d+)", text)]
    most = int(re.search(r"max_batch_size \{ value: (\d+) \}", text)[1])
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == most

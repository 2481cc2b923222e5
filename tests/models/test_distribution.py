import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = """
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    cpu, [tf.config.LogicalDeviceConfiguration()] * 3
)
from keras_dialgan.models.distribution import (
    distribute, gather_rows, global_rows, share_rows,
)
strategy = tf.distribute.MirroredStrategy([f"CPU:{i}" for i in range(3)])
sizes = [7, 3, 2]
batches = [tf.reshape(tf.range(2 * n), [n, 2]) + 100 * n for n in sizes]
data = tf.data.Dataset.from_generator(
    lambda: iter(batches), output_signature=tf.TensorSpec([None, 2], tf.int32)
)
seen = list(distribute(data, strategy))
assert len(seen) == 3
for batch, shared in zip(batches, seen, strict=True):
    parts = strategy.experimental_local_results(shared)
    for replica, part in enumerate(parts):
        assert part.numpy().tolist() == batch.numpy()[replica::3].tolist()
    assert global_rows(shared, strategy) == len(batch)
    assert (gather_rows(shared, strategy) == batch.numpy()).all()
    again = share_rows(batch.numpy(), strategy)
    assert (gather_rows(again, strategy) == batch.numpy()).all()
print("shared and put together")
"""


def test_rows_are_shared_between_replicas_and_put_together_again():
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert "shared and put together" in finished.stdout, finished.stderr

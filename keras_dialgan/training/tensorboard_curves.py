"""Keras callbacks that write a run's curves to TensorBoard."""

import keras
import tensorflow as tf

from keras_dialgan.training.tensorboard_budget import Budget


class PhaseCurves(keras.callbacks.Callback):
    """Writes each phase's metrics and rate to TensorBoard.

    A point is the mean since the point before it, not since the beginning
    of the epoch.

    Args:
        writer: a `tf.summary` writer.
        every: steps between two points; the first step and the end of a
            phase are points, too.
    """

    def __init__(self, writer, every: int):
        super().__init__()
        self._writer = writer
        self._every = every

    def on_train_batch_begin(self, batch, logs=None):
        self._phase = self.model.phase

    def on_train_batch_end(self, batch, logs=None):
        step = self.model.step
        due = step == 1 or step % self._every == 0
        if not due and self.model.finished_phase is None:
            return
        with self._writer.as_default(step):
            for name, metric in self.model.phase_metrics[self._phase].items():
                tf.summary.scalar(
                    f"{self._phase}/{name}", float(metric.result())
                )
                metric.reset_state()
            optimizer = self.model.phase_optimizers.get(self._phase)
            if optimizer is not None:
                tf.summary.scalar(
                    f"{self._phase}/learning_rate",
                    float(tf.convert_to_tensor(optimizer.learning_rate)),
                )
            if self.model.finished_phase == "sample":
                replay = self.model.replay
                tf.summary.scalar("replay/mean_age", replay.mean_age())
                tf.summary.scalar("replay/pairs", len(replay))
        if step == 1 or self.model.finished_phase:
            self._writer.flush()


class WeightHistograms(keras.callbacks.Callback):
    """Writes histograms of the weights to TensorBoard, ten a run at most.

    Those of the last epoch are always written, others while they are cheap.

    Args:
        writer: a `tf.summary` writer.
    """

    def __init__(self, writer):
        super().__init__()
        self._writer = writer
        self._budget = Budget()

    def on_epoch_end(self, epoch, logs=None):
        last = epoch + 1 == self.params["epochs"]
        tenth = (epoch + 1) % max(1, self.params["epochs"] // 10) == 0
        if last or (tenth and self._budget.allows()):
            with self._budget.spending():
                self._write()

    def _write(self) -> None:
        with self._writer.as_default(self.model.step):
            for part in (self.model.generator, self.model.discriminator):
                for weight in part.trainable_variables:
                    # Both parts have an `output` layer.
                    tf.summary.histogram(
                        f"weights/{part.name}/{weight.path}",
                        tf.convert_to_tensor(weight),
                    )

"""Keras callbacks of a run: curves, probes, stages, checkpoints, progress."""

import json
import sys
from pathlib import Path

import keras
import tensorflow as tf
from tqdm import tqdm

from keras_dialgan.files import atomic_write
from keras_dialgan.training.checkpoint import read_records
from keras_dialgan.training.probe import Probe

COLLAPSE_SHARE = 0.9


class PhaseCurves(keras.callbacks.Callback):
    """Writes each phase's metrics and rate to TensorBoard.

    A point is the mean since the point before it, not since the beginning
    of the epoch.

    Args:
        writer: a `tf.summary` writer.
        every: steps between two points; the end of a phase is one, too.
    """

    def __init__(self, writer, every: int):
        super().__init__()
        self._writer = writer
        self._every = every

    def on_train_batch_begin(self, batch, logs=None):
        self._phase = self.model.phase

    def on_train_batch_end(self, batch, logs=None):
        step = self.model.step
        if step % self._every and self.model.finished_phase is None:
            return
        with self._writer.as_default(step):
            for name, metric in self.model.phase_metrics[self._phase].items():
                tf.summary.scalar(
                    f"{self._phase}/{name}", float(metric.result())
                )
                metric.reset_state()
            optimizer = self.model.phase_optimizers.get(self._phase)
            if optimizer is not None:
                rate = float(optimizer.learning_rate)
                tf.summary.scalar(f"{self._phase}/learning_rate", rate)
        if self.model.finished_phase:
            self._writer.flush()


class ProbeLog(keras.callbacks.Callback):
    """Measures the probe set and the perplexity, and says so.

    It measures every `every` steps of MLE pre-training, and in the global
    iterations after each adversarial and each MLE phase, because either
    undoes part of what the other did.

    Args:
        probe: the `Probe`.
        validation: a finite dataset, for the perplexity.
        writer: a `tf.summary` writer.
        path: file of JSON lines that receives the measurements.
        every: steps between two measurements of pre-training.
        start_step: the step at which the run (again) begins.
    """

    def __init__(
        self,
        probe: Probe,
        validation: tf.data.Dataset,
        writer,
        path: Path,
        every: int,
        start_step: int,
    ):
        super().__init__()
        self._probe = probe
        self._validation = validation
        self._writer = writer
        self._path = path
        self._every = every
        self._records = read_records(path, start_step)

    def on_train_batch_begin(self, batch, logs=None):
        self._phase = self.model.phase

    def on_train_batch_end(self, batch, logs=None):
        model = self.model
        due = (
            model.schedule.is_pretraining
            and self._phase == "mle"
            and model.step % self._every == 0
        )
        if due or model.finished_phase in ("mle", "adversarial"):
            self._measure(model.finished_phase or "mle")

    def _measure(self, phase: str) -> None:
        model = self.model
        perplexity = model.evaluate(
            self._validation, verbose=0, return_dict=True
        )["perplexity"]
        record = {
            "step": model.step,
            "iteration": model.finished_epoch + 1,
            "pretraining": model.schedule.is_pretraining,
            "after": phase,
            "perplexity": perplexity,
            **self._probe.measure(),
        }
        self._records.append(record)
        with atomic_write(self._path) as file:
            file.writelines(json.dumps(line) + "\n" for line in self._records)
        self._write_summaries(record)
        tqdm.write(_describe(record))
        if record.get("top_1_share", 0) > COLLAPSE_SHARE and (
            not record["pretraining"]
        ):
            tqdm.write(
                f"  warning: collapse: {record['top_1_share']:.0%} of the "
                f"probe inputs are answered {record['most_frequent']!r}; try "
                "fewer adversarial steps, more discriminator steps or a lower "
                "adversarial.adversarial_learning_rate"
            )

    def _write_summaries(self, record: dict) -> None:
        with self._writer.as_default(record["step"]):
            for name, value in record.items():
                if isinstance(value, float):
                    tf.summary.scalar(f"probe/{name}", value)
            rows = "\n".join(
                f"| {utterance} | {response} |"
                for utterance, response in self._probe.samples()
            )
            tf.summary.text(
                f"responses/after_{record['after']}",
                f"| utterance | response |\n| --- | --- |\n{rows}",
            )
        self._writer.flush()


def _describe(record: dict) -> str:
    if record["pretraining"]:
        where = f"step {record['step']:,}"
    else:
        where = f"iteration {record['iteration']} after {record['after']}"
    text = f"{where}: perplexity {record['perplexity']:.2f}"
    if "distinct_2" in record:
        text += (
            f", distinct-2 {record['distinct_2']:.3f}, "
            f"different responses {record['distinct_responses']:.1%}, "
            f"most frequent {record['top_1_share']:.0%} "
            f"{record['most_frequent']!r}"
        )
    return text


class StageSaver(keras.callbacks.Callback):
    """Saves stages B and C: after an MLE phase, and the adversarial next.

    Args:
        save: function of a stage's name.
        iteration: the global iteration, from 1, whose MLE phase ends in B.
    """

    def __init__(self, save, iteration: int):
        super().__init__()
        self._save = save
        self._iteration = iteration

    def on_train_batch_end(self, batch, logs=None):
        if self.model.schedule.is_pretraining:
            return
        ended = (self.model.finished_phase, self.model.finished_epoch + 1)
        if ended == ("mle", self._iteration):
            self._save("after_mle")
        elif ended == ("adversarial", self._iteration + 1):
            self._save("after_adversarial")


class Checkpoints(keras.callbacks.Callback):
    """Saves a checkpoint every so many steps.

    Args:
        save: function without arguments.
        every: steps between two checkpoints.
    """

    def __init__(self, save, every: int):
        super().__init__()
        self._save = save
        self._every = every

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step % self._every == 0:
            self._save()


class Progress(keras.callbacks.Callback):
    """One progress bar over all steps of a run.

    Args:
        title: shown before the bar.
        total: steps of the run.
        done: steps done before.
    """

    def __init__(self, title: str, total: int, done: int):
        super().__init__()
        self._bar = tqdm(
            total=total,
            initial=done,
            desc=title,
            unit="step",
            dynamic_ncols=True,
            # A log file wants a line now and then, a terminal a live bar.
            mininterval=0.1 if sys.stderr.isatty() else 30,
        )

    def on_train_batch_begin(self, batch, logs=None):
        self._phase = self.model.phase

    def on_train_batch_end(self, batch, logs=None):
        losses = {
            name: f"{value:.3f}"
            for name, value in (logs or {}).items()
            if name == f"{self._phase}_loss"
        }
        self._bar.set_postfix({"phase": self._phase, **losses}, refresh=False)
        self._bar.update()

    def close(self) -> None:
        """Leaves the finished bar on the screen."""
        self._bar.close()

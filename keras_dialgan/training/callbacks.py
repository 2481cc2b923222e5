"""Keras callbacks of a run: probes, stages, progress."""

import json
from pathlib import Path

import keras
import tensorflow as tf
from tqdm import tqdm

from keras_dialgan.config import TrainingConfig
from keras_dialgan.files import atomic_write
from keras_dialgan.models import GANDialogueModel
from keras_dialgan.scripting import progress_bar
from keras_dialgan.training.probe import Probe
from keras_dialgan.training.records import read_records
from keras_dialgan.training.stopping import StopRequest
from keras_dialgan.training.tensorboard import Board


class ProbeLog(keras.callbacks.Callback):
    """Measures the probe set and the perplexity, and says so.

    It measures every `every` steps of MLE pre-training, and in the global
    iterations after each adversarial and each MLE phase, because either
    undoes part of what the other did. The average of the weights, where one
    is kept, is measured at the end of each iteration.

    Args:
        probe: the `Probe`.
        validation: a finite dataset, for the perplexity.
        validation_steps: its number of batches.
        board: shows them in TensorBoard.
        path: file of JSON lines that receives the measurements.
        start_step: the step at which the run (again) begins.
        settings: when to measure, and what to do about a collapse.
        stop: is asked to stop the run at a collapse.
        is_chief: whether this worker measures and writes; all of them take
            part in the perplexity.
    """

    def __init__(
        self,
        probe: Probe,
        validation: tf.data.Dataset,
        validation_steps: int,
        board: Board,
        path: Path,
        start_step: int,
        settings: TrainingConfig,
        stop: StopRequest,
        is_chief: bool = True,
    ):
        super().__init__()
        self._probe = probe
        self._validation = validation
        self._validation_steps = validation_steps
        self._board = board
        self._path = path
        self._settings = settings
        self._stop = stop
        self._is_chief = is_chief
        self.records = read_records(path, start_step)

    def on_train_batch_begin(self, batch, logs=None):
        self._phase = self.model.phase

    def on_train_batch_end(self, batch, logs=None):
        model = self.model
        due = (
            model.schedule.is_pretraining
            and self._phase == "mle"
            and model.step % self._settings.validate_every == 0
        )
        if due or model.finished_phase in ("mle", "adversarial"):
            self.measure(model, model.finished_phase or "mle")
        ended = not model.schedule.is_pretraining and model.position == 0
        if ended and model.weight_average and model.weight_average.count:
            with model.weight_average.lent():
                self.measure(model, "averaging")

    def measure(self, model: GANDialogueModel, phase: str) -> None:
        """Measures a model.

        Args:
            model: the training model.
            phase: what it has just gone through; `averaging` if its
                generator has the averaged weights.
        """
        perplexity = model.evaluate(
            self._validation,
            steps=self._validation_steps,
            verbose=0,
            return_dict=True,
        )["perplexity"]
        if not self._is_chief:
            return
        record = {
            "step": model.step,
            "iteration": model.finished_epoch + 1,
            "pretraining": model.schedule.is_pretraining,
            "after": phase,
            "perplexity": perplexity,
            **self._probe.measure(),
        }
        self.records.append(record)
        with atomic_write(self._path) as file:
            file.writelines(json.dumps(line) + "\n" for line in self.records)
        self._board.probe(record, f"after_{phase}")
        tqdm.write(_describe(record))
        if not record["pretraining"] and phase != "averaging":
            self._watch_for_collapse(record)

    def _watch_for_collapse(self, record: dict) -> None:
        share = record.get("top_1_share", 0)
        if share < self._settings.collapse_share:
            return
        alarm = (
            f"collapse: {share:.0%} of the probe inputs are answered "
            f"{record['most_frequent']!r}"
        )
        tqdm.write(
            f"  warning: {alarm}; try fewer adversarial steps, more "
            "discriminator steps or a lower "
            "adversarial.adversarial_learning_rate"
        )
        if self._settings.on_collapse == "stop":
            self._stop.ask(alarm)


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


class Averaging(keras.callbacks.Callback):
    """Adds the generator to its average after each phase that trained it.

    Args:
        first_epoch: the global iteration, from 0, with which it begins.
    """

    def __init__(self, first_epoch: int):
        super().__init__()
        self._first_epoch = first_epoch

    def on_train_batch_end(self, batch, logs=None):
        model = self.model
        if (
            not model.schedule.is_pretraining
            and model.finished_phase in ("mle", "adversarial")
            and model.finished_epoch >= self._first_epoch
        ):
            model.weight_average.add()


class Progress(keras.callbacks.Callback):
    """One progress bar over all steps of a run.

    Args:
        title: shown before the bar.
        total: steps of the run.
        done: steps done before.
        shown: whether there is a bar at all.
    """

    def __init__(self, title: str, total: int, done: int, shown: bool = True):
        super().__init__()
        self._bar = progress_bar(
            title,
            total,
            initial=done,
            unit="step",
            unit_scale=False,
            disable=not shown,
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

"""The runs of `fit` that Algorithm 1 consists of."""

import math
from contextlib import AbstractContextManager, closing, nullcontext

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_dialgan.config import Config
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.pipeline import batches, evaluation_batches
from keras_dialgan.errors import UserError
from keras_dialgan.models import GANDialogueModel, cut_at_end
from keras_dialgan.models.updates import NonFiniteLossError
from keras_dialgan.training import callbacks as run_callbacks
from keras_dialgan.training import schedule as schedules
from keras_dialgan.training import tensorboard_curves as curves
from keras_dialgan.training.checkpoint import CheckpointFolder
from keras_dialgan.training.model_directory import ModelDirectory
from keras_dialgan.training.probe import TABLE_1_UTTERANCES, Probe
from keras_dialgan.training.saving import Checkpoints
from keras_dialgan.training.status import Plan, Stage, StatusFile
from keras_dialgan.training.stopping import StopRequest
from keras_dialgan.training.tensorboard import Board
from keras_dialgan.training.workers import Workers

_VALIDATION_BATCH = 64
_BEGINNING = {"run": 0, "epoch": 0, "position": 0, "data_offset": 0}


class Run:
    """Algorithm 1 on one model: three runs of `fit`, and their records.

    Args:
        config: the resolved configuration.
        corpus: the prepared corpus.
        directory: receives stages, checkpoints and records.
        model: the compiled training model.
        workers: who takes part.
        identity: what must be the same when the run goes on.
    """

    def __init__(
        self,
        config: Config,
        corpus: PreparedCorpus,
        directory: ModelDirectory,
        model: GANDialogueModel,
        workers: Workers,
        identity: dict,
    ):
        self.config = config
        self.corpus = corpus
        self.directory = directory
        self.model = model
        self.workers = workers
        self.plan = Plan(
            [
                Stage(
                    "generator pre-training",
                    schedules.generator_pretraining(config),
                    1,
                    "mle",
                ),
                Stage(
                    "discriminator pre-training",
                    schedules.discriminator_pretraining(config),
                    1,
                ),
                Stage(
                    "global iterations",
                    schedules.global_iteration(config),
                    config.adversarial.iterations,
                    "final",
                ),
            ]
        )
        self.checkpoints = CheckpointFolder(
            directory.path / "checkpoints",
            identity,
            config.training.checkpoints_kept,
            workers.is_chief,
        )
        self.positions = dict(_BEGINNING)
        self.refused_step = None

    def execute(self, resume: bool) -> None:
        """Trains to the end.

        Args:
            resume: whether to go on from the newest checkpoint.

        Raises:
            UserError: see `train`.
        """
        if resume:
            # Restoring makes slots, which all workers do together or wait.
            self.workers.check_same(
                self.checkpoints.newest_step() or 0, "the newest checkpoint"
            )
            found = self.checkpoints.restore(self.model, self._say)
            self.workers.check_same(self.model.step, "the restored checkpoint")
            self.positions = found or self.positions
            self._say(self.plan.where(self.positions, self.model.step))
        self.probe = self._probe()
        self.writer = self._summary_writer()
        self.board = Board(
            self.directory.path / "logs",
            self.writer,
            self.model,
            self.corpus.vocabulary,
            self.probe,
        )
        status = StatusFile(
            self.directory.path / "status.json"
            if self.workers.is_chief
            else None,
            self.plan,
        )
        with StopRequest() as stop, status, closing(self.writer):
            self.stop, self.status = stop, status
            self.saver = Checkpoints(
                self._save_checkpoint,
                lambda: self.checkpoints.finish(wait=False),
                stop,
                self.workers,
                self.config.training,
            )
            if self.checkpoints.newest_step() is None:
                # A full disk shows now, and a first step can be undone.
                self.saver.save(self.model.step)
            if self.workers.is_chief and not self.model.step:
                self.board.open(self.config)
            while not self._ran_to_the_end():
                pass

    def _ran_to_the_end(self) -> bool:
        try:
            callbacks = self._callbacks()
            for index in range(self.positions["run"], len(self.plan.stages)):
                self._train(index, callbacks)
        except NonFiniteLossError as error:
            self._roll_back(error)
            return False
        except tf.errors.OpError as error:
            if self.workers.count == 1:
                raise
            raise UserError(
                f"another worker was lost at step {self.model.step:,} "
                f"({type(error).__name__}); start all workers again with "
                "--resume"
            ) from None
        return True

    def _train(self, index: int, callbacks: list) -> None:
        stage = self.plan.stages[index]
        self.positions["run"] = index
        self.model.set_schedule(
            stage.schedule, self.positions["epoch"], self.positions["position"]
        )
        self.status.begin(self.model, index)
        self._fit(stage, callbacks)
        if not stage.schedule.steps and not self.model.step:
            # The generator was pre-trained elsewhere.
            self.probe_log.measure(self.model, "mle")
        if stage.saved_as == "final":
            with self._averaged():
                self._save_stage("final")
        elif stage.saved_as:
            self._save_stage(stage.saved_as)
        self.saver.save(self.model.step)
        self.checkpoints.finish()
        self.positions |= {"epoch": 0, "position": 0}

    def _fit(self, stage: Stage, callbacks: list) -> None:
        model = self.model
        if not stage.schedule.steps or model.epoch >= stage.epochs:
            return
        progress = run_callbacks.Progress(
            stage.title,
            stage.epochs * stage.schedule.steps,
            model.epoch * stage.schedule.steps + model.position,
            shown=self.workers.is_chief,
        )
        try:
            while model.epoch < stage.epochs:
                # An epoch that was interrupted is finished by itself.
                partial = model.position > 0
                model.fit(
                    self._data(),
                    steps_per_epoch=stage.schedule.steps - model.position,
                    initial_epoch=model.epoch,
                    epochs=model.epoch + 1 if partial else stage.epochs,
                    shuffle=False,
                    callbacks=[*callbacks, progress],
                    verbose=0,
                )
        finally:
            progress.close()

    def _data(self) -> tf.data.Dataset:
        return batches(
            self.corpus.split("train"),
            self.config.training.batch_size,
            self.config.training.seed,
            start_step=self.model.step + self.positions["data_offset"],
        ).apply(
            tf.data.experimental.assert_cardinality(
                tf.data.INFINITE_CARDINALITY
            )
        )

    def _roll_back(self, error: NonFiniteLossError) -> None:
        """Goes back to the newest checkpoint, and past the data since."""
        self._say(f"{error}; going back to the newest checkpoint")
        self.checkpoints.finish()
        newest = self.checkpoints.newest_step()
        if self.refused_step is not None and newest <= self.refused_step:
            raise UserError(
                f"{error}, as before with other data; try a lower learning "
                "rate or training.clip_norm; the checkpoint of step "
                f"{newest:,} is good"
            )
        self.positions = self.checkpoints.restore(self.model, self._say)
        self.refused_step = error.step
        skipped = error.step + 1 - self.model.step
        self.positions["data_offset"] += skipped
        self._say(
            f"trying again from step {self.model.step:,}, without the last "
            f"{skipped:,} batches"
        )

    def _validation(self):
        validation = self.corpus.split("validation")
        if not len(validation):
            raise UserError(
                f"{self.corpus.directory}: has no validation pairs; prepare it "
                "with a larger --validation-fraction"
            )
        return validation

    def _callbacks(self) -> list:
        training = self.config.training
        validation = self._validation()
        pairs = min(training.validation_pairs, len(validation))
        self.probe_log = run_callbacks.ProbeLog(
            self.probe,
            evaluation_batches(
                validation, _VALIDATION_BATCH, limit=pairs
            ).cache(),
            math.ceil(pairs / _VALIDATION_BATCH),
            self.board,
            self.directory.path / "metrics.jsonl",
            self.model.step,
            training,
            self.stop,
            self.workers.is_chief,
        )
        return [
            curves.PhaseCurves(self.writer, training.log_every),
            curves.WeightHistograms(self.writer),
            run_callbacks.StageSaver(
                self._save_stage, self.config.adversarial.stage_iteration
            ),
            *self._averaging(),
            self.probe_log,
            self.saver,
            self.status,
        ]

    def _probe(self) -> Probe:
        validation = self._validation()
        pipeline = self.directory.text_pipeline()
        count = min(self.config.training.probe_inputs, len(validation))
        # The last ones: evaluations judge by the first, and a recipe that was
        # chosen by the responses to some inputs is judged by others.
        rows = np.arange(len(validation) - count, len(validation))
        contexts, _ = validation.gather(rows)
        shown = pipeline.encode(list(TABLE_1_UTTERANCES))
        return Probe(
            self.model.generator,
            self.corpus.vocabulary,
            [cut_at_end(row) for row in contexts],
            list(zip(TABLE_1_UTTERANCES, shown, strict=True)),
        )

    def _summary_writer(self):
        if not self.workers.is_chief:
            return tf.summary.create_noop_writer()
        return tf.summary.create_file_writer(str(self.directory.path / "logs"))

    def _save_stage(self, stage: str) -> None:
        if self.workers.is_chief:
            self.directory.save_stage(
                stage, self.model.generator, self.model.discriminator
            )
            self.board.stage(stage)

    def _averaging(self) -> list:
        settings = self.config.adversarial
        if not settings.averaging:
            return []
        averaged = max(1, round(settings.averaging * settings.iterations))
        return [run_callbacks.Averaging(settings.iterations - averaged)]

    def _averaged(self) -> AbstractContextManager:
        average = self.model.weight_average
        if average is None or not average.count:
            return nullcontext()
        return average.lent()

    def _save_checkpoint(self, background: bool) -> None:
        self.positions |= {
            "epoch": self.model.epoch,
            "position": self.model.position,
        }
        self.checkpoints.save(
            self.model,
            self.positions,
            background,
            written=self.status.checkpoint,
        )

    def _say(self, message: str) -> None:
        if self.workers.is_chief:
            tqdm.write(message)

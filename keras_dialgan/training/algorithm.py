"""Algorithm 1, from word vectors to the final model."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_dialgan.config import Config, differences
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.pipeline import batches, evaluation_batches
from keras_dialgan.embeddings import load_word_vectors
from keras_dialgan.errors import UserError
from keras_dialgan.models import (
    GANDialogueModel,
    TopKSoftmax,
    build_discriminator,
    build_generator,
    cut_at_end,
)
from keras_dialgan.training import callbacks as run_callbacks
from keras_dialgan.training import schedule as schedules
from keras_dialgan.training.adam import Adam
from keras_dialgan.training.checkpoint import (
    restore_checkpoint,
    save_checkpoint,
)
from keras_dialgan.training.model_directory import ModelDirectory
from keras_dialgan.training.probe import TABLE_1_UTTERANCES, Probe
from keras_dialgan.training.replay import Replay
from keras_dialgan.training.sizes import resolve


def train(
    config: Config,
    corpus: PreparedCorpus,
    output: str | Path,
    strategy: tf.distribute.Strategy | None = None,
    resume: bool = False,
) -> ModelDirectory:
    """Runs the whole of Algorithm 1 and saves its stages.

    Args:
        config: the settings; sizes left open are taken from the corpus.
        corpus: the prepared corpus, with word vectors.
        output: the model directory to write.
        strategy: a `tf.distribute` strategy; the current one when None.
        resume: whether to continue from the newest checkpoint in `output`.

    Returns:
        The model directory.

    Raises:
        UserError: if settings, corpus and word vectors don't fit each other,
            or the directory holds another run.
    """
    word_vectors = load_word_vectors(corpus.directory, corpus.vocabulary)
    config = resolve(config, corpus, word_vectors)
    directory = _open_directory(Path(output), config, corpus, resume)
    keras.utils.set_random_seed(config.training.seed)
    keras.config.set_dtype_policy(config.training.precision)
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        model = build_training_model(config, corpus, word_vectors)
    run = _Run(config, corpus, directory, model)
    run.execute(resume)
    return directory


def _open_directory(
    output: Path, config: Config, corpus: PreparedCorpus, resume: bool
) -> ModelDirectory:
    if not (output / "model.json").exists():
        return ModelDirectory.create(output, config, corpus)
    if not resume:
        raise UserError(
            f"{output}: holds a model already; add --resume to continue its "
            "training, or choose another directory"
        )
    directory = ModelDirectory(output)
    changed = differences(directory.config, config)
    if changed:
        raise UserError(
            f"{output}: was begun with other settings (then / now): "
            f"{'; '.join(changed)}; resume with the same, or begin anew in "
            "another directory"
        )
    if directory.vocabulary.digest != corpus.vocabulary.digest:
        raise UserError(
            f"{output}: was begun on a corpus with another vocabulary than "
            f"{corpus.directory}"
        )
    return directory


def build_training_model(
    config: Config,
    corpus: PreparedCorpus,
    word_vectors: np.ndarray | None,
) -> GANDialogueModel:
    """Builds and compiles the model, W set to the word vectors.

    Args:
        config: the resolved configuration.
        corpus: the prepared corpus.
        word_vectors: float array `[V, D]`, or None for a random W.
    """
    generator = build_generator(config.generator, config.objective.k)
    if config.training.pretrained_word_vectors:
        generator.word_embedding.embeddings.assign(word_vectors)
    width = max(corpus.max_length + 1, config.generator.max_length)
    model = GANDialogueModel(
        generator,
        build_discriminator(config.discriminator),
        replay=Replay(
            config.replay.capacity, config.replay.half_life, width, width
        ),
        objective=TopKSoftmax(**dataclasses.asdict(config.objective)),
        scheduled_sampling=config.pretraining.scheduled_sampling,
        discriminator_updates_word_vectors=(
            config.discriminator.updates_word_vectors
        ),
        seed=config.training.seed,
    )
    clip = config.training.clip_norm or None
    model.compile(
        mle_optimizer=Adam(global_clipnorm=clip),
        adversarial_optimizer=Adam(global_clipnorm=clip),
        discriminator_optimizer=Adam(global_clipnorm=clip),
    )
    return model


class _Run:
    """The three runs of `fit` of Algorithm 1 on one model."""

    def __init__(self, config, corpus, directory, model):
        self.config = config
        self.corpus = corpus
        self.directory = directory
        self.model = model
        self.checkpoints = directory.path / "checkpoints"
        self.runs = [
            (
                "generator pre-training",
                schedules.generator_pretraining(config),
                1,
                "mle",
            ),
            (
                "discriminator pre-training",
                schedules.discriminator_pretraining(config),
                1,
                None,
            ),
            (
                "global iterations",
                schedules.global_iteration(config),
                config.adversarial.iterations,
                "final",
            ),
        ]

    def execute(self, resume: bool) -> None:
        start = {"run": 0, "epoch": 0, "position": 0}
        if resume:
            found = restore_checkpoint(self.checkpoints, self.model)
            start = found or start
            print(_where(start, self.runs, self.model.step))
        self.writer = tf.summary.create_file_writer(
            str(self.directory.path / "logs")
        )
        shared = self._callbacks()
        for index in range(start["run"], len(self.runs)):
            title, schedule, epochs, stage = self.runs[index]
            self.index = index
            self.model.set_schedule(schedule, start["epoch"], start["position"])
            self._fit(title, schedule, epochs, shared)
            if stage:
                self._save_stage(stage)
            self._save_checkpoint()
            start = {"run": index + 1, "epoch": 0, "position": 0}
        self.writer.close()

    def _fit(self, title, schedule, epochs, shared) -> None:
        model = self.model
        if not schedule.steps or model.epoch >= epochs:
            return
        done = model.epoch * schedule.steps + model.position
        progress = run_callbacks.Progress(title, epochs * schedule.steps, done)
        while model.epoch < epochs:
            # An epoch that was interrupted is finished by itself.
            partial = model.position > 0
            model.fit(
                self._data(),
                steps_per_epoch=schedule.steps - model.position,
                initial_epoch=model.epoch,
                epochs=model.epoch + 1 if partial else epochs,
                shuffle=False,
                callbacks=[*shared, progress],
                verbose=0,
            )
        progress.close()

    def _data(self) -> tf.data.Dataset:
        return batches(
            self.corpus.split("train"),
            self.config.training.batch_size,
            self.config.training.seed,
            start_step=self.model.step,
        )

    def _callbacks(self) -> list:
        training = self.config.training
        validation = self.corpus.split("validation")
        if not len(validation):
            raise UserError(
                f"{self.corpus.directory}: has no validation pairs; prepare it "
                "with a larger --validation-fraction"
            )
        return [
            run_callbacks.PhaseCurves(self.writer, training.log_every),
            run_callbacks.StageSaver(
                self._save_stage, self.config.adversarial.stage_iteration
            ),
            run_callbacks.ProbeLog(
                self._probe(validation),
                evaluation_batches(
                    validation, 64, limit=training.validation_pairs
                ).cache(),
                self.writer,
                self.directory.path / "metrics.jsonl",
                training.validate_every,
                self.model.step,
            ),
            run_callbacks.Checkpoints(
                self._save_checkpoint, training.checkpoint_every
            ),
        ]

    def _probe(self, validation) -> Probe:
        pipeline = self.directory.text_pipeline()
        count = min(self.config.training.probe_inputs, len(validation))
        contexts, _ = validation.gather(np.arange(count))
        shown = pipeline.encode(list(TABLE_1_UTTERANCES))
        return Probe(
            self.model.generator,
            self.corpus.vocabulary,
            [cut_at_end(row) for row in contexts],
            list(zip(TABLE_1_UTTERANCES, shown, strict=True)),
        )

    def _save_stage(self, stage: str) -> None:
        self.directory.save_stage(
            stage, self.model.generator, self.model.discriminator
        )

    def _save_checkpoint(self) -> None:
        save_checkpoint(self.checkpoints, self.model, self.index)


def _where(start: dict, runs: list, steps: int) -> str:
    if not steps:
        return "no checkpoint yet: starting from the beginning"
    title, _, epochs, _ = runs[start["run"]]
    if start["run"] == len(runs) - 1 and start["epoch"] >= epochs:
        return "the training is complete"
    return f"resuming at step {steps:,} ({title}, epoch {start['epoch'] + 1})"

"""Algorithm 1, from word vectors to the final model."""

import hashlib
import json
from pathlib import Path

import keras
import tensorflow as tf

from keras_dialgan.config import Config, differences, with_values
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.embeddings import load_word_vectors
from keras_dialgan.errors import UserError
from keras_dialgan.training.building import build_training_model
from keras_dialgan.training.model_directory import ModelDirectory
from keras_dialgan.training.run import Run
from keras_dialgan.training.sizes import resolve
from keras_dialgan.training.workers import Workers

# What a run that goes on may set otherwise: no weight depends on it.
_FREE_TO_CHANGE = (
    "training.checkpoint_",
    "training.collapse_share",
    "training.on_collapse",
    "training.log_every",
)


def train(
    config: Config,
    corpus: PreparedCorpus,
    output: str | Path,
    strategy: tf.distribute.Strategy | None = None,
    resume: bool = False,
    pretrained: str | Path | None = None,
) -> ModelDirectory:
    """Runs the whole of Algorithm 1 and saves its stages.

    Args:
        config: the settings; sizes left open are taken from the corpus.
        corpus: the prepared corpus, with word vectors.
        output: the model directory to write; several workers need one that
            all of them see.
        strategy: a `tf.distribute` strategy; the current one when None.
        resume: whether to continue from the newest checkpoint in `output`.
        pretrained: a model directory whose stage `mle` takes the place of
            generator pre-training, so that runs that differ in what follows
            can share it. Adam's moments begin anew.

    Returns:
        The model directory.

    Raises:
        UserError: if settings, corpus and word vectors don't fit each other,
            the directory holds another run, the pre-trained generator is of
            other sizes or another vocabulary, the corpus is damaged, a
            checkpoint can't be written, or the loss is not finite even with
            other data.
        TrainingStopped: a `UserError`; if the run was asked to stop.
    """
    strategy = strategy or tf.distribute.get_strategy()
    workers = Workers(strategy)
    corpus.verify()
    word_vectors = load_word_vectors(corpus.directory, corpus.vocabulary)
    config = resolve(config, corpus, word_vectors)
    if pretrained is not None:
        pretrained = ModelDirectory(pretrained)
        _check_vocabulary(pretrained, corpus)
        config = with_values(config, {"pretraining": {"generator_steps": 0}})
    _check_shares(config, strategy)
    if workers.is_chief:
        _open_directory(Path(output), config, corpus, resume)
    workers.wait()
    directory = ModelDirectory(output)
    keras.utils.set_random_seed(config.training.seed)
    keras.config.set_dtype_policy(config.training.precision)
    if config.training.deterministic:
        tf.config.experimental.enable_op_determinism()
    with strategy.scope():
        model = build_training_model(config, corpus, word_vectors)
        if pretrained is not None:
            pretrained.load_pretrained(model.generator)
    identity = {
        "configuration": _determining(config),
        "vocabulary": corpus.vocabulary.digest,
        "corpus": _digest(corpus.manifest["splits"]),
    }
    Run(config, corpus, directory, model, workers, identity).execute(resume)
    return directory


def _open_directory(
    output: Path, config: Config, corpus: PreparedCorpus, resume: bool
) -> None:
    if not (output / "model.json").exists():
        ModelDirectory.create(output, config, corpus)
        return
    if not resume:
        raise UserError(
            f"{output}: holds a model already; add --resume to continue its "
            "training, or choose another directory"
        )
    directory = ModelDirectory(output)
    changed = [
        difference
        for difference in differences(directory.config, config)
        if not difference.startswith(_FREE_TO_CHANGE)
    ]
    if changed:
        raise UserError(
            f"{output}: was begun with other settings (then / now): "
            f"{'; '.join(changed)}; resume with the same, or begin anew in "
            "another directory"
        )
    _check_vocabulary(directory, corpus)


def _check_vocabulary(
    directory: ModelDirectory, corpus: PreparedCorpus
) -> None:
    if directory.vocabulary.digest != corpus.vocabulary.digest:
        raise UserError(
            f"{directory.path}: was begun on a corpus with another vocabulary "
            f"than {corpus.directory}"
        )


def _check_shares(config: Config, strategy: tf.distribute.Strategy) -> None:
    replicas = strategy.num_replicas_in_sync
    if config.training.batch_size < replicas:
        raise UserError(
            f"training.batch_size = {config.training.batch_size} is shared by "
            f"{replicas} devices: at least {replicas} are needed"
        )


def _determining(config: Config) -> str:
    """The digest of the settings that the weights depend on."""
    return _digest(
        [
            (section, key, value)
            for section, keys in config.to_dict().items()
            for key, value in keys.items()
            if not f"{section}.{key}".startswith(_FREE_TO_CHANGE)
        ]
    )


def _digest(value) -> str:
    content = json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(content).hexdigest()

"""What a run shows in TensorBoard besides its curves."""

from pathlib import Path

import tensorflow as tf
import yaml
from keras import ops
from tensorboard.plugins.hparams import api as hparams

from keras_dialgan.config import Config
from keras_dialgan.models import GANDialogueModel
from keras_dialgan.text import Vocabulary
from keras_dialgan.training.model_directory import STAGES
from keras_dialgan.training.pictures import (
    as_pixels,
    draw_attention_maps,
    draw_nearest_word_rates,
)
from keras_dialgan.training.probe import Probe
from keras_dialgan.training.tensorboard_budget import Budget
from keras_dialgan.training.tensorboard_graphs import write_graphs
from keras_dialgan.training.tensorboard_layout import layout_summary
from keras_dialgan.training.tensorboard_projector import write_word_vectors
from keras_dialgan.training.tensorboard_text import markdown_table

_COMPARED = ("perplexity", "distinct_1", "distinct_2", "top_1_share")


class Board:
    """Writes a run's settings, graphs, probes, pictures and word vectors.

    Args:
        logs: TensorBoard's directory.
        writer: a `tf.summary` writer to it.
        model: the training model.
        vocabulary: of its tokens.
        probe: the inputs that are watched.
    """

    def __init__(
        self,
        logs: Path,
        writer,
        model: GANDialogueModel,
        vocabulary: Vocabulary,
        probe: Probe,
    ):
        self._logs = logs
        self._writer = writer
        self._model = model
        self._vocabulary = vocabulary
        self._probe = probe
        self._budget = Budget()

    def open(self, config: Config) -> None:
        """Writes what stays as it is, and where the run starts from.

        Args:
            config: the resolved configuration.
        """
        settings = yaml.safe_dump(config.to_dict(), sort_keys=False)
        with self._writer.as_default(self._model.step):
            tf.summary.experimental.write_raw_pb(layout_summary())
            tf.summary.text("configuration", f"```yaml\n{settings}```")
            _write_hyper_parameters(config)
            write_graphs(self._model.generator, self._model.discriminator)
            self._write_probe(self._probe.measure(), "before_training")
        self._write_word_vectors("before_training")
        self._writer.flush()

    def probe(self, record: dict, when: str) -> None:
        """Writes measurements and responses, now and then with pictures.

        Args:
            record: the measurements; those that are numbers become curves.
            when: after which phase; `after_averaging` those of the averaged
                generator, which has curves of its own.
        """
        with self._writer.as_default(self._model.step):
            self._write_probe(record, when)
        if self._budget.allows():
            self._draw()
        self._writer.flush()

    def stage(self, name: str) -> None:
        """Shows a stage of Table 1: responses, pictures, word vectors.

        Args:
            name: `mle`, `after_mle`, `after_adversarial` or `final`.
        """
        with self._writer.as_default(self._model.step):
            self._write_responses(f"stages/{STAGES[name]}_{name}")
        self._draw()
        self._write_word_vectors(name)
        self._writer.flush()

    def _write_probe(self, record: dict, when: str) -> None:
        curves = "average" if when == "after_averaging" else "probe"
        for name, value in record.items():
            if isinstance(value, float):
                tf.summary.scalar(f"{curves}/{name}", value)
        self._write_responses(f"responses/{when}")

    def _write_responses(self, tag: str) -> None:
        table = markdown_table(("utterance", "response"), self._probe.samples())
        tf.summary.text(tag, table)

    def _draw(self) -> None:
        with self._budget.spending(), self._writer.as_default(self._model.step):
            for name, figure in (
                (
                    "figure_3",
                    draw_nearest_word_rates(self._probe.nearest_word_rates()),
                ),
                (
                    "attention",
                    draw_attention_maps(self._probe.attention_maps()),
                ),
            ):
                pixels = as_pixels(figure)[tf.newaxis]
                tf.summary.image(f"pictures/{name}", pixels)

    def _write_word_vectors(self, name: str) -> None:
        W = self._model.generator.word_embedding.embeddings
        vectors = ops.convert_to_numpy(W)
        write_word_vectors(self._logs, name, vectors, self._vocabulary)


def _write_hyper_parameters(config: Config) -> None:
    values = {
        f"{section}.{key}": value
        if isinstance(value, bool | int | float | str)
        else str(value)
        for section, keys in config.to_dict().items()
        for key, value in keys.items()
    }
    hparams.hparams_config(
        hparams=[hparams.HParam(name) for name in values],
        metrics=[hparams.Metric(f"probe/{name}") for name in _COMPARED],
    )
    hparams.hparams(values)

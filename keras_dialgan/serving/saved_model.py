"""Exporting a trained model for TensorFlow Serving."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import tensorflow as tf

from keras_dialgan.corpus.storage import ENTITIES
from keras_dialgan.errors import UserError
from keras_dialgan.files import read_json
from keras_dialgan.models import BeamSearch, Greedy
from keras_dialgan.serving.exported import versions
from keras_dialgan.serving.graph_entities import (
    GraphEntityTagger,
    surface_labels,
)
from keras_dialgan.serving.graph_phrases import PhraseMatcher, write_phrases
from keras_dialgan.serving.graph_responder import GraphResponder
from keras_dialgan.serving.graph_rules import GraphRulesTagger, gazetteer_labels
from keras_dialgan.serving.graph_tagger import GraphNoTagger, GraphTagger
from keras_dialgan.serving.model_card import write_model_card
from keras_dialgan.serving.row_sampling import RowSampling
from keras_dialgan.serving.server_files import write_batching, write_warmup
from keras_dialgan.training import ModelDirectory

BEAM_WIDTH = 5
_UTTERANCE = tf.TensorSpec([None], tf.string, "utterance")
_SAMPLING = (
    tf.TensorSpec([None], tf.float32, "temperature"),
    tf.TensorSpec([None], tf.int32, "top_k"),
    tf.TensorSpec([None], tf.float32, "top_p"),
    tf.TensorSpec([None], tf.int64, "seed"),
)


def export_saved_model(
    directory: str | Path,
    output: str | Path,
    stage: str | None = None,
    fill_tags: bool = True,
    beam_width: int = BEAM_WIDTH,
) -> Path:
    """Writes a trained model as a SavedModel that answers raw text.

    It has three signatures, each with the input `utterance`, string
    `[batch]`, and the outputs `response`, string `[batch]`, and
    `log_probability`, float32 `[batch]`: `serving_default` decodes greedily,
    `beam` by beam search, and `sample` draws words by the further inputs
    `temperature`, `top_k`, `top_p` and `seed`, all `[batch]`.

    Args:
        directory: what `train.py` wrote.
        output: the folder of versions that a server watches; the new one has
            the next number and appears there when it is complete.
        stage: the stage to export; the last one of training when None.
        fill_tags: whether `<person>`, `<place>` and `<number>` in a response
            become words; see `keras_dialgan.serving.fill_tags`.
        beam_width: hypotheses of the signature `beam`.

    Returns:
        The path of the version.

    Raises:
        UserError: if there is no such model or stage, or `output` is a file
            or cannot be written.
    """
    model = ModelDirectory(directory)
    generator, _ = model.load_stage(stage)
    with (
        tempfile.TemporaryDirectory() as tables,
        _unpublished(Path(output)) as folder,
    ):
        responder = GraphResponder(
            generator,
            graph_tagger(model, Path(tables)),
            model.path / "vocabulary.txt",
            model.manifest["max_length"],
            fill_tags,
            model.maps_unknown,
        )
        _save(responder, folder, _signatures(responder, beam_width))
        write_warmup(folder)
        write_batching(folder)
        write_model_card(
            folder, model, stage or model.stages[-1], fill_tags, beam_width
        )
        return publish(folder, Path(output))


def graph_tagger(model: ModelDirectory, folder: Path) -> GraphTagger:
    """Makes the tagger of a model's graph.

    Args:
        model: the model; a trained spaCy pipeline is replaced by the table
            of what it found in the training corpus.
        folder: where to write the tagger's tables.
    """
    name = model.manifest["entity_tagger"]["name"]
    if name == "none":
        return GraphNoTagger()
    if name == "rules":
        path = folder / "gazetteers.tsv"
        longest = write_phrases(gazetteer_labels(), path)
        return GraphRulesTagger(PhraseMatcher(path, longest))
    path = folder / "entities.tsv"
    labels = surface_labels(read_json(model.path / ENTITIES))
    return GraphEntityTagger(PhraseMatcher(path, write_phrases(labels, path)))


def _signatures(responder: GraphResponder, beam_width: int) -> Mapping:
    longest = responder.longest_response

    def function(*inputs):
        return tf.function(
            input_signature=[_UTTERANCE, *inputs], autograph=False
        )

    @function()
    def greedy(utterance):
        return responder.respond(utterance, lambda first, last: Greedy())

    @function()
    def beam(utterance):
        return responder.respond(
            utterance, lambda first, last: BeamSearch(beam_width), beam_width
        )

    @function(*_SAMPLING)
    def sample(utterance, temperature, top_k, top_p, seed):
        settings = (temperature, top_k, top_p, seed)
        return responder.respond(
            utterance,
            lambda first, last: RowSampling(
                *(values[first:last] for values in settings), longest
            ),
        )

    return {"serving_default": greedy, "beam": beam, "sample": sample}


def _save(responder: GraphResponder, folder: Path, signatures) -> None:
    # Gradients of the layers would be saved, too.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    try:
        tf.saved_model.save(responder, str(folder), signatures, options)
    except tf.errors.OpError as error:
        raise UserError(
            f"{folder}: cannot be written ({error.message}); is the disk full?"
        ) from None


@contextlib.contextmanager
def _unpublished(output: Path) -> Iterator[Path]:
    """Makes a folder in `output` whose name no server takes for a version."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UserError(
            f"{output}: is no folder; --output takes the folder of versions"
        ) from None
    folder = Path(tempfile.mkdtemp(dir=output, prefix=".export-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, output: Path) -> Path:
    """Renames a complete folder to the next version number.

    Args:
        folder: a folder within `output`.
        output: the folder of versions.

    Returns:
        The path of the version.
    """
    while True:
        version = output / str(max([*versions(output), 0]) + 1)
        try:
            # Of two exports at a time one finds the name taken, and retries.
            os.rename(folder, version)
        except OSError:
            if not version.exists():
                raise
        else:
            return version

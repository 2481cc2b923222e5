"""The model card that an exported model carries."""

from importlib import metadata
from pathlib import Path

from keras_dialgan.files import atomic_write
from keras_dialgan.text.entity_rules import VERSION
from keras_dialgan.training import ModelDirectory
from keras_dialgan.training.model_directory import STAGES
from keras_dialgan.training.records import read_records

MODEL_CARD = "assets.extra/MODEL_CARD.md"

_CARD = """\
# Model card

A chatbot: it answers an English utterance with a response of at most \
{longest} tokens.
It was trained by keras_dialgan {release} after *A Differentiable Generative
Adversarial Network for Open Domain Dialogue* (Lopez Zorrilla, de Velasco and
Torres, IWSDS 2019).

| | |
| --- | --- |
| stage | {stage} ({letter}) |
| vocabulary | {words:,} tokens, SHA-256 `{digest}` |
| generator | {generator} |
| utterances | the last {max_length} known tokens are read |
| entities | {entities} |
| tags in responses | {tags} |
| measured | {measured} |

## Signatures

Each takes `utterance` (string `[batch]`, any bytes) and returns `response`
(string `[batch]`) and `log_probability` (float32 `[batch]`, of the response
under the model).

| signature | decoding | further inputs, each `[batch]` |
| --- | --- | --- |
| `serving_default` | greedy | |
| `beam` | beam search of width {beam_width} | |
| `sample` | random | `temperature` float32 (0.01 to 100), `top_k` int32 (0 \
for all), `top_p` float32 (to 1), `seed` int64 |

Settings beyond their bounds are brought to the nearest one. Equal requests
have equal responses, whatever is served beside them; nothing is kept of a
request.

## Use and limits

For research and entertainment. The model knows one utterance, not the
conversation before it. It repeats what its training corpus says, the corpus'
mistakes, prejudices and rudeness included, and states as facts what it has
invented: what people are shown should be filtered, and none of it is advice.
Names, places and numbers were replaced by tags for training: the model can
repeat the user's own, but knows no persons.
"""


def write_model_card(
    folder: Path,
    model: ModelDirectory,
    stage: str,
    fill_tags: bool,
    beam_width: int,
) -> None:
    """Describes an exported model to those who use it.

    Args:
        folder: the SavedModel.
        model: what was exported.
        stage: the exported stage.
        fill_tags: whether tags in responses become words.
        beam_width: of the signature `beam`.
    """
    generator = model.config.generator
    text = _CARD.format(
        release=metadata.version("keras-dialgan"),
        longest=generator.max_length,
        stage=stage,
        letter=STAGES[stage],
        words=model.vocabulary.size,
        digest=model.vocabulary.digest,
        generator=(
            f"{generator.encoder_layers} x {generator.encoder_units} encoder "
            f"cells a direction, {generator.decoder_layers} x "
            f"{generator.decoder_units} decoder cells, word vectors of "
            f"{generator.embedding_dimension}"
        ),
        max_length=model.manifest["max_length"],
        entities=describe_tagging(model),
        tags=(
            "filled with the user's names, places and numbers, else with "
            "neutral words"
            if fill_tags
            else "kept"
        ),
        measured=_measurements(model, stage),
        beam_width=beam_width,
    )
    with atomic_write(folder / MODEL_CARD) as file:
        file.write(text)


def describe_tagging(model: ModelDirectory) -> str:
    """Says how an exported graph finds entities."""
    tagger = model.manifest["entity_tagger"]
    name, version = tagger["name"], tagger.get("version")
    if name == "none":
        return "none are tagged, as in training"
    if name == "rules" and version != VERSION:
        return (
            f"names, places and numbers by rules of version {VERSION}; those "
            f"of training were version {version}: some entities differ"
        )
    if name == "rules":
        return "names, places and numbers by rules, exactly as in training"
    return (
        f"names and places that {name} had found in the training corpus, by "
        "their spelling there, and numbers by patterns; the pipeline itself "
        "cannot run in a graph, so that other names stay words"
    )


def _measurements(model: ModelDirectory, stage: str) -> str:
    """What training had last measured when the stage was saved."""
    records = read_records(model.path / "metrics.jsonl")
    if stage == "mle":
        records = [r for r in records if r.get("pretraining")]
    # The two stages within an iteration are saved in the midst of training.
    if not records or stage not in ("mle", "final"):
        return "not during training"
    last = records[-1]
    return f"at step {last['step']:,}: " + ", ".join(
        f"{name.replace('_', ' ')} {value:.3g}"
        for name, value in last.items()
        if isinstance(value, float)
    )

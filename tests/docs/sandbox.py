"""A folder in which the documentation's commands find what they name."""

import gzip
import shutil
from pathlib import Path

from keras_dialgan.serving.human_evaluation import Ballots
from tests.docs.blocks import ROOT
from tests.training.test_algorithm import SETTINGS

_THINGS = ("dogs", "cats", "songs", "films", "apples", "trains", "books")
# Sizes and steps of a training that takes seconds at any preset.
TINY = [
    *(setting for setting in SETTINGS if "embedding_dim" not in setting),
    "generator.encoder_layers=1",
    "generator.decoder_layers=1",
    "discriminator.layers=1",
    "adversarial.iterations=1",
    "adversarial.samples=8",
    "training.validate_every=6",
    "training.probe_inputs=2",
    "training.pretrained_word_vectors=true",
]
# What is put behind the arguments of a script, so that it takes seconds.
SHORTER = {
    "evaluate.py": ["--inputs", "12", "--matcher-pairs", "24"],
    "paper_figures.py": ["--inputs", "5"],
    "prepare_corpus.py": [
        *("--validation-fraction", "0.3", "--workers", "1"),
        *("--entity-tagger", "rules"),
    ],
    "pretrain_embeddings.py": ["--epochs", "1", "--workers", "1"],
    "train.py": ["--set", *TINY, "--strategy", "one_device"],
}


def make_sandbox(root: Path, corpus, model) -> Path:
    """Fills a folder.

    Args:
        root: an empty folder.
        corpus: a prepared corpus, which becomes `runs/corpus`.
        model: a model directory of that corpus, which becomes `runs/model`.
    """
    (root / "scripts").symlink_to(ROOT / "scripts")
    shutil.copytree(corpus.directory, root / "runs" / "corpus")
    shutil.copytree(model.path, root / "runs" / "model")
    shutil.copytree(model.path, root / "saved_models" / "small")
    text = _dialogues()
    for folder in ("dialogues", "raw", "more"):
        (root / folder).mkdir()
    (root / "dialogues" / "talk.txt").write_text(text)
    (root / "more" / "film.srt").write_text(_SUBTITLES)
    for path in ("raw/en.txt.gz", "talk.txt.gz"):
        (root / path).write_bytes(gzip.compress(text.encode()))
    system = {"model": "small", "stage": "mle", "digest": "1"}
    Ballots.create(
        root / "runs/ballots.sqlite", system, {**system, "stage": "final"}, 10
    )
    return root


def _dialogues() -> str:
    return "\n".join(
        f"do you like {one}?\nno, but i like {other}.\nand {one}, why not?\n"
        for one in _THINGS
        for other in _THINGS
        if one != other
    )


_SUBTITLES = """\
1
00:00:01,000 --> 00:00:02,000
Who is there?

2
00:00:02,500 --> 00:00:04,000
It is only me.
"""

"""What a run does when something breaks."""

import json
import os
import shutil
import signal

import numpy as np
import pytest
import tensorflow as tf

from keras_dialgan.config import load_preset
from keras_dialgan.corpus import PreparedCorpus
from keras_dialgan.corpus.pipeline import batches
from keras_dialgan.errors import UserError
from keras_dialgan.models import GANDialogueModel, phases
from keras_dialgan.training import TrainingStopped, train
from keras_dialgan.training.probe import Probe
from tests.model_fixture import make_corpus
from tests.training.test_algorithm import SETTINGS

SHORT = [
    *SETTINGS,
    "adversarial.iterations=1",
    "adversarial.adversarial_steps=1",
    "adversarial.mle_steps=1",
    "adversarial.discriminator_steps=1",
    "pretraining.discriminator_steps=1",
    "training.validate_every=100",
    "training.probe_inputs=2",
    "training.validation_pairs=2",
]
STEPS = 6 + 3 + 1 + (1 + 2 + 1) * 2


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Pairs so short that a step takes milliseconds."""
    path = tmp_path_factory.mktemp("short") / "corpus"
    return make_corpus(path, 400, max_length=3)


@pytest.fixture(autouse=True)
def eager():
    """Compiling every phase would take longer than the few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def config(*settings):
    return load_preset("tiny", [*SHORT, *settings])


def status(output):
    return json.loads((output / "status.json").read_text())


def spoil(monkeypatch, is_bad):
    """Makes the MLE losses of some batches NaN."""
    original = phases.response_nll

    def response_nll(generator, features, response):
        nll, counts = original(generator, features, response)
        return (nll * np.nan if is_bad(response) else nll), counts

    monkeypatch.setattr(phases, "response_nll", response_nll)


def batch_of_step(corpus, step):
    data = batches(corpus.split("train"), 8, 1, start_step=step)
    return next(iter(data))["response"].numpy().tolist()


def test_a_loss_that_is_not_finite_is_retried_with_the_next_data(
    corpus, tmp_path, monkeypatch, capsys
):
    bad = batch_of_step(corpus, 3)
    trained_on = []

    def is_bad(response):
        trained_on.append(response.numpy().tolist())
        return trained_on[-1] == bad

    spoil(monkeypatch, is_bad)
    output = tmp_path / "model"
    train(config("training.checkpoint_minutes=60"), corpus, output)
    said = capsys.readouterr().out
    assert "step 3 (mle) is not finite; the update was refused" in said
    assert "trying again from step 0, without the last 4 batches" in said
    expected = [batch_of_step(corpus, n) for n in (0, 1, 2, 3, 4, 5, 6)]
    assert trained_on[:7] == expected
    assert status(output)["state"] == "complete"
    assert status(output)["step"] == STEPS


@pytest.mark.slow
def test_a_loss_that_stays_broken_stops_the_run_with_its_work_saved(
    corpus, tmp_path, monkeypatch
):
    bad = batch_of_step(corpus, 2)
    seen = []

    def is_bad(response):
        seen.append(response.numpy().tolist())
        return bad in seen

    spoil(monkeypatch, is_bad)
    output = tmp_path / "model"
    with pytest.raises(UserError, match="as before with other data"):
        train(config(), corpus, output)
    assert len(seen) == 4
    assert status(output)["state"] == "stopped"
    assert status(output)["last_checkpoint"]["step"] == 2
    monkeypatch.undo()
    train(config(), corpus, output, resume=True)
    assert status(output)["state"] == "complete"


def test_sigterm_saves_at_the_next_step_and_the_run_goes_on_as_it_was(
    corpus, tmp_path, monkeypatch, capsys
):
    original = GANDialogueModel._advance

    def advance(model):
        original(model)
        if model.step == 4:
            os.kill(os.getpid(), signal.SIGTERM)

    output = tmp_path / "model"
    rarely = config("training.checkpoint_minutes=60")
    with monkeypatch.context() as patch:
        patch.setattr(GANDialogueModel, "_advance", advance)
        with pytest.raises(
            TrainingStopped, match=r"step 4: received SIGTERM.*--resume"
        ):
            train(rarely, corpus, output)
    names = sorted(p.name for p in (output / "checkpoints").iterdir())
    assert names == ["step-000000000", "step-000000004"]
    assert status(output)["state"] == "stopped"
    assert status(output)["last_checkpoint"]["step"] == 4
    other = PreparedCorpus(corpus.directory)
    other.manifest["splits"]["train"]["pairs"] += 1
    with pytest.raises(UserError, match=r"another \(then / now\) corpus"):
        train(rarely, other, output, resume=True)
    # How often is saved may change; what determines the weights may not.
    train(config(), corpus, output, resume=True)
    assert (
        f"resuming at step 4 of {STEPS}: generator pre-training, epoch 1 of "
        "1, phase mle, 4 steps into it"
    ) in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("action", ["warn", "stop"])
def test_a_collapse_warns_or_stops(
    corpus, tmp_path, monkeypatch, capsys, action
):
    monkeypatch.setattr(
        Probe,
        "measure",
        lambda probe: {
            "top_1_share": 0.8,
            "distinct_2": 0.1,
            "distinct_responses": 0.1,
            "most_frequent": "I do not know.",
        },
    )
    output = tmp_path / "model"
    settings = config(
        "training.collapse_share=0.75", f"training.on_collapse={action}"
    )
    if action == "stop":
        with pytest.raises(TrainingStopped, match="80% of the probe inputs"):
            train(settings, corpus, output)
        # The first measurement of an iteration follows its first phase.
        assert status(output)["last_checkpoint"]["step"] == 6 + 3 + 1 + 1
    else:
        train(settings, corpus, output)
        assert status(output)["state"] == "complete"
    said = capsys.readouterr().out
    assert "warning: collapse: 80% of the probe inputs" in said


def test_a_damaged_corpus_stops_the_run_before_it_begins(corpus, tmp_path):
    copy = tmp_path / "corpus"
    shutil.copytree(corpus.directory, copy)
    damaged = PreparedCorpus(copy)
    shard = max(copy.glob("train/*.npy"), key=lambda path: path.stat().st_size)
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1
    shard.write_bytes(content)
    with pytest.raises(UserError, match=shard.name):
        train(config(), damaged, tmp_path / "model")
    shard.unlink()
    with pytest.raises(UserError, match=shard.name):
        PreparedCorpus(copy)
    assert not (tmp_path / "model").exists()

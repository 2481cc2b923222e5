import errno
import json
import os
import shutil

import numpy as np
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.training import Phase, Schedule, checkpoint
from keras_dialgan.training.checkpoint import CheckpointFolder
from tests.models.small_models import (
    endless,
    make_batch,
    make_generator,
    make_model,
    randomise,
)

IDENTITY = {"vocabulary": "abc", "corpus": "def"}
POSITIONS = {"run": 2, "epoch": 1, "position": 0, "data_offset": 3}
SCHEDULE = Schedule(
    (
        Phase("mle", 1),
        Phase("sample", samples=5),
        Phase("discriminator", 1),
        Phase("adversarial", 1),
    ),
    5,
    {"mle": 1e-3, "adversarial": 1e-3, "discriminator": 1e-3},
)


def fresh_model(seed=0, schedule=SCHEDULE):
    model = make_model(
        generator=make_generator(encoder_layers=1, decoder_layers=1),
        averages=True,
    )
    randomise(model, seed=seed)
    model.compile(schedule, run_eagerly=True)
    return model


@pytest.fixture(scope="module")
def model():
    """A model after a step of each phase: no slot is zero."""
    model = fresh_model()
    model.fit(
        endless(make_batch(5)),
        steps_per_epoch=SCHEDULE.steps,
        verbose=0,
        shuffle=False,
    )
    model.weight_average.add()
    return model


@pytest.fixture(scope="module")
def other():
    return fresh_model(seed=1)


@pytest.fixture
def folder(tmp_path):
    return CheckpointFolder(tmp_path / "checkpoints", IDENTITY, kept=2)


def everything(model):
    state = {name: np.asarray(v) for name, v in checkpoint._variables(model)}
    state |= {name: np.asarray(v) for name, v in checkpoint._metrics(model)}
    return state | model.replay.state()


def save_at(folder, model, step):
    model.steps_done.assign(step)
    return folder.save(model, POSITIONS)


def test_every_variable_the_metrics_and_the_replay_come_back(
    folder, model, other
):
    save_at(folder, model, 4)
    expected = everything(model)
    assert folder.restore(other) == POSITIONS
    found = everything(other)
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(array, found[name], name)
    slots = [n for n in found if "_optimizer" in n]
    assert len({name.split("/")[0] for name in slots}) == 3
    # The sum of the weights of the mean: a batch of five rows.
    assert np.asarray(found["metric/mle_loss/1"]) == 5


def bare_model():
    return fresh_model(schedule=None)


def test_slots_are_made_where_the_checkpoint_has_them(folder, model):
    save_at(folder, model, 4)
    bare = bare_model()
    folder.restore(bare)
    for name, array in everything(model).items():
        np.testing.assert_array_equal(array, everything(bare)[name], name)


def test_slots_that_a_checkpoint_had_not_yet_begin_at_zero_again(folder):
    pretrained = bare_model()
    pretrained.build_optimizer("mle")
    save_at(folder, pretrained, 4)
    went_on = fresh_model()
    went_on.fit(
        endless(make_batch(5)),
        steps_per_epoch=SCHEDULE.steps,
        verbose=0,
        shuffle=False,
    )
    assert folder.restore(went_on) == POSITIONS
    pretrained.set_schedule(SCHEDULE)
    expected, found = everything(pretrained), everything(went_on)
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(array, found[name], name)


def test_the_newest_two_stay(folder, model):
    for step in (4, 5, 6):
        save_at(folder, model, step)
    names = sorted(path.name for path in folder.path.iterdir())
    assert names == ["step-000000005", "step-000000006"]


def damage_flip(path):
    file = path / "variables.bin"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 16
    file.write_bytes(content)


def damage_truncate(path):
    file = path / "replay.bin"
    file.write_bytes(file.read_bytes()[:-10])


def damage_missing(path):
    (path / "variables.bin").unlink()


def damage_description(path):
    (path / "checkpoint.json").write_text('{"kind": "checkp')


def damage_deep_description(path):
    (path / "checkpoint.json").write_text("[" * 200_000)


def damage_huge_shape(path):
    description = json.loads((path / "checkpoint.json").read_text())
    description["files"]["variables.bin"]["arrays"][0][2] = [1 << 60]
    description["files"]["variables.bin"]["bytes"] = 1 << 62
    (path / "checkpoint.json").write_text(json.dumps(description))


def damage_positions(path):
    description = json.loads((path / "checkpoint.json").read_text())
    description["epoch"] = "__import__('os')"
    (path / "checkpoint.json").write_text(json.dumps(description))


def damage_no_files(path):
    description = json.loads((path / "checkpoint.json").read_text())
    description["files"] = {"../../variables.bin": {}}
    (path / "checkpoint.json").write_text(json.dumps(description))


def damage_link(path):
    outside = path.parent.parent / "outside.bin"
    shutil.move(path / "variables.bin", outside)
    (path / "variables.bin").symlink_to(outside)


@pytest.mark.parametrize(
    "damage",
    [f for name, f in list(globals().items()) if name.startswith("damage_")],
)
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_used(
    folder, model, other, damage
):
    save_at(folder, model, 4)
    damaged = save_at(folder, model, 5)
    damage(damaged)
    said = []
    assert folder.restore(other, said.append) == POSITIONS
    assert other.step == 4
    assert len(said) == 1
    assert str(damaged) in said[0]
    assert "damaged" in said[0]
    assert folder.newest_step() == 4


def test_without_an_intact_checkpoint_nothing_is_begun_silently(
    folder, model, other
):
    damage_flip(save_at(folder, model, 4))
    with pytest.raises(UserError, match="none of its 1 checkpoints is intact"):
        folder.restore(other, lambda message: None)


def test_another_vocabulary_is_refused_with_its_name(folder, model, other):
    save_at(folder, model, 4)
    stranger = CheckpointFolder(folder.path, {**IDENTITY, "vocabulary": "x"})
    with pytest.raises(UserError, match=r"vocabulary \('abc' / 'x'\)"):
        stranger.restore(other)


def test_a_model_of_another_shape_finds_no_checkpoint_that_fits(folder, model):
    save_at(folder, model, 4)
    wider = make_model(generator=make_generator(output_units=9))
    wider.compile(SCHEDULE)
    said = []
    with pytest.raises(UserError, match="none of its 1"):
        folder.restore(wider, said.append)
    assert "generator/" in said[0]


@pytest.mark.parametrize("at_byte", [0, 3000])
def test_a_full_disk_leaves_the_former_checkpoint_good(
    folder, model, other, monkeypatch, at_byte
):
    save_at(folder, model, 4)
    written = 0
    original = checkpoint.write_arrays

    def write(path, arrays):
        def until_full():
            nonlocal written
            for name, array in arrays:
                written += array.nbytes
                if written > at_byte:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                yield name, array

        return original(path, until_full())

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_arrays", write)
        with pytest.raises(UserError, match=r"No space left.*step 4 is good"):
            save_at(folder, model, 5)
    assert [path.name for path in folder.path.iterdir()] == ["step-000000004"]
    assert folder.restore(other) == POSITIONS


def test_what_a_killed_process_left_is_removed(folder, model):
    save_at(folder, model, 4)
    leftover = folder.path / ".step-000000005.abcdefgh"
    leftover.mkdir()
    (leftover / "variables.bin").write_bytes(b"half")
    CheckpointFolder(folder.path, IDENTITY)
    assert not leftover.exists()
    assert folder.newest_step() == 4


def test_a_worker_that_is_not_the_chief_writes_nothing(tmp_path, model):
    folder = CheckpointFolder(tmp_path / "none", IDENTITY, writes=False)
    save_at(folder, model, 4)
    assert not folder.path.exists()


def test_what_is_written_in_the_background_is_the_state_at_the_call(
    folder, model, other
):
    model.steps_done.assign(4)
    expected = everything(model)
    complete = []
    folder.save(model, POSITIONS, background=True, written=complete.append)
    weight = model.generator.trainable_variables[0]
    weight.assign(weight + 1)
    folder.finish()
    assert complete == [4]
    folder.restore(other)
    for name, array in expected.items():
        np.testing.assert_array_equal(array, everything(other)[name], name)
    weight.assign(weight - 1)


def test_a_failure_in_the_background_is_raised_later(
    folder, model, monkeypatch
):
    def write(path, arrays):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    save_at(folder, model, 4)
    monkeypatch.setattr(checkpoint, "write_arrays", write)
    model.steps_done.assign(5)
    folder.save(model, POSITIONS, background=True)
    with pytest.raises(UserError, match="step 4 is good"):
        folder.finish()
    folder.finish()
    assert folder.newest_step() == 4

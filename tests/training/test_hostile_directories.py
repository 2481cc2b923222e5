"""Model directories from elsewhere can't reach out of themselves."""

import json
import os
import pickle
import shutil
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from keras_dialgan.errors import UserError
from keras_dialgan.files import file_inside, read_json
from keras_dialgan.training import ModelDirectory

WEIGHTS = "stages/final/generator.weights.h5"


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.fixture
def hostile(model_directory, tmp_path):
    """A copy to spoil, beside a secret that it must not reach."""
    shutil.copytree(model_directory.path, tmp_path / "model")
    secret = tmp_path / "secret.h5"
    shutil.copy(tmp_path / "model" / WEIGHTS, secret)
    return tmp_path / "model"


def load(path):
    directory = ModelDirectory(path)
    directory.text_pipeline()
    directory.load_stage("final")


def refused(path, message="", seconds=5):
    begun = time.monotonic()
    with pytest.raises(UserError, match=message):
        load(path)
    assert time.monotonic() - begun < seconds


def rewrite(path, **values):
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **values}))


@pytest.mark.parametrize(
    "name",
    ["model.json", "config.yaml", "vocabulary.txt", WEIGHTS],
)
def test_a_link_out_of_the_directory_is_not_followed(hostile, tmp_path, name):
    outside = tmp_path / "outside"
    shutil.move(hostile / name, outside)
    (hostile / name).symlink_to(outside)
    refused(hostile, "leads out of this directory")


def test_a_linked_stage_is_not_followed(hostile, tmp_path):
    shutil.move(hostile / "stages" / "final", tmp_path / "final")
    (hostile / "stages" / "final").symlink_to(tmp_path / "final")
    refused(hostile, "leads out of this directory")


@pytest.mark.parametrize(
    "name", ["../secret.h5", "/etc/hostname", "stages/../../secret.h5"]
)
def test_a_name_that_leads_out_is_refused(hostile, name):
    with pytest.raises(UserError, match="leads out of this directory"):
        file_inside(hostile, name)
    assert file_inside(hostile, WEIGHTS) == hostile / WEIGHTS


def first_dataset(file):
    found = []
    file.visititems(
        lambda name, item: (
            found.append(name) if isinstance(item, h5py.Dataset) else None
        )
    )
    return found[0]


def spoil_external_link(file, name, secret):
    del file[name]
    file[name] = h5py.ExternalLink(secret, name)


def spoil_soft_link(file, name, secret):
    shape = file[name].shape
    del file[name]
    file["elsewhere"] = np.zeros(shape, np.float32)
    file[name] = h5py.SoftLink("/elsewhere")


def spoil_external_storage(file, name, secret):
    shape = file[name].shape
    del file[name]
    file.create_dataset(
        name, shape, "f4", external=[(secret, 0, h5py.h5f.UNLIMITED)]
    )


def spoil_virtual_dataset(file, name, secret):
    shape = file[name].shape
    del file[name]
    layout = h5py.VirtualLayout(shape, "f4")
    layout[...] = h5py.VirtualSource(secret, name, shape)
    file.create_virtual_dataset(name, layout)


def spoil_huge_shape(file, name, secret):
    del file[name]
    file.create_dataset(
        name, (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip"
    )


@pytest.mark.parametrize(
    "spoil",
    [f for name, f in list(globals().items()) if name.startswith("spoil_")],
)
def test_weights_stored_elsewhere_or_beyond_all_bounds_are_refused(
    hostile, tmp_path, spoil
):
    with h5py.File(hostile / WEIGHTS, "r+") as file:
        spoil(file, first_dataset(file), str(tmp_path / "secret.h5"))
    refused(hostile, "generator.weights.h5")


@pytest.mark.parametrize("name", [WEIGHTS, "vocabulary.txt", "model.json"])
def test_a_pickle_in_the_place_of_a_file_is_not_opened(hostile, tmp_path, name):
    trace = tmp_path / "unpickled"
    content = pickle.dumps(Bomb(trace))
    (hostile / name).write_bytes(content + b"\0" * 100_000)
    refused(hostile)
    assert not trace.exists()
    pickle.loads(content)
    assert trace.exists()


def test_a_saved_model_with_a_lambda_is_never_looked_for(hostile):
    config = {"class_name": "Lambda", "config": {"function": "evil"}}
    for name in ("config.json", "model.keras", "metadata.json"):
        (hostile / name).write_text(json.dumps(config))
    ModelDirectory(hostile).load_stage("final")


@pytest.mark.parametrize(
    "text",
    [
        "generator: !!python/object/apply:os.system ['touch owned']",
        "training: !!python/name:os.system",
        "generator: &a {encoder_units: 4}\ndiscriminator: *a",
        "[" * 12_000,
        "a: " * 4_000,
        "generator: {" + "x: 1, " * 100_000 + "}",
        "- a list",
    ],
)
def test_yaml_that_is_more_than_settings_is_refused(hostile, text):
    (hostile / "config.yaml").write_text(text)
    refused(hostile, "config.yaml", seconds=20)
    assert not Path("owned").exists()


@pytest.mark.parametrize("key", ["encoder_units", "vocabulary_size"])
def test_sizes_that_the_files_can_not_hold_are_refused_before_building(
    hostile, key
):
    config = (hostile / "config.yaml").read_text().splitlines()
    spoiled = [
        f"  {key}: 100000000" if line.strip().startswith(f"{key}:") else line
        for line in config
    ]
    (hostile / "config.yaml").write_text("\n".join(spoiled))
    refused(hostile, "can't be the weights of its configuration")


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"a": NaN', "\xff"])
def test_json_that_is_broken_or_too_deep_is_a_users_error(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match="not valid JSON"):
        read_json(path)


def test_json_of_unbounded_size_is_not_read(tmp_path):
    path = tmp_path / "x.json"
    with open(path, "wb") as file:
        os.truncate(file.fileno(), 1 << 40)
    with pytest.raises(UserError, match="more than"):
        read_json(path)


@pytest.mark.parametrize("name", ["./pipeline", "stages/x", "inside"])
def test_an_entity_tagger_inside_of_the_model_is_refused(hostile, name):
    if name == "inside":
        name = str(hostile / "pipeline")
    rewrite(hostile / "model.json", entity_tagger={"name": name})
    refused(hostile, r"entity tagger|spaCy pipeline")


@pytest.mark.parametrize(
    "values",
    [
        {"vocabulary_digest": None},
        {"max_length": "20"},
        {"entity_tagger": "rules"},
        {"kind": "pickle"},
        {"format_version": 99},
    ],
)
def test_a_manifest_that_is_not_sound_is_refused(hostile, values):
    rewrite(hostile / "model.json", **values)
    refused(hostile, "model.json")

"""The scripts, called without a process of their own."""

import contextlib
import importlib.util
import io
import runpy
import sys
from pathlib import Path
from unittest import mock

import keras

from keras_dialgan.config import load_preset
from keras_dialgan.evaluation import parse_variation
from tests.docs.blocks import ROOT


def parse(name: str, arguments: list[str]):
    """Has a script's own parser read arguments.

    Settings and variations, which a script reads later, are checked, too.
    """
    module = _load(ROOT / "scripts" / name)
    with mock.patch.object(sys, "argv", [name, *arguments]):
        if hasattr(module, "parse_arguments"):
            options = module.parse_arguments()
        else:
            options = module._arguments().parse_args()
    if name in ("train.py", "study.py"):
        load_preset(options.preset, options.overrides)
    for text in getattr(options, "vary", []):
        variation = parse_variation(text)
        load_preset(options.preset, list(variation.overrides))
    return options


def flags(name: str) -> set[str]:
    """Returns the flags that a script describes in its help."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        parse(name, ["--help"])
    return {
        word.strip("[],.;:()'")
        for word in printed.getvalue().split()
        if word.strip("[").startswith("--")
    }


def run(name: str, arguments: list[str], folder: Path, typed: str) -> None:
    """Runs a script in a folder.

    Args:
        name: the script.
        arguments: its arguments.
        folder: the working directory.
        typed: what a person types.
    """
    policy = keras.config.dtype_policy()
    code = None
    stdin = io.TextIOWrapper(io.BytesIO(typed.encode()))
    try:
        with (
            contextlib.chdir(folder),
            mock.patch.object(sys, "argv", [name, *arguments]),
            mock.patch.object(sys, "stdin", stdin),
        ):
            runpy.run_path(str(ROOT / "scripts" / name), run_name="__main__")
    except SystemExit as end:
        code = end.code
    finally:
        keras.config.set_dtype_policy(policy)
    assert not code, f"{name} {' '.join(arguments)}: exit code {code}"


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

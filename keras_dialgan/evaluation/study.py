"""Objectives (or any other settings) times seeds, each a run of its own."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_dialgan.config import load_preset
from keras_dialgan.errors import UserError
from keras_dialgan.evaluation.aggregation import aggregate, aggregate_levels
from keras_dialgan.files import read_json, write_json

_PRETRAINED = "pretrained"
# The generator's pre-training depends on these settings alone.
_OF_PRETRAINING = (
    "generator.",
    "training.",
    "pretraining.generator_",
    "pretraining.scheduled_sampling=",
)
# What a run leaves out that others share the pre-training of.
_PRETRAINING_ONLY = (
    "pretraining.samples=1",
    "pretraining.discriminator_steps=0",
    "adversarial.iterations=0",
)

# Rows of the reports that the study compares: stage A and stage D.
ROWS = ("A mle", "D final")


@dataclass(frozen=True)
class Variation:
    """A named set of settings.

    Attributes:
        name: of its runs.
        overrides: `section.key=value` assignments.
    """

    name: str
    overrides: tuple[str, ...]

    @property
    def shares_pretraining(self) -> bool:
        """Whether its generators begin as those of the other variations."""
        return not any(o.startswith(_OF_PRETRAINING) for o in self.overrides)


@dataclass(frozen=True)
class Study:
    """What is run.

    Attributes:
        corpus: directory of the prepared corpus.
        output: receives `NAME/seed-S/` with model, report and log of each
            run, `pretrained/seed-S/` with the generator that the runs of a
            seed begin with, the matcher that judges all of them, and the
            results.
        preset: of all runs.
        variations: what the runs differ in.
        seeds: of the runs of each variation.
        overrides: settings of all runs.
        inputs: held-out pairs of the evaluation.
        frontier: whether each run is placed against its own stage A's
            frontier.
        judges: whether relevance and adversarial success are measured.
        scripts: folder of `train.py` and `evaluate.py`.
    """

    corpus: Path
    output: Path
    preset: str
    variations: Sequence[Variation]
    seeds: Sequence[int]
    overrides: Sequence[str]
    inputs: int
    frontier: bool
    judges: bool
    scripts: Path


def parse_variation(text: str) -> Variation:
    """Reads `name` or `name:section.key=value,section.key=value`.

    Raises:
        UserError: if the name can't be that of a directory.
    """
    name, _, settings = text.partition(":")
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        raise UserError(
            f"--vary {text!r}: expected NAME:section.key=value,...; a name "
            "consists of letters, digits, - and _"
        )
    overrides = tuple(part for part in settings.split(",") if part)
    return Variation(name, overrides)


def run_study(
    study: Study, progress: Callable[[str], None] = lambda message: None
) -> dict[str, Any]:
    """Trains and evaluates every run that is not finished yet.

    Each run is a process of its own, so that no run depends on what ran
    before it. One that was interrupted goes on from its last checkpoint. The
    generator is pre-trained once a seed for all variations that have this
    in common.

    Args:
        study: what to run.
        progress: called with a line before each run.

    Returns:
        Variation to row to aggregated metrics (see `aggregate`), and with a
        frontier to `levels` (see `aggregate_levels`).

    Raises:
        UserError: if settings are wrong, a name stands twice, a run fails,
            or a finished run was made with other settings.
    """
    names = [variation.name for variation in study.variations]
    if _PRETRAINED in names:
        raise UserError(f"--vary {_PRETRAINED}: is the name of what runs share")
    if len(set(names)) < len(names):
        raise UserError(f"--vary: a name stands twice in {', '.join(names)}")
    for variation in study.variations:
        load_preset(study.preset, _settings(study, variation))
    runs = [
        (variation, seed)
        for seed in study.seeds
        for variation in study.variations
    ]
    reports: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for number, (variation, seed) in enumerate(runs, start=1):
        title = f"{variation.name}, seed {seed} ({number} of {len(runs)})"
        reports[variation.name].append(
            _run(study, variation, seed, title, progress)
        )
    results: dict[str, Any] = {}
    for name, found in reports.items():
        results[name] = {row: aggregate(found, row) for row in ROWS}
        if study.frontier:
            results[name]["levels"] = aggregate_levels(found)
    return results


def _settings(study: Study, variation: Variation) -> list[str]:
    return [*study.overrides, *variation.overrides]


def _run(study, variation, seed, title, progress) -> dict[str, Any]:
    """Finishes a run and returns its report."""
    folder = study.output / variation.name / f"seed-{seed}"
    made_with = {
        "corpus": str(study.corpus.resolve()),
        "preset": study.preset,
        "settings": _settings(study, variation),
        "inputs": study.inputs,
        "judges": study.judges,
        "frontier": study.frontier,
    }
    _check_settings(folder, made_with)
    report = folder / "report.json"
    if report.exists():
        progress(f"{title}: finished before")
        return read_json(report)
    pretrained = ()
    if variation.shares_pretraining:
        pretrained = ("--pretrained", _pretrain(study, seed, progress))
    progress(f"{title}: training; see {folder / 'log.txt'}")
    _train(study, folder, seed, made_with["settings"], *pretrained)
    progress(f"{title}: evaluation")
    _call(
        folder,
        study.scripts / "evaluate.py",
        *("--corpus", study.corpus, "--model", folder / "model"),
        *("--inputs", study.inputs, "--matchers", study.output),
        *("--report", report),
        *(("--judges",) if study.judges else ()),
        *(("--frontier", folder / "frontier.png") if study.frontier else ()),
    )
    return read_json(report)


def _pretrain(study, seed, progress) -> Path:
    """Finishes the pre-training of a seed and returns its model directory."""
    folder = study.output / _PRETRAINED / f"seed-{seed}"
    made_with = {
        "corpus": str(study.corpus.resolve()),
        "preset": study.preset,
        "settings": list(study.overrides),
    }
    _check_settings(folder, made_with)
    if not (folder / "model/stages/mle").exists():
        progress(f"pre-training, seed {seed}; see {folder / 'log.txt'}")
        _train(study, folder, seed, [*study.overrides, *_PRETRAINING_ONLY])
    return folder / "model"


def _check_settings(folder: Path, made_with: dict[str, Any]) -> None:
    """Writes down what a run is made with, or compares it."""
    description = folder / "run.json"
    if not description.exists():
        write_json(description, made_with)
    elif read_json(description) != made_with:
        raise UserError(
            f"{description}: the run was begun with other settings; choose "
            "another name or another --output"
        )


def _train(study, folder: Path, seed: int, settings, *more) -> None:
    _call(
        folder,
        study.scripts / "train.py",
        *("--corpus", study.corpus, "--output", folder / "model"),
        *("--preset", study.preset, "--seed", seed, "--resume", *more),
        *(("--set", *settings) if settings else ()),
    )


def _call(folder: Path, script: Path, *arguments) -> None:
    log = folder / "log.txt"
    with open(log, "a", encoding="utf-8") as file:
        finished = subprocess.run(
            [sys.executable, script, *map(str, arguments)],
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = lines[-1] if lines else "no output"
        raise UserError(
            f"{script.name} failed ({last}); see {log}, then start the study "
            "again: it goes on where it stopped"
        )

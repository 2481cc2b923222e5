"""Configurations from presets, files and overrides."""

import dataclasses
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from keras_dialgan.config.checks import build_section
from keras_dialgan.config.sections import Config
from keras_dialgan.errors import UserError

PRESETS = ("tiny", "small", "paper")
_MOST_CHARACTERS = 1 << 14
_MOST_BRACKETS = 100


def from_dict(sections: dict[str, dict[str, Any]]) -> Config:
    """Builds a configuration from section dictionaries, checking every value.

    Raises:
        UserError: naming the key, the value and the choices.
    """
    built = {}
    for spec in dataclasses.fields(Config):
        values = sections.get(spec.name, {})
        built[spec.name] = build_section(spec.name, spec.type, values)
    for section in sections:
        if section not in built:
            raise _unknown_section(section)
    return Config(**built)


def with_values(config: Config, values: dict[str, dict[str, Any]]) -> Config:
    """Returns a copy with some keys of some sections replaced.

    Another `objective.name` than before takes the other keys of its section
    back to their defaults: they were meant for the former objective.

    Args:
        config: the configuration.
        values: section name to key to value.

    Raises:
        UserError: for an unknown section or key or an impossible value.
    """
    merged = config.to_dict()
    for section, keys in values.items():
        if section not in merged:
            raise _unknown_section(section)
        if not isinstance(keys, dict):
            raise UserError(f"section {section!r} must hold keys")
        if section == "objective" and (
            keys.get("name", config.objective.name) != config.objective.name
        ):
            merged[section] = {}
        merged[section].update(keys)
    return from_dict(merged)


def load_config(path: str | Path) -> Config:
    """Reads a configuration file that `Config.save` or a person wrote.

    Raises:
        UserError: if the file is missing, not YAML, or holds an unknown key
            or an impossible value.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return from_dict(_parse_yaml(file.read(_MOST_CHARACTERS + 1)))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not text ({error})") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def load_preset(name: str, overrides: Sequence[str] = ()) -> Config:
    """Loads a preset and applies `section.key=value` overrides.

    Args:
        name: `tiny`, `small` or `paper`.
        overrides: assignments; a value is read as YAML (`1e-4`, `true`,
            `null`).

    Raises:
        UserError: for an unknown preset, section, key or impossible value.
    """
    if name not in PRESETS:
        raise UserError(
            f"unknown preset {name!r}; choose from {', '.join(PRESETS)}"
        )
    file = resources.files("keras_dialgan") / "presets" / f"{name}.yaml"
    config = from_dict(_parse_yaml(file.read_text(encoding="utf-8")))
    return apply_overrides(config, overrides)


def apply_overrides(config: Config, overrides: Sequence[str]) -> Config:
    """Applies `section.key=value` assignments to a configuration.

    Raises:
        UserError: for an assignment that can't be read, or as `from_dict`.
    """
    values: dict[str, dict[str, Any]] = {}
    for assignment in overrides:
        name, equals, text = assignment.partition("=")
        section, dot, key = name.strip().partition(".")
        if not (equals and dot and key):
            raise UserError(
                f"--set {assignment!r}: expected section.key=value, for "
                "example training.batch_size=32"
            )
        values.setdefault(section, {})[key] = _parse_scalar(text)
    return with_values(config, values)


def differences(first: Config, second: Config) -> list[str]:
    """Lists the keys on which two configurations differ, with both values."""
    former, latter = first.to_dict(), second.to_dict()
    return [
        f"{section}.{key}: {former[section][key]!r} / {value!r}"
        for section, keys in latter.items()
        for key, value in keys.items()
        if former[section][key] != value
    ]


def _unknown_section(section: str) -> UserError:
    known = ", ".join(spec.name for spec in dataclasses.fields(Config))
    return UserError(f"unknown section {section!r}; choose from {known}")


def _parse_yaml(text: str) -> dict[str, Any]:
    # A file from elsewhere must not cost more than a glance.
    if len(text) > _MOST_CHARACTERS:
        raise UserError(f"more than {_MOST_CHARACTERS:,} characters")
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise UserError(f"more than {_MOST_BRACKETS} brackets")
    try:
        events = yaml.parse(text, Loader=yaml.SafeLoader)
        if any(isinstance(event, yaml.AliasEvent) for event in events):
            raise UserError("aliases (*name) are not allowed")
        value = yaml.safe_load(text)
    except RecursionError:
        raise UserError("not valid YAML: nested too deeply") from None
    except yaml.YAMLError as error:
        raise UserError(f"not valid YAML: {error}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError("expected sections with keys")
    return value


def _parse_scalar(text: str) -> Any:
    try:
        value = yaml.safe_load(text) if text.strip() else ""
    except yaml.YAMLError:
        value = text
    if isinstance(value, str):
        try:  # YAML 1.1 reads 1e-4 as text
            return float(value)
        except ValueError:
            return value
    return value

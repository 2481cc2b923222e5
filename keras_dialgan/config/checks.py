"""Checks of values against the sections' types and bounds."""

import dataclasses
import types
import typing
from typing import Any, Literal

from keras_dialgan.errors import UserError


def build_section(section: str, kind: type, values: Any) -> Any:
    """Builds a section from plain values.

    Args:
        section: its name, for messages.
        kind: its dataclass.
        values: dictionary of keys to values.

    Raises:
        UserError: naming the key, the value and the choices.
    """
    if not isinstance(values, dict):
        raise UserError(f"section {section!r} must hold keys")
    fields = {spec.name: spec for spec in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    checked = {}
    for key, value in values.items():
        if key not in fields:
            raise UserError(
                f"unknown key {section}.{key}; choose from "
                f"{', '.join(f'{section}.{name}' for name in fields)}"
            )
        checked[key] = _check(
            f"{section}.{key}", value, hints[key], fields[key].metadata
        )
    return kind(**checked)


def _check(key: str, value: Any, hint: Any, bounds: Any) -> Any:
    options = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        if value not in options:
            raise UserError(
                f"{key} = {value!r}; choose from {', '.join(options)}"
            )
        return value
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        if value is None:
            return None
        hint = next(option for option in options if option is not type(None))
    value = _convert(key, value, hint)
    low, high = bounds.get("minimum"), bounds.get("maximum")
    # A comparison with NaN is false: ask for what must be true.
    if low is not None and not value >= low:
        raise UserError(f"{key} = {value!r} must be at least {low}")
    if high is not None and not value <= high:
        raise UserError(f"{key} = {value!r} must be at most {high}")
    return value


def _convert(key: str, value: Any, kind: type) -> Any:
    if kind is bool:
        if isinstance(value, bool):
            return value
        raise UserError(f"{key} = {value!r}; choose from true, false")
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or (kind is int and not float(value).is_integer()):
        article = "a whole number" if kind is int else "a number"
        raise UserError(f"{key} = {value!r} must be {article}")
    return kind(value)

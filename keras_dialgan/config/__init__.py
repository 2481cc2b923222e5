"""Typed, validated configuration: sections, presets and overrides."""

from keras_dialgan.config.loading import (
    PRESETS,
    apply_overrides,
    differences,
    from_dict,
    load_config,
    load_preset,
    with_values,
)
from keras_dialgan.config.sections import (
    AdversarialConfig,
    Config,
    DiscriminatorConfig,
    GeneratorConfig,
    ObjectiveConfig,
    PretrainingConfig,
    ReplayConfig,
    TrainingConfig,
)

__all__ = [
    "PRESETS",
    "AdversarialConfig",
    "Config",
    "DiscriminatorConfig",
    "GeneratorConfig",
    "ObjectiveConfig",
    "PretrainingConfig",
    "ReplayConfig",
    "TrainingConfig",
    "apply_overrides",
    "differences",
    "from_dict",
    "load_config",
    "load_preset",
    "with_values",
]
